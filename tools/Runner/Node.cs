using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Fabrique.Runner;

/// <summary>What to start and where, decided once per start of the node: ports and tokens stay the same when a process starts again.</summary>
/// <param name="Address">The public address, null when no service has a fixed port.</param>
/// <param name="Secrets">Everything the logs must not show.</param>
internal sealed record NodePlan(
    IReadOnlyList<ProcessSpec> Processes, string? Address, string? GrpcAddress, string Broker, IReadOnlyList<string> Secrets);

/// <summary>Turns tye.yaml and the options of <c>up</c> into a plan.</summary>
/// <param name="root">The checkout.</param>
/// <param name="data">The data folder, absolute.</param>
/// <param name="host">Address the public ports listen on.</param>
/// <param name="port">Overrides the first fixed port, and the others by the same distance; 0: free ports.</param>
internal sealed class Node(TyeFile file, string root, string data, IPAddress host, int? port)
{
    private const string Sidecar = "services/sidecar/Sidecar.csproj";

    /// <summary>Set unless the environment of the runner says otherwise.</summary>
    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        // Several processes share a small machine: one heap each, and memory given back.
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_GCConserveMemory"] = "5",
        ["DOTNET_TieredPGO"] = "0",
    };

    /// <summary>Projects to build.</summary>
    public IReadOnlyList<string> Projects =>
        [.. file.Services.Select(service => service.Project).OfType<string>(), .. file.ComponentsPath is null ? Array.Empty<string>() : [Path.Combine(root, Sidecar)]];

    /// <summary>The fixed ports, by service and binding.</summary>
    public Dictionary<(string Service, string Binding), int> PublicPorts()
    {
        var asked = file.Services.SelectMany(service => service.Bindings.Where(binding => binding.Port is not null)
            .Select(binding => (Key: (service.Name, binding.Name), Port: binding.Port!.Value))).ToList();
        if (port == 0)
        {
            return asked.Zip(Proc.FreePorts(asked.Count), (binding, free) => (binding.Key, free)).ToDictionary();
        }

        var shift = port - asked.FirstOrDefault().Port ?? 0;
        return asked.ToDictionary(binding => binding.Key, binding => binding.Port + shift);
    }

    public NodePlan Plan(IReadOnlyDictionary<(string Service, string Binding), int> publicPorts, Broker broker)
    {
        var free = new Queue<int>(Proc.FreePorts(2 + file.Services.Sum(service => service.Bindings.Count)));
        var ports = file.Services.SelectMany(service => service.Bindings.Select(binding => (service.Name, binding.Name)))
            .ToDictionary(key => key, key => publicPorts.TryGetValue(key, out var number) ? number : free.Dequeue());
        var tokens = file.Services.ToDictionary(service => service.Name, _ => Token());
        var appToken = Token();
        var common = Common(ports);
        var specs = broker.Processes.ToList();
        var dapr = new Dictionary<string, string>();
        if (file.ComponentsPath is { } components)
        {
            var (http, grpc) = (free.Dequeue(), free.Dequeue());
            dapr = new() { ["DAPR_HTTP_ENDPOINT"] = Loopback(http), ["DAPR_GRPC_ENDPOINT"] = Loopback(grpc), ["APP_API_TOKEN"] = appToken };
            var environment = new Dictionary<string, string>(common) { ["ASPNETCORE_URLS"] = "", ["APP_API_TOKEN"] = appToken, ["OTEL_SERVICE_NAME"] = "sidecar" };
            foreach (var service in file.Services)
            {
                // The sidecar speaks HTTP/2 to the applications.
                var binding = service.Bindings.FirstOrDefault(binding => binding.Protocol == "h2c") ?? service.Bindings[0];
                environment[$"Apps__{service.Name}__Address"] = Loopback(ports[(service.Name, binding.Name)]);
                environment[$"Apps__{service.Name}__ApiToken"] = tokens[service.Name];
            }

            if (broker.ConnectionString is { } connection)
            {
                environment[Broker.Variable] = connection;
            }

            specs.Add(Dotnet("sidecar", Stage.Sidecar, Path.Combine(root, Sidecar),
                ["--resources-path", Path.Combine(components, broker.Components), "--dapr-http-port", Text(http), "--dapr-grpc-port", Text(grpc)],
                environment, new Uri(Loopback(http)), false, null));
        }

        foreach (var service in file.Services)
        {
            var environment = new Dictionary<string, string>(common.Concat(dapr).ToDictionary())
            {
                ["DAPR_API_TOKEN"] = tokens[service.Name],
                ["OTEL_SERVICE_NAME"] = service.Name,
                ["PORT"] = Text(ports[(service.Name, service.Bindings[0].Name)]),
            };
            Listen(environment, [.. service.Bindings.Select(binding =>
                (binding.Name, binding.Port is null ? IPAddress.Loopback : host, ports[(service.Name, binding.Name)], binding.Protocol == "h2c"))]);
            foreach (var (name, value) in service.Env)
            {
                environment[name] = value;
            }

            var (stage, address) = (service.IsPublic ? Stage.Public : Stage.Services, new Uri(Loopback(ports[(service.Name, service.Bindings[0].Name)])));
            var http2 = service.Bindings[0].Protocol == "h2c";
            specs.Add(service.Project is { } project
                ? Dotnet(service.Name, stage, project, service.Args, environment, address, http2, tokens[service.Name])
                : new ProcessSpec(service.Name, stage, service.Executable!, service.Args, root, environment, address, http2, tokens[service.Name]));
        }

        string? Public(bool http2) => file.Services.SelectMany(service => service.Bindings.Where(binding => binding.Port is not null && binding.Protocol == "h2c" == http2)
            .Select(binding => $"http://{Shown(host)}:{ports[(service.Name, binding.Name)]}")).FirstOrDefault();
        var password = broker.ConnectionString is { } amqp ? Uri.UnescapeDataString(new Uri(amqp).UserInfo.Split(':', 2).Last()) : "";
        return new NodePlan(specs, Public(false), Public(true), broker.Description, [.. tokens.Values, appToken, password]);
    }

    /// <summary>Variables that every process gets.</summary>
    private Dictionary<string, string> Common(IEnumerable<KeyValuePair<(string Service, string Binding), int>> ports)
    {
        var variables = new Dictionary<string, string> { ["Data"] = data };
        foreach (var (name, value) in Defaults.Where(variable => Environment.GetEnvironmentVariable(variable.Key) is null))
        {
            variables[name] = value;
        }

        foreach (var (key, number) in ports)
        {
            variables[$"services__{key.Service}__{key.Binding}__0"] = Loopback(number);
        }

        return variables;
    }

    /// <summary>One address by ASPNETCORE_URLS; several, which differ in protocol, by Kestrel's own configuration.</summary>
    private static void Listen(Dictionary<string, string> environment, IReadOnlyList<(string Name, IPAddress Host, int Port, bool Http2)> bindings)
    {
        string Url(int index) => $"http://{bindings[index].Host}:{bindings[index].Port}";
        environment["ASPNETCORE_URLS"] = bindings.Count == 1 ? Url(0) : "";
        for (var index = 0; bindings.Count > 1 && index < bindings.Count; index++)
        {
            environment[$"Kestrel__Endpoints__{bindings[index].Name}__Url"] = Url(index);
            environment[$"Kestrel__Endpoints__{bindings[index].Name}__Protocols"] = bindings[index].Http2 ? "Http2" : "Http1";
        }
    }

    /// <summary>From the built assembly, in the project's folder: that is where its wwwroot and settings are.</summary>
    private ProcessSpec Dotnet(string name, Stage stage, string project, IEnumerable<string> args, Dictionary<string, string> environment, Uri address, bool http2, string? token) =>
        new(name, stage, Shell.Dotnet, [Build.Assembly(root, project), .. args], Path.GetDirectoryName(project)!, environment, address, http2, token);

    private static string Token() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static string Loopback(int port) => $"http://127.0.0.1:{port}";

    private static string Shown(IPAddress host) => host.Equals(IPAddress.Any) ? "127.0.0.1" : host.ToString();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
