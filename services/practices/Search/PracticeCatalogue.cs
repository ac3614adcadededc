using System.Collections.Concurrent;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Search;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>A practice in memory: what filters and orders need.</summary>
internal sealed record Entry(
    int Number,
    string Id,
    string Territory,
    PracticeStatus Status,
    long ChangedAt,
    string Title,
    string AdaptedFrom
) : Document(Number)
{
    /// <summary>Whether the practice is among those that a request asks about, whatever its words and codes.</summary>
    public bool IsSearched(ListPracticesRequest request) =>
        Status == (request.Status == PracticeStatus.Unspecified ? PracticeStatus.Published : request.Status)
        && (request.Territory.Length == 0 || Territory == request.Territory)
        && (request.AdaptedFrom.Length == 0 || AdaptedFrom == request.AdaptedFrom);

    public Standing Standing(PracticeSort sort, float score) =>
        sort switch
        {
            PracticeSort.Title => new(0, Title, ChangedAt, Id),
            PracticeSort.Newest => new(0, "", ChangedAt, Id),
            _ => new(score, "", ChangedAt, Id),
        };
}

/// <summary>The practices in memory, and where their territories are.</summary>
internal sealed class PracticeCatalogue() : Catalogue<PracticeRow, Entry>(PracticeText.Table, FacetNames.All)
{
    private readonly ConcurrentDictionary<string, Place?> _places = new();

    /// <summary>Where a territory is; null for one that neither its membership nor its profile tells.</summary>
    public Place? PlaceOf(string territory) => _places.GetValueOrDefault(territory);

    protected override string OwnerTable => "territories";

    protected override bool IsPublic(Entry document) => document.Status == PracticeStatus.Published;

    protected override IQueryable<Loaded<Entry>> Load(IQueryable<PracticeRow> rows) =>
        rows.Select(row => new Loaded<Entry>(
            row.Number,
            row.Stamp,
            row.Codes,
            row.Territory,
            row.Status == PracticeStatus.Unspecified
                ? null
                : new Entry(row.Number, row.Id, row.Territory, row.Status, row.ChangedAt, row.Title, row.AdaptedFrom)
        ));

    protected override async Task<IReadOnlyCollection<OwnerChange>> OwnersAsync(DbContext db, long stamp, CancellationToken cancellation)
    {
        var territories = await db.Set<TerritoryRow>().AsNoTracking().Where(row => row.Stamp > stamp).ToListAsync(cancellation);
        foreach (var row in territories)
        {
            _places[row.Id] =
                row.Name.Length == 0
                    ? null
                    : new Place
                    {
                        Name = row.Name,
                        Department = row.Department,
                        Region = row.Region,
                    };
        }
        return [.. territories.Select(row => new OwnerChange(row.Id, row.Stamp, FacetNames.Of(row)))];
    }
}
