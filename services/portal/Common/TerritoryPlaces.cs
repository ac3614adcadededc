using Fabrique.Territories.V1;
using Microsoft.Extensions.Caching.Memory;

namespace Fabrique.Portal.Common;

/// <summary>Where territories are, asked once an hour.</summary>
public sealed class TerritoryPlaces(TerritoryService.TerritoryServiceClient territories, IMemoryCache cache)
{
    /// <summary>The territories, as far as the territories service knows them and answers; without their profiles.</summary>
    public async Task<IReadOnlyList<Territory>> FindAsync(IEnumerable<string> codes) =>
        [.. (await Task.WhenAll(codes.Select(FindAsync))).OfType<Territory>()];

    /// <summary>The names of some territories by code; "Territoire 62528" for one that is not known now.</summary>
    public async Task<Dictionary<string, string>> NamesAsync(IEnumerable<string> codes)
    {
        var asked = codes.Distinct().ToList();
        var places = await Task.WhenAll(asked.Select(FindAsync));
        return asked
            .Zip(places)
            .ToDictionary(place => place.First, place => place.Second is { } found ? Show.Where(found) : T["Territoire {0}", place.First]);
    }

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
