using System.Globalization;
using System.Text.Json;

namespace Fabrique.Runner;

/// <summary>The Dapr sidecar of a node: the embedded one, one process for all applications, or daprd, one beside each.</summary>
/// <param name="Description">For people.</param>
/// <param name="Daprd">The program; null: the embedded one.</param>
/// <param name="Configuration">What every daprd of the node reads beside the components.</param>
internal sealed record DaprSidecar(string Description, string? Daprd = null, string Configuration = "")
{
    public const string EmbeddedName = "embedded";
    public const string DaprdName = "daprd";

    /// <param name="asked">
    /// <see cref="EmbeddedName"/>, <see cref="DaprdName"/>, or null to take daprd where it is on the path and of use.
    /// </param>
    /// <param name="path">Where programs are, instead of the variable PATH.</param>
    /// <exception cref="PlainError">daprd is asked for and is not there, or would deliver nothing.</exception>
    public static DaprSidecar Choose(string? asked, Broker broker, string data, string? path = null)
    {
        var (daprd, canServe) = (asked == EmbeddedName ? null : Shell.Which(DaprdName, path), broker.ConnectionString is not null);
        if (asked == DaprdName && daprd is null)
        {
            throw new PlainError(
                "--sidecar daprd: daprd is not on the path ('dapr init --slim' leaves it in ~/.dapr/bin); put it there, or leave --sidecar out"
            );
        }
        if (asked == DaprdName && !canServe)
        {
            throw new PlainError(
                "--sidecar daprd: daprd needs RabbitMQ, for each has an in-memory broker of its own; install rabbitmq-server, name one with --broker, or leave --sidecar out"
            );
        }
        return daprd is null ? new DaprSidecar(EmbeddedName)
            : !canServe ? new DaprSidecar($"{EmbeddedName} (daprd needs RabbitMQ)")
            : new DaprSidecar($"daprd ({daprd})", daprd, Configure(data));
    }

    /// <summary>The daprd of one process of a service. Everything it opens is on loopback.</summary>
    /// <param name="components">The folder of its components, the same as the embedded sidecar's.</param>
    /// <param name="ports">HTTP and gRPC for its application, and gRPC for the other daprds.</param>
    /// <param name="environment">Variables that every process gets, and the broker's.</param>
    public ProcessSpec Beside(
        Instance instance,
        string components,
        int[] ports,
        Dictionary<string, string> environment,
        string apiToken,
        string appToken
    )
    {
        environment["DAPR_API_TOKEN"] = apiToken;
        environment["APP_API_TOKEN"] = appToken;
        // The address that it tells the other daprds.
        environment["DAPR_HOST_IP"] = "127.0.0.1";
        string[] arguments =
        [
            "--app-id",
            instance.Service.Name,
            "--app-port",
            Text(instance.App.Listen.Port),
            "--app-protocol",
            instance.App.Http2 ? "h2c" : "http",
            "--app-channel-address",
            "127.0.0.1",
            "--resources-path",
            components,
            "--config",
            Configuration,
            "--dapr-http-port",
            Text(ports[0]),
            "--dapr-grpc-port",
            Text(ports[1]),
            "--dapr-internal-grpc-port",
            Text(ports[2]),
            "--dapr-listen-addresses",
            "127.0.0.1",
            "--dapr-internal-grpc-listen-address",
            "127.0.0.1",
            "--enable-metrics=false",
        ];
        // Its own health page waits for the application, which starts after it; this one tells when it can publish.
        return new ProcessSpec(
            $"{DaprdName}-{instance.Name}",
            Stage.Sidecar,
            Daprd!,
            arguments,
            Path.GetDirectoryName(Configuration)!,
            environment,
            new Uri($"http://127.0.0.1:{ports[0]}"),
            HealthPage: "/v1.0/healthz/outbound"
        );
    }

    /// <summary>daprds find each other by a file: their default, multicast, is missing in many containers and takes seconds.</summary>
    private static string Configure(string data)
    {
        var (path, names) = (Path.Combine(RunFile.Folder(data), "dapr.yaml"), Path.Combine(RunFile.Folder(data), "dapr-names.db"));
        // What the last run left there leads nowhere.
        foreach (var file in new[] { names, $"{names}-wal", $"{names}-shm" })
        {
            File.Delete(file);
        }
        File.WriteAllText(
            path,
            $"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata:
              name: fabrique
            spec:
              nameResolution:
                component: sqlite
                version: v1
                configuration:
                  connectionString: {JsonSerializer.Serialize(names)}

            """
        );
        return path;
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
