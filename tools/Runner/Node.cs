using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Fabrique.Runner;

/// <summary>What to start and where, decided once per start of the node: ports and tokens stay the same when a process starts again.</summary>
/// <param name="Address">The public address, null when no service has a fixed port.</param>
/// <param name="Secrets">Everything the logs must not show.</param>
internal sealed record NodePlan(
    IReadOnlyList<ProcessSpec> Processes, Uri? Address, Uri? GrpcAddress, string Broker, IReadOnlyList<string> Secrets);

/// <summary>Turns tye.yaml and the options of <c>up</c> into a plan.</summary>
/// <param name="root">The checkout.</param>
/// <param name="data">The data folder, absolute.</param>
/// <param name="host">Address the public ports listen on.</param>
/// <param name="port">Overrides the first fixed port, and the others by the same distance; 0: free ports.</param>
internal sealed class Node(TyeFile file, string root, string data, IPAddress host, int? port)
{
    private const string Sidecar = "sidecar";

    /// <summary>Set unless the environment of the runner says otherwise.</summary>
    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        // Several processes share a small machine: one heap each, and memory given back.
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_GCConserveMemory"] = "5",
        ["DOTNET_TieredPGO"] = "0",
    };

    private readonly string _appToken = NewToken();
    private readonly Dictionary<string, string> _tokens = file.Services.ToDictionary(service => service.Name, _ => NewToken());
    private readonly Dictionary<string, List<Place>> _places = Placed(file, host, port);
    private readonly int[] _sidecarPorts = Proc.FreePorts(2);

    private string SidecarProject => Path.Combine(root, "services", Sidecar, "Sidecar.csproj");

    /// <summary>Projects to build.</summary>
    public IReadOnlyList<string> Projects =>
        [.. file.Services.Select(service => service.Project).OfType<string>(), .. file.ComponentsPath is null ? Array.Empty<string>() : [SidecarProject]];

    /// <summary>Ports that face the outside.</summary>
    public IEnumerable<int> PublicPorts => _places.Values.SelectMany(places => places).Where(place => place.IsPublic).Select(place => place.Listen.Port);

    public NodePlan Plan(Broker broker)
    {
        Uri? Public(bool http2) => _places.Values.SelectMany(places => places).FirstOrDefault(place => place.IsPublic && place.Http2 == http2)?.Address;
        var password = broker.ConnectionString is { } amqp ? Uri.UnescapeDataString(new Uri(amqp).UserInfo.Split(':', 2).Last()) : "";
        return new NodePlan(
            [
                .. broker.Processes,
                .. file.ComponentsPath is { } components ? [SidecarSpec(components, broker)] : Array.Empty<ProcessSpec>(),
                .. file.Services.Select(ServiceSpec),
            ],
            Public(false), Public(true), broker.Description, [.. _tokens.Values, _appToken, password]);
    }

    private ProcessSpec SidecarSpec(string components, Broker broker)
    {
        // Its two ports are arguments, as daprd's are.
        var environment = new Dictionary<string, string>(Common(Sidecar)) { ["ASPNETCORE_URLS"] = "", ["APP_API_TOKEN"] = _appToken };
        foreach (var service in file.Services)
        {
            // It speaks HTTP/2 to the applications.
            var places = _places[service.Name];
            environment[$"Apps__{service.Name}__Address"] = Text((places.Find(place => place.Http2) ?? places[0]).Address);
            environment[$"Apps__{service.Name}__ApiToken"] = _tokens[service.Name];
        }

        if (broker.ConnectionString is { } connection)
        {
            environment[Broker.Variable] = connection;
        }

        string[] arguments =
        [
            Build.Assembly(root, SidecarProject), "--resources-path", Path.Combine(components, broker.Components),
            "--dapr-http-port", $"{_sidecarPorts[0]}", "--dapr-grpc-port", $"{_sidecarPorts[1]}",
        ];
        return new ProcessSpec(Sidecar, Stage.Sidecar, Shell.Dotnet, arguments, Path.GetDirectoryName(SidecarProject)!, environment, Loopback(_sidecarPorts[0]));
    }

    private ProcessSpec ServiceSpec(TyeService service)
    {
        var (places, token, environment) = (_places[service.Name], _tokens[service.Name], Common(service.Name));
        environment["PORT"] = places[0].Listen.Port.ToString(CultureInfo.InvariantCulture);
        // One address by ASPNETCORE_URLS; several, which differ in protocol, by Kestrel's own configuration.
        environment["ASPNETCORE_URLS"] = places.Count == 1 ? $"http://{places[0].Listen}" : "";
        foreach (var place in places.Count > 1 ? places : [])
        {
            environment[$"Kestrel__Endpoints__{place.Name}__Url"] = $"http://{place.Listen}";
            environment[$"Kestrel__Endpoints__{place.Name}__Protocols"] = place.Http2 ? "Http2" : "Http1";
        }

        if (file.ComponentsPath is not null)
        {
            environment["DAPR_HTTP_ENDPOINT"] = Text(Loopback(_sidecarPorts[0]));
            environment["DAPR_GRPC_ENDPOINT"] = Text(Loopback(_sidecarPorts[1]));
        }

        environment["DAPR_API_TOKEN"] = token;
        environment["APP_API_TOKEN"] = _appToken;

        foreach (var (name, value) in service.Env)
        {
            environment[name] = value;
        }

        // A project runs in its own folder: that is where its wwwroot, settings and data files are.
        var stage = service.IsPublic ? Stage.Public : Stage.Services;
        return service.Project is { } project
            ? new ProcessSpec(service.Name, stage, Shell.Dotnet, [Build.Assembly(root, project), .. service.Args], Path.GetDirectoryName(project)!,
                environment, places[0].Address, places[0].Http2, token)
            : new ProcessSpec(service.Name, stage, service.Executable!, service.Args, root, environment, places[0].Address, places[0].Http2, token);
    }

    /// <summary>Variables that every process gets.</summary>
    private static IEnumerable<string> NotByProxy =>
        new[] { Environment.GetEnvironmentVariable("NO_PROXY"), Environment.GetEnvironmentVariable("no_proxy"), "127.0.0.1", "localhost" }
            .Where(hosts => !string.IsNullOrEmpty(hosts)).Distinct()!;

    private Dictionary<string, string> Common(string name)
    {
        var variables = Defaults.Where(variable => Environment.GetEnvironmentVariable(variable.Key) is null).ToDictionary();
        variables["Data"] = data;
        // Towns reach the web through a proxy; the processes of a node reach each other without.
        variables["NO_PROXY"] = variables["no_proxy"] = string.Join(',', NotByProxy);
        variables["OTEL_SERVICE_NAME"] = name;
        foreach (var (service, places) in _places)
        {
            places.ForEach(place => variables[$"services__{service}__{place.Name}__0"] = Text(place.Address));
        }

        return variables;
    }

    private static Dictionary<string, List<Place>> Placed(TyeFile file, IPAddress host, int? port)
    {
        var first = file.Services.SelectMany(service => service.Bindings).FirstOrDefault(binding => binding.Port is not null)?.Port ?? 0;
        var free = new Queue<int>(Proc.FreePorts(file.Services.Sum(service => service.Bindings.Count)));
        Place Put(TyeBinding binding) => binding.Port is { } wanted
            ? new Place(binding.Name, true, new IPEndPoint(host, port == 0 ? free.Dequeue() : wanted + (port - first ?? 0)), binding.Protocol == "h2c")
            : new Place(binding.Name, false, new IPEndPoint(IPAddress.Loopback, free.Dequeue()), binding.Protocol == "h2c");
        return file.Services.ToDictionary(service => service.Name, service => service.Bindings.Select(Put).ToList());
    }

    private static string NewToken() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static Uri Loopback(int port) => new($"http://127.0.0.1:{port}");

    private static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>Where a binding listens.</summary>
    private sealed record Place(string Name, bool IsPublic, IPEndPoint Listen, bool Http2)
    {
        /// <summary>Where it answers on this machine.</summary>
        public Uri Address => new($"http://{new IPEndPoint(
            Listen.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : Listen.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Listen.Address,
            Listen.Port)}");
    }
}
