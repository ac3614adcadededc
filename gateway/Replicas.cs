using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Fabrique.Gateway;

/// <summary>
/// The processes behind a destination are those that bear its name: <c>services:practices:http:0</c>, <c>:1</c>… Without any, the name
/// itself is the host. One that fails is left alone for a while.
/// </summary>
internal sealed class Replicas(IConfiguration configuration) : IProxyConfigFilter
{
    private static readonly PassiveHealthCheckConfig Passive = new()
    {
        Enabled = true,
        Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate,
        ReactivationPeriod = TimeSpan.FromSeconds(3),
    };

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancellation) =>
        ValueTask.FromResult(
            cluster with
            {
                Destinations = cluster.Destinations?.SelectMany(Processes).ToDictionary(),
                // Browsers send cookies and names of programs as people wrote them; ASCII alone would make a failure of the service of it.
                HttpClient = (cluster.HttpClient ?? HttpClientConfig.Empty) with
                {
                    RequestHeaderEncoding = "utf-8",
                },
                HealthCheck = new HealthCheckConfig
                {
                    Passive = Passive,
                    AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
                },
            }
        );

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancellation) =>
        ValueTask.FromResult(route);

    /// <summary>
    /// What one replica did not take goes to another, once: a request that never left, or one to read whose answer never came. A write
    /// that was under way is the caller's to repeat, for only the caller knows whether twice is harmless.
    /// </summary>
    public static async Task TryAnotherAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var proxying = context.GetReverseProxyFeature();
        var others = proxying.AllDestinations.Where(destination => destination != proxying.ProxiedDestination).ToList();
        if (
            others.Count == 0
            || context.Response.HasStarted
            || context.RequestAborted.IsCancellationRequested
            || context.GetForwarderErrorFeature() is not { Error: ForwarderError.Request, Exception: HttpRequestException failure }
            || (
                failure.HttpRequestError != HttpRequestError.ConnectionError
                && !HttpMethods.IsGet(context.Request.Method)
                && !HttpMethods.IsHead(context.Request.Method)
            )
        )
        {
            return;
        }
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
        var healthy = others.Where(destination => destination.Health.Passive != DestinationHealth.Unhealthy).ToList();
        proxying.AvailableDestinations = healthy.Count > 0 ? healthy : others;
        await next(context);
    }

    private IEnumerable<KeyValuePair<string, DestinationConfig>> Processes(KeyValuePair<string, DestinationConfig> destination)
    {
        var addresses = configuration
            .GetSection($"services:{new Uri(destination.Value.Address).Host}:http")
            .GetChildren()
            .Select(process => process.Value!)
            .ToList();
        return addresses.Count == 0
            ? [destination]
            : addresses.Select(
                (address, index) =>
                    KeyValuePair.Create(
                        index == 0 ? destination.Key : $"{destination.Key}-{index + 1}",
                        destination.Value with
                        {
                            Address = address,
                        }
                    )
            );
    }
}
