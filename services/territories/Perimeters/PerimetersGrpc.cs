using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>The contract of perimeters that no official list has. Their writes are in the files that bear their names.</summary>
internal sealed partial class PerimetersGrpc(
    RecordStore<TerritoriesDb> records,
    Writes<TerritoriesDb> writes,
    IDbContextFactory<TerritoriesDb> databases,
    OfficialDirectory directory,
    Places places,
    TimeProvider clock
) : PerimeterService.PerimeterServiceBase
{
    // A body is in one of them, and no commune is in a hundred joint bodies of the same name.
    private const int MostNear = 10;

    private DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    public override async Task<GetPerimeterResponse> GetPerimeter(GetPerimeterRequest request, ServerCallContext context)
    {
        var found = await records.FindAsync<Perimeter>(request.Id, context.CancellationToken);
        return
            found is not null
            && (
                found.Info.Visibility == Visibility.Public
                || context
                    .Caller()
                    .Allows("fabrique.territories.v1.PerimeterService/GetPerimeter:declared", Kinds.Perimeter.SubjectOf(found.Body))
            )
            ? new GetPerimeterResponse { Perimeter = Resource(found) }
            : throw Kinds.Perimeter.Missing();
    }

    public override async Task<ListPerimetersResponse> ListPerimeters(ListPerimetersRequest request, ServerCallContext context)
    {
        var size = Paging.Size(request.PageSize);
        var after = Paging.Position<Position>(new ListPerimetersRequest(), request.PageToken);
        var scopes = context
            .Caller()
            .Grants()
            .Where(grant => grant.Role == Grant.Facilitator && grant.Scope.Length > 0)
            .Select(grant => grant.Scope)
            .Distinct()
            .ToArray();
        var everywhere = scopes.Contains(Grant.Everywhere);

        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var rows = db
            .Perimeters.AsNoTracking()
            .Where(row => row.Status == PerimeterStatus.Declared && (everywhere || scopes.Contains(row.Region)));
        rows = after is null
            ? rows
            : rows.Where(row => row.ChangedAt > after.ChangedAt || (row.ChangedAt == after.ChangedAt && row.Id.CompareTo(after.Id) > 0));
        var page = await rows.OrderBy(row => row.ChangedAt).ThenBy(row => row.Id).Take(size + 1).ToListAsync(context.CancellationToken);
        var response = new ListPerimetersResponse
        {
            NextPageToken =
                page.Count > size
                    ? Paging.Token(new ListPerimetersRequest(), new Position(page[size - 1].ChangedAt, page[size - 1].Id))
                    : "",
        };
        foreach (var perimeter in page.Take(size).Select(row => places.Territory(Perimeter.Parser.ParseFrom(row.Body)).Perimeter))
        {
            perimeter.Near.AddRange(await NearAsync(db, perimeter, context.CancellationToken));
            response.Perimeters.Add(perimeter);
        }
        return response;
    }

    /// <summary>
    /// The names of other perimeters, confirmed or waiting, that may well be the same: nearly the same name, in the same département.
    /// </summary>
    private static async Task<IReadOnlyList<string>> NearAsync(TerritoriesDb db, Perimeter perimeter, CancellationToken cancellation)
    {
        var there = await db
            .Perimeters.AsNoTracking()
            .Where(row => row.Department == perimeter.Department && row.Id != perimeter.Id && row.Status != PerimeterStatus.Refused)
            .Select(row => row.Body)
            .ToListAsync(cancellation);
        return
        [
            .. there
                .Select(Perimeter.Parser.ParseFrom)
                .Where(other => PerimeterRules.AreNear(other.Name, perimeter.Name))
                .Take(MostNear)
                .Select(other => $"{other.Name} ({Vocabulary.TerritoryKind.Label(other.Kind)})"),
        ];
    }

    /// <summary>The official grouping that is declared again under another spelling; null when there is none.</summary>
    private async Task<Territory?> OfficialAsync(DeclarePerimeterRequest request, CancellationToken cancellation) =>
        request.Name.Length is 0 or > PerimeterRules.MaxName
            ? null
            : (
                await directory.SearchAsync(new(request.Name, ["CC", "CA", "CU", "ME", "EPT"]), 0, MostNear, cancellation)
            ).Territories.FirstOrDefault(official => PerimeterRules.IsOfficial(request, official));

    /// <summary>The territories of these codes, in their order; null where no commune or grouping has one.</summary>
    private List<Territory?> Members(IReadOnlyCollection<string> codes) =>
        [
            .. codes
                .Take(PerimeterRules.MostMembers + 1)
                .Select(code => directory.Find(code) is { Kind: not ("DEP" or "REG" or "AUT") } member ? member : null),
        ];

    private Perimeter Resource(Versioned<Perimeter> stored)
    {
        var perimeter = places.Territory(stored.Body).Perimeter;
        perimeter.Record = stored.Info;
        return perimeter;
    }

    private sealed record Position(long ChangedAt, string Id);
}
