using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

/// <summary>The contract of the directory and of the profiles.</summary>
internal sealed partial class TerritoriesGrpc(Writes<TerritoriesDb> writes, Queries queries) : TerritoryService.TerritoryServiceBase
{
    private static readonly Lazy<BaseMap> Map = new(BaseMapFile.Read);

    public override Task<ListTerritoriesResponse> ListTerritories(ListTerritoriesRequest request, ServerCallContext context) =>
        queries.ListAsync(request, context.CancellationToken);

    public override async Task<GetTerritoryResponse> GetTerritory(GetTerritoryRequest request, ServerCallContext context) =>
        new() { Territory = await GetAsync(request.Id, context) };

    public override Task<ListSimilarTerritoriesResponse> ListSimilarTerritories(
        ListSimilarTerritoriesRequest request,
        ServerCallContext context
    ) => queries.SimilarAsync(request, context.CancellationToken);

    public override Task<ListMilestonesResponse> ListMilestones(ListMilestonesRequest request, ServerCallContext context) =>
        queries.MilestonesAsync(request, context.CancellationToken);

    public override Task<GetBaseMapResponse> GetBaseMap(GetBaseMapRequest request, ServerCallContext context) =>
        Task.FromResult(new GetBaseMapResponse { Map = Map.Value });

    private async Task<Territory> GetAsync(string id, ServerCallContext context) =>
        await queries.GetAsync(
            id,
            code => context.Caller().Allows($"{TerritoryService.Descriptor.FullName}/{nameof(GetTerritory)}:hidden", code),
            context.CancellationToken
        ) ?? throw Refusal.NotFound($"Aucun territoire ne porte ce code.");
}
