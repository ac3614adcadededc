using Fabrique.Territories.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Caching.Memory;

namespace Fabrique.Portal;

/// <summary>Calls are made in the visitor's name: with the token of the session, in the language of the page, and only for as long as somebody waits.</summary>
internal sealed class InTheNameOfTheVisitor(IHttpContextAccessor accessor, TimeProvider time) : Interceptor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation
    )
    {
        var http = accessor.HttpContext!;
        var headers = new Metadata { { "accept-language", Language.Current.Code } };
        if (http.AcceptedToken() is { } token)
        {
            headers.Add("authorization", $"Bearer {token}");
        }

        var options = new CallOptions(headers, time.GetUtcNow().UtcDateTime + Patience, http.RequestAborted);
        return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options));
    }
}

/// <summary>Where territories are, asked once an hour.</summary>
public sealed class TerritoryPlaces(TerritoryService.TerritoryServiceClient territories, IMemoryCache cache)
{
    /// <summary>The territories, as far as the territories service knows them and answers; without their profiles.</summary>
    public async Task<IReadOnlyList<Territory>> FindAsync(IEnumerable<string> codes) =>
        [.. (await Task.WhenAll(codes.Select(FindAsync))).OfType<Territory>()];

    private async Task<Territory?> FindAsync(string code)
    {
        var key = (nameof(TerritoryPlaces), code);
        if (cache.TryGetValue(key, out Territory? known))
        {
            return known;
        }

        if ((await territories.GetTerritoryAsync(new() { Id = code }).Answer()).Value is not { Territory: var territory })
        {
            return null;
        }

        var place = new Territory
        {
            Id = territory.Id,
            Kind = territory.Kind,
            Name = territory.Name,
            Department = territory.Department,
            Coordinates = territory.Coordinates,
            Joined = territory.Joined,
        };
        return cache.Set(key, place, TimeSpan.FromHours(1));
    }
}

/// <summary>The names of the regions, asked once an hour.</summary>
public sealed class Regions(TerritoryService.TerritoryServiceClient territories, IMemoryCache cache)
{
    /// <summary>The regions by official code, in the order of their names. Empty while the territories service is away: codes are then shown.</summary>
    public async Task<IReadOnlyDictionary<string, string>> AllAsync()
    {
        if (cache.TryGetValue(nameof(Regions), out IReadOnlyDictionary<string, string>? known))
        {
            return known!;
        }

        var answer = await territories.ListTerritoriesAsync(new() { Kind = { "REG" }, PageSize = 100 }).Answer();
        if (answer.Value is not { } list)
        {
            return new Dictionary<string, string>();
        }

        var regions = list
            .Territories.OrderBy(region => region.Name, StringComparer.CurrentCulture)
            .ToDictionary(region => region.Id.TrimStart('R'), region => region.Name);
        return cache.Set(nameof(Regions), regions, TimeSpan.FromHours(1));
    }
}
