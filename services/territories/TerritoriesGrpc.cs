using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

/// <summary>The contract of the directory and of the profiles.</summary>
internal sealed partial class TerritoriesGrpc(RecordStore<TerritoriesDb> records, Queries queries) : TerritoryService.TerritoryServiceBase
{
    public override Task<ListTerritoriesResponse> ListTerritories(ListTerritoriesRequest request, ServerCallContext context) =>
        queries.ListAsync(request, context.CancellationToken);

    public override async Task<GetTerritoryResponse> GetTerritory(GetTerritoryRequest request, ServerCallContext context) =>
        new() { Territory = await GetAsync(request.Id, context) };

    private async Task<Territory> GetAsync(string id, ServerCallContext context) =>
        await queries.GetAsync(id, context.CancellationToken) ?? throw Refusal.NotFound($"Aucun territoire ne porte ce code.");
}
