using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Fabrique.Runner;

/// <summary>
/// What to start and where, decided once per start of the node: ports and tokens stay the same when a process starts again.
/// </summary>
/// <param name="Address">The public address, null when no service has a fixed port.</param>
/// <param name="Keepers">The services that keep records.</param>
/// <param name="Secrets">Everything the logs must not show.</param>
internal sealed record NodePlan(
    IReadOnlyList<ProcessSpec> Processes,
    Uri? Address,
    Uri? GrpcAddress,
    Broker Broker,
    Database Database,
    DaprSidecar Sidecar,
    IReadOnlyList<string> Keepers,
    IReadOnlyList<string> Secrets
);

/// <summary>Turns tye.yaml and the options of <c>up</c> into a plan.</summary>
/// <param name="root">The checkout.</param>
/// <param name="data">The data folder, absolute.</param>
/// <param name="host">Address the public ports listen on.</param>
/// <param name="port">Overrides the first fixed port, and the others by the same distance; 0: free ports.</param>
/// <param name="site">Where people reach the node, when that is not its own port.</param>
/// <param name="demonstration">Whether the node shows the platform, with territories that were invented.</param>
internal sealed class Node(TyeFile file, string root, string data, IPAddress host, int? port, Uri? site = null, bool demonstration = false)
{
    private const string Sidecar = "sidecar";

