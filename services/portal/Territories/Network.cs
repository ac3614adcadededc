using Fabrique.Territories.V1;

namespace Fabrique.Portal.Territories;

/// <summary>The members, which several parts of a page show: asked once for a page.</summary>
internal sealed class Network(TerritoryService.TerritoryServiceClient territories)
{
    private Task<Answer<ListTerritoriesResponse>>? _members;

    /// <summary>The first hundred, and how many there are.</summary>
    public Task<Answer<ListTerritoriesResponse>> Members =>
        _members ??= territories.ListTerritoriesAsync(new() { Joined = true, PageSize = 100 }).Answer();

    /// <summary>Of every territory of the directory, the total.</summary>
    public Task<Answer<ListTerritoriesResponse>> CountDirectoryAsync() => territories.ListTerritoriesAsync(new() { PageSize = 1 }).Answer();
}
