using Fabrique.Territories.V1;

namespace Fabrique.Portal.Common;

internal static class TerritoryNames
{
    /// <summary>The names of some territories by code, each asked once; a code stays a code while the service is away.</summary>
    public static async Task<Dictionary<string, string>> NamesAsync(
        this TerritoryService.TerritoryServiceClient territories,
        IEnumerable<string> codes
    )
    {
        var asked = codes
            .Distinct()
            .Select(async code => (code, (await territories.GetTerritoryAsync(new() { Id = code }).Answer()).Value));
        return (await Task.WhenAll(asked)).ToDictionary(
            found => found.code,
            found => found.Value is { Territory: var territory } ? Show.Where(territory) : T["Territoire {0}", found.code]
        );
    }
}
