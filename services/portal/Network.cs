using System.Collections.Concurrent;
using Dapr.Client;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Caching.Memory;

namespace Fabrique.Portal;

/// <summary>The way to the other services: one channel per app id, kept for the life of the process.</summary>
public sealed class Sidecar(IConfiguration configuration)
{
    private readonly ConcurrentDictionary<string, CallInvoker> _invokers = [];

    public CallInvoker Invoker(string appId) => _invokers.GetOrAdd(
        appId,
        id => DaprClient.CreateInvocationInvoker(id, configuration["DAPR_GRPC_ENDPOINT"], configuration["DAPR_API_TOKEN"]));
}

/// <summary>The services behind the site, asked in the visitor's name: with the token of the session, for as long as somebody waits.</summary>
public sealed class Network
{
    private readonly IMemoryCache _cache;

    public Network(Sidecar sidecar, IHttpContextAccessor http, TimeProvider time, IMemoryCache cache)
    {
        var visitor = new InTheNameOf(http.HttpContext!, time);
        Practices = new PracticeService.PracticeServiceClient(sidecar.Invoker("practices").Intercept(visitor));
        Territories = new TerritoryService.TerritoryServiceClient(sidecar.Invoker("territories").Intercept(visitor));
        _cache = cache;
    }

    public PracticeService.PracticeServiceClient Practices { get; }

    public TerritoryService.TerritoryServiceClient Territories { get; }

    /// <summary>The regions by official code, in the order of their names. Empty while the territories service is away: codes are then shown.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RegionsAsync()
    {
        if (_cache.TryGetValue("regions", out IReadOnlyDictionary<string, string>? known))
        {
            return known!;
        }

        var answer = await Territories.ListTerritoriesAsync(new() { Kind = { "REG" }, PageSize = 100 }).Answer();
        if (answer.Value is not { } list)
        {
            return new Dictionary<string, string>();
        }

        var regions = list.Territories.OrderBy(region => region.Name, StringComparer.CurrentCulture)
            .ToDictionary(region => region.Id.TrimStart('R'), region => region.Name);
        return _cache.Set("regions", regions, TimeSpan.FromHours(1));
    }

    private sealed class InTheNameOf(HttpContext http, TimeProvider time) : Interceptor
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var headers = new Metadata();
            if (http.SessionToken() is { } token)
            {
                headers.Add("authorization", $"Bearer {token}");
            }

            var options = new CallOptions(headers, time.GetUtcNow().UtcDateTime + Patience, http.RequestAborted);
            return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options));
        }
    }
}
