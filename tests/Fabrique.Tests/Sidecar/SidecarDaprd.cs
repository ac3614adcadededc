using System.Diagnostics;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>Dapr's own sidecar on RabbitMQ, with the same component files; skipped where there is no <c>daprd</c> on the path.</summary>
public sealed class SidecarDaprd(RabbitMqServer server) : SidecarSuite
{
    protected override async Task<(string Component, string[] Arguments)> BrokerAsync()
    {
        Assert.SkipWhen(
            DaprdNode.Program is null,
            "daprd is not on the path: the suite of the sidecars runs against the embedded one only"
        );
        return (SidecarRabbitMq.Component, [$"--FABRIQUE_BROKER={await server.StartAsync()}"]);
    }

    private protected override SidecarNode Create(string resources, string[] arguments) => new DaprdNode(resources, arguments);
}

/// <summary>A daprd beside each app, as Dapr is run: every one with its own ports, on loopback.</summary>
internal sealed class DaprdNode(string resources, string[] arguments) : SidecarNode(resources, arguments)
{
    private readonly string _resources = resources;
    private readonly string[] _arguments = arguments;
    private readonly Dictionary<SidecarApp, (Process Process, Uri Http, Uri Grpc)> _sidecars = [];

    /// <summary>Where daprd is; null: nowhere on the path.</summary>
    public static string? Program { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "daprd.exe" : "daprd"))
            .FirstOrDefault(File.Exists);

    public override Uri HttpOf(SidecarApp app) => _sidecars[app].Http;

    public override Uri GrpcOf(SidecarApp app) => _sidecars[app].Grpc;

    public override Task StartSidecarAsync()
    {
        foreach (var app in Apps)
        {
            _sidecars.Add(app, Start(app, Ports.Free(3)));
        }

        return Task.CompletedTask;
    }

    public override async Task StopSidecarAsync()
    {
        foreach (var (process, _, _) in _sidecars.Values)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _sidecars.Clear();
    }

    public override Task ReadyAsync() =>
        Eventually.TrueAsync(
            async () =>
            {
                foreach (var (process, http, _) in _sidecars.Values)
                {
                    Assert.False(process.HasExited, "daprd ended while starting");
                    try
                    {
                        if (!await IsReadyAsync(http))
                        {
                            return false;
                        }
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                }

                return true;
            },
            "every daprd is ready"
        );

    private (Process Process, Uri Http, Uri Grpc) Start(SidecarApp app, int[] ports)
    {
        var start = new ProcessStartInfo(
            Program!,
            [
                "--app-id",
                app.Id,
                "--app-port",
                $"{new Uri(app.Address).Port}",
                "--app-protocol",
                "h2c",
                "--app-channel-address",
                "127.0.0.1",
                "--resources-path",
                _resources,
                "--dapr-listen-addresses",
                "127.0.0.1",
                "--dapr-http-port",
                $"{ports[0]}",
                "--dapr-grpc-port",
                $"{ports[1]}",
                "--dapr-internal-grpc-port",
                $"{ports[2]}",
                "--dapr-internal-grpc-listen-address",
                "127.0.0.1",
                "--enable-metrics=false",
                "--log-level",
                "error",
            ]
        );
        start.Environment["DAPR_API_TOKEN"] = app.Token;
        start.Environment["APP_API_TOKEN"] = AppApiToken;
        foreach (var setting in _arguments.Select(argument => argument.TrimStart('-').Split('=', 2)))
        {
            start.Environment[setting[0]] = setting[1];
        }

        return (Process.Start(start)!, new Uri($"http://127.0.0.1:{ports[0]}"), new Uri($"http://127.0.0.1:{ports[1]}"));
    }
}
