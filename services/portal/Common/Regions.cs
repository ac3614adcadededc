using Fabrique.Territories.V1;
using Microsoft.Extensions.Caching.Memory;

namespace Fabrique.Portal.Common;

/// <summary>The names of the regions, asked once an hour.</summary>
public sealed class Regions(TerritoryService.TerritoryServiceClient territories, IMemoryCache cache)
{
    /// <summary>
    /// The regions by official code, in the order of their names. Empty while the territories service is away: codes are then shown.
    /// </summary>
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
