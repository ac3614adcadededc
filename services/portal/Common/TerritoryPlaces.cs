using Fabrique.Territories.V1;
using Microsoft.Extensions.Caching.Memory;

namespace Fabrique.Portal.Common;

/// <summary>Names and places of territories, asked once an hour, and all that a page needs in one call.</summary>
public sealed class TerritoryPlaces(TerritoryService.TerritoryServiceClient territories, IMemoryCache cache)
{
    // Of one call.
    private const int MaxIds = 100;

    /// <summary>
    /// The territories, as far as the territories service knows them and answers; without what only a whole territory has.
    /// </summary>
    public async Task<IReadOnlyList<Territory>> FindAsync(IEnumerable<string> codes)
    {
        var asked = codes.Distinct().ToList();
        var found = asked.Select(Known).OfType<Territory>().ToDictionary(place => place.Id);
        foreach (var some in asked.Where(code => !found.ContainsKey(code)).Chunk(MaxIds))
        {
            var answer = await territories.ListTerritoriesAsync(new() { Ids = { some }, PageSize = MaxIds }).Answer();
            foreach (var place in answer.Value?.Territories ?? [])
            {
                found[place.Id] = cache.Set(Key(place.Id), place, TimeSpan.FromHours(1));
            }
        }
        return [.. asked.Select(code => found.GetValueOrDefault(code)).OfType<Territory>()];
    }

    /// <summary>The names of some territories by code; "Territoire 62528" for one that is not known now.</summary>
    public async Task<Dictionary<string, string>> NamesAsync(IEnumerable<string> codes)
    {
        var asked = codes.Distinct().ToList();
        var names = (await FindAsync(asked)).ToDictionary(place => place.Id, Show.Where);
        return asked.ToDictionary(code => code, code => names.GetValueOrDefault(code) ?? T["Territoire {0}", code]);
    }

    private Territory? Known(string code) => cache.Get<Territory>(Key(code));

    private static (string, string) Key(string code) => (nameof(TerritoryPlaces), code);
}
