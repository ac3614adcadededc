using System.Net;
using Yarp.ReverseProxy.Configuration;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Fabrique.Gateway;

/// <summary>
/// Which service answers what, derived from the contracts. A service of the contracts is open when one of its calls has an HTTP address and
/// none has the right "app": it is reached by REST and by gRPC alike, and the records of its area by their feed. The others are for
/// processes of the node. Setting <c>Addresses</c>: the services behind the gateway and where each of them is.
/// </summary>
internal sealed class ServiceRoutes
{
    private const string Feed = "fabrique.records.v1.FeedService";

    private static readonly Dictionary<string, string> OfGrpc = new() { ["Programs"] = "personal" };

    /// <exception cref="InvalidOperationException">Two areas have the same addresses.</exception>
    public ServiceRoutes(IConfiguration configuration)
    {
        var addresses = configuration.GetSection("Addresses").GetChildren().ToDictionary(service => service.Key, service => service.Value!);
        var open = Open.Where(service => addresses.ContainsKey(service.Area())).ToList();
        Areas = [.. open.Select(service => service.Area()).Distinct()];
        var rest = open.SelectMany(service => Prefixes(service).Select(path => (Path: path, Area: service.Area()))).Distinct().ToList();
        if (rest.FirstOrDefault(one => rest.Any(other => one.Path == other.Path && one.Area != other.Area)) is { Path: { } path })
        {
            throw new InvalidOperationException($"Two areas have addresses that begin with {path}: the gateway cannot tell whom to ask.");
        }
        Routes =
        [
            .. rest.Select(one => Route(one.Area, one.Path, OfRest(open.Where(service => service.Area() == one.Area)))),
            .. open.Select(service => Route(service.Area(), $"/{service.FullName}/{{**rest}}", OfGrpc)),
            .. Areas.Select(area => OfArea(Route(area, $"/{Feed}/{{**rest}}", OfGrpc), area)),
        ];
        Clusters = [.. addresses.Select(service => Cluster(service.Key, service.Value))];
    }

    /// <summary>The services of the contracts that are reached from outside the node.</summary>
    public static IEnumerable<ServiceDescriptor> Open { get; } =
    [
        .. ContractFiles
            .All.SelectMany(file => file.Services)
            .Where(service =>
                service.Methods.Any(call => call.HttpPath() is not null)
                && !service.Methods.Any(call => Rights.Table[$"{service.FullName}/{call.Name}"].Contains(Rights.App))
            ),
    ];

    /// <summary>The areas of the contracts that this node answers for: each has a feed.</summary>
    public IReadOnlyList<string> Areas { get; }

    public IReadOnlyList<RouteConfig> Routes { get; }

    public IReadOnlyList<ClusterConfig> Clusters { get; }

    /// <summary>"/api/v1/practices/{**rest}", and "/api/v1/practices:{call}" where a call has such an address.</summary>
    private static IEnumerable<string> Prefixes(ServiceDescriptor service) =>
        from call in service.Methods
        let segments = call.HttpPath()?.Split('/', 5)
        where segments is not null
        let name = segments[3].Split(':')
        select string.Join('/', segments[..3]) + (name is [var collection, _] ? $"/{collection}:{{call}}" : $"/{name[0]}/{{**rest}}");

    /// <summary>Kept for the parameters that the calls of an area have.</summary>
    private static Dictionary<string, string> OfRest(IEnumerable<ServiceDescriptor> area) =>
        new(OfGrpc)
        {
            ["Kept"] = string.Join(
                ' ',
                area.SelectMany(service => service.Methods)
                    .SelectMany(call => call.InputType.Fields.InDeclarationOrder())
                    .Select(field => field.JsonName)
                    .Distinct()
            ),
        };

    private static RouteConfig Route(string area, string path, Dictionary<string, string> metadata) =>
        new()
        {
            RouteId = $"{area} {path}",
            ClusterId = area,
            Match = new() { Path = path },
            Metadata = metadata,
        };

    private static RouteConfig OfArea(RouteConfig feed, string area) =>
        feed with
        {
            Match = new() { Path = feed.Match.Path, Headers = [new() { Name = "fabrique-area", Values = [area] }] },
        };

    private static ClusterConfig Cluster(string name, string address) =>
        new()
        {
            ClusterId = name,
            HttpRequest = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
            Destinations = new Dictionary<string, DestinationConfig> { ["node"] = new() { Address = address } },
        };
}