    /// <summary>
    /// Several processes share a machine: one heap each, and memory given back. Set unless the environment of the runner says otherwise;
    /// measured in docs/performance.md.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> Memory = new Dictionary<string, string>
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_GCConserveMemory"] = "5",
        // 8 MiB to begin with and 16 at most are allocated between two collections. The runtime would measure by the processor's cache, of
        // which a server has hundreds of MiB.
        ["DOTNET_GCgen0size"] = "0x800000",
        ["DOTNET_GCgen0MaxBudget"] = "0x1000000",
        // One arena for what is not .NET's (SQLite, the compiler): several would each keep what it once needed.
        ["MALLOC_ARENA_MAX"] = "1",
        ["MALLOC_TRIM_THRESHOLD_"] = "131072",
    };

    /// <summary>Set unless the environment of the runner says otherwise.</summary>
    private static readonly Dictionary<string, string> Defaults = new(Memory)
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["DOTNET_TieredPGO"] = "0",
    };

    /// <summary>
    /// The embedded sidecar's. It does a little for each of many small messages: the compiler's second look at its code pays. It never
    /// blocks a thread: what arrives may be dealt with by the one that read it.
    /// </summary>
    private static readonly Dictionary<string, string> SidecarDefaults = new(Defaults)
    {
        ["DOTNET_TieredPGO"] = "1",
        ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",
    };

    private readonly string _appToken = NewToken();
    private readonly Dictionary<string, string> _tokens = file.Services.ToDictionary(service => service.Name, _ => NewToken());
    private readonly IReadOnlyList<Instance> _instances = Instance.All(file, host, port);
    private readonly int[] _sidecarPorts = Ports.Free(2);

    // HTTP, gRPC, and gRPC between daprds.
    private readonly Dictionary<string, int[]> _daprdPorts = [];

    private string SidecarProject => Path.Combine(root, "services", Sidecar, "Sidecar.csproj");

    /// <summary>Projects to build.</summary>
    public IReadOnlyList<string> Projects =>
        [
            .. file.Services.Select(service => service.Project).OfType<string>(),
            .. file.ComponentsPath is null ? Array.Empty<string>() : [SidecarProject],
        ];

    /// <summary>Ports that face the outside.</summary>
    public IEnumerable<int> PublicPorts =>
        _instances.SelectMany(instance => instance.Places).Where(place => place.IsPublic).Select(place => place.Listen.Port);

    /// <summary>Services with a database of their own.</summary>
    public IReadOnlyList<string> Databases { get; } = [.. file.Services.Where(HasDatabase).Select(service => service.Name)];

    /// <summary>Those of them that keep records.</summary>
    private readonly IReadOnlyList<string> _keepers =
    [
        .. file.Services.Where(service => IsMadeOf(service, "Records")).Select(service => service.Name),
    ];

    /// <exception cref="PlainError">Several processes would have one database file, which serves one alone.</exception>
    public void RequireShared(Database database)
    {
        if (
            database.ConnectionString is null
            && file.Services.FirstOrDefault(service => service.Replicas > 1 && HasDatabase(service)) is { } service
        )
        {
            throw new PlainError(
                $"{service.Name} has {service.Replicas} replicas, and SQLite serves one process alone: name a PostgreSQL with --database, or give it one (replicas in tye.yaml, --replicas {service.Name}=1)"
            );
        }
    }

    public NodePlan Plan(Broker broker, Database database, DaprSidecar sidecar)
    {
        var password = broker.ConnectionString is { } amqp ? Uri.UnescapeDataString(new Uri(amqp).UserInfo.Split(':', 2).Last()) : "";
        return new NodePlan(
            [
                .. broker.Processes,
                .. file.ComponentsPath is { } components ? SidecarSpecs(Path.Combine(components, broker.Components), broker, sidecar) : [],
                .. _instances.Select(instance => ServiceSpec(instance, database)),
            ],
            Public(false),
            Public(true),
            broker,
            database,
            sidecar,
            _keepers,
            [.. _tokens.Values, _appToken, password, .. database.Secrets]
        );
    }

    private Uri? Public(bool http2) =>
        _instances.SelectMany(instance => instance.Places).FirstOrDefault(place => place.IsPublic && place.Http2 == http2)?.Address;

    private List<ProcessSpec> SidecarSpecs(string components, Broker broker, DaprSidecar sidecar)
    {
        var broking = broker.ConnectionString is { } connection ? new Dictionary<string, string> { [Broker.Variable] = connection } : [];
        if (sidecar.Daprd is null)
        {
            return [EmbeddedSpec(components, broking)];
        }
        // The public ones call nobody and hear nothing: they need none.
        return
        [
            .. _instances
                .Where(instance => !instance.Service.IsPublic)
                .Select(instance =>
                    sidecar.Beside(
                        instance,
                        components,
                        _daprdPorts[instance.Name] = Ports.Free(3),
                        new Dictionary<string, string>(Common($"daprd-{instance.Name}").Concat(broking)),
                        _tokens[instance.Service.Name],
                        _appToken
                    )
                ),
        ];
    }

    private ProcessSpec EmbeddedSpec(string components, Dictionary<string, string> broking)
    {
        // Its two ports are arguments, as daprd's are.
        var environment = new Dictionary<string, string>(Common(Sidecar, SidecarDefaults).Concat(broking))
        {
            ["ASPNETCORE_URLS"] = "",
            ["APP_API_TOKEN"] = _appToken,
        };
        foreach (var app in _instances.GroupBy(instance => instance.Service.Name))
        {
            environment[$"Apps__{app.Key}__Address"] = string.Join(';', app.Select(instance => Text(instance.App.Address)));
            environment[$"Apps__{app.Key}__ApiToken"] = _tokens[app.Key];
        }
        string[] arguments =
        [
            Build.Assembly(root, SidecarProject),
            "--resources-path",
            components,
            "--dapr-http-port",
            $"{_sidecarPorts[0]}",
            "--dapr-grpc-port",
            $"{_sidecarPorts[1]}",
        ];
        return new ProcessSpec(
            Sidecar,
            Stage.Sidecar,
            Shell.Dotnet,
            arguments,
            Path.GetDirectoryName(SidecarProject)!,
            environment,
            Loopback(_sidecarPorts[0])
        );
    }

    private ProcessSpec ServiceSpec(Instance instance, Database database)
    {
        var (service, places) = (instance.Service, instance.Places);
        var (token, environment) = (_tokens[service.Name], Common(service.Name));
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
            var ports = _daprdPorts.GetValueOrDefault(instance.Name, _sidecarPorts);
            environment["DAPR_HTTP_ENDPOINT"] = Text(Loopback(ports[0]));
            environment["DAPR_GRPC_ENDPOINT"] = Text(Loopback(ports[1]));
        }
        if (database.ConnectionString is { } connection && (service.Project is null || HasDatabase(service)))
        {
            environment[Database.Variable] = connection;
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
            ? new ProcessSpec(
                instance.Name,
                stage,
                Shell.Dotnet,
                [Build.Assembly(root, project), .. service.Args],
                Path.GetDirectoryName(project)!,
                environment,
                places[0].Address,
                places[0].Http2,
                token,
                Service: service.Name
            )
            : new ProcessSpec(
                instance.Name,
                stage,
                service.Executable!,
                service.Args,
                root,
                environment,
                places[0].Address,
                places[0].Http2,
                token,
                Service: service.Name
            );
    }

    /// <summary>Variables that every process gets.</summary>
    private static IEnumerable<string> NotByProxy =>
        new[] { Environment.GetEnvironmentVariable("NO_PROXY"), Environment.GetEnvironmentVariable("no_proxy"), "127.0.0.1", "localhost" }
            .Where(hosts => !string.IsNullOrEmpty(hosts))
            .Distinct()!;

    private Dictionary<string, string> Common(string name, Dictionary<string, string>? defaults = null)
    {
        var variables = (defaults ?? Defaults).Where(variable => Environment.GetEnvironmentVariable(variable.Key) is null).ToDictionary();
        variables["Data"] = data;
        if ((site ?? Public(false)) is { } front)
        {
            variables["Site__Address"] = Text(front);
        }
        if (demonstration)
        {
            variables["Demo"] = "true";
        }
        // Towns reach the web through a proxy; the processes of a node reach each other without.
        variables["NO_PROXY"] = variables["no_proxy"] = string.Join(',', NotByProxy);
        variables["OTEL_SERVICE_NAME"] = name;
        foreach (
            var binding in _instances
                .SelectMany(instance =>
                    instance.Places.Select(place => (Key: $"services__{instance.Service.Name}__{place.Name}", place.Address))
                )
                .GroupBy(binding => binding.Key)
        )
        {
            foreach (var (index, (_, address)) in binding.Index())
            {
                variables[$"{binding.Key}__{index}"] = Text(address);
            }
        }
        return variables;
    }

    private static bool HasDatabase(TyeService service) => IsMadeOf(service, "Storage");

    private static bool IsMadeOf(TyeService service, string library) =>
        service.Project is { } project && Build.Closure([project]).Any(path => Path.GetFileNameWithoutExtension(path) == library);

    private static string NewToken() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static Uri Loopback(int port) => new($"http://127.0.0.1:{port}");

    private static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
