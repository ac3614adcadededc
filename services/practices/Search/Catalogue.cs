using System.Collections.Concurrent;
using System.Text.Json;
using Fabrique.Practices.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>A practice in memory: what filters, counts and orders need.</summary>
internal sealed record Entry(
    int Number,
    string Id,
    string Territory,
    int Place,
    PracticeStatus Status,
    long ChangedAt,
    string Title,
    string AdaptedFrom,
    int[] Codes
);

/// <summary>A territory in memory.</summary>
internal sealed record PlaceEntry(Place? Place, int[] Codes);

/// <summary>
/// The index in memory: a few dozen bytes a practice, so that the facets of a hundred thousand are counted without asking the database.
/// Before each use it is compared with the database, and brought up to date by what has changed.
/// </summary>
internal sealed class Catalogue(IDbContextFactory<PracticesDb> databases) : IDisposable
{
    /// <summary>Of more texts than these, what they hold is not read one by one.</summary>
    private const int MostFollowed = 200;

    private readonly SemaphoreSlim _loading = new(1);
    private readonly CodeNumbers _codes = new();
    private readonly ConcurrentDictionary<string, int> _places = new();
    private readonly Spelling _spelling = new();
    private readonly Postings _postings = new();
    private volatile Shelf _shelf = new(0, 0, [], [], new CodeNumbers(), new Spelling(), new Postings());

    /// <summary>Everything that was committed before the call.</summary>
    public async Task<Shelf> ReadAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        if (await IsCurrentAsync(db, cancellation))
        {
            return _shelf;
        }
        await _loading.WaitAsync(cancellation);
        try
        {
            return await IsCurrentAsync(db, cancellation) ? _shelf : _shelf = await LoadAsync(db, _shelf, cancellation);
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    private async Task<bool> IsCurrentAsync(PracticesDb db, CancellationToken cancellation) =>
        _shelf is { Practices: var practices, Territories: var territories }
        && practices + territories
            >= await db
                .Database.SqlQuery<long>(
                    $"""SELECT coalesce((SELECT max("Stamp") FROM practices), 0) + coalesce((SELECT max("Stamp") FROM territories), 0) AS "Value" """
                )
                .SingleAsync(cancellation);

    private async Task<Shelf> LoadAsync(PracticesDb db, Shelf before, CancellationToken cancellation)
    {
        var territories = await db.Territories.AsNoTracking().Where(row => row.Stamp > before.Territories).ToListAsync(cancellation);
        var practices = await db
            .Practices.AsNoTracking()
            .Where(row => row.Stamp > before.Practices)
            .Select(row => new
            {
                row.Number,
                row.Stamp,
                row.Id,
                row.Territory,
                row.Status,
                row.ChangedAt,
                row.Title,
                row.AdaptedFrom,
                row.Codes,
            })
            .ToListAsync(cancellation);
        // After the practices, so that none is there without its words.
        await foreach (
            var word in db
                .Words.AsNoTracking()
                .Where(row => row.Stamp > before.Practices)
                .Select(row => row.Word)
                .AsAsyncEnumerable()
                .WithCancellation(cancellation)
        )
        {
            _spelling.Add(word);
        }

        var entries = Grown(before.Entries, practices.Select(row => row.Number + 1).DefaultIfEmpty().Max());
        foreach (var row in practices)
        {
            entries[row.Number] =
                row.Status == PracticeStatus.Unspecified
                    ? null
                    : new Entry(
                        row.Number,
                        row.Id,
                        row.Territory,
                        NumberOf(row.Territory),
                        row.Status,
                        row.ChangedAt,
                        row.Title,
                        row.AdaptedFrom,
                        _codes.Of(row.Codes.Split('\n'))
                    );
        }
        foreach (var row in territories)
        {
            NumberOf(row.Id);
        }
        var places = Grown(before.Places, _places.Count);
        foreach (var row in territories)
        {
            places[NumberOf(row.Id)] = new PlaceEntry(
                row.Name.Length == 0
                    ? null
                    : new Place
                    {
                        Name = row.Name,
                        Department = row.Department,
                        Region = row.Region,
                    },
                _codes.Of(Facets.Of(row))
            );
        }
        var last = practices.Select(row => row.Stamp).Append(before.Practices).Max();
        var few = before.Practices > 0 && practices.Count <= MostFollowed;
        _postings.Follow(
            last,
            few ? await TextsAsync(db, practices.ToDictionary(row => row.Number, row => row.Stamp), cancellation) : null
        );
        return new Shelf(
            last,
            territories.Select(row => row.Stamp).Append(before.Territories).Max(),
            entries,
            places,
            _codes,
            _spelling,
            _postings
        );
    }

    /// <summary>What the texts of practices hold now.</summary>
    private static async Task<List<TextChange>> TextsAsync(PracticesDb db, Dictionary<int, long> stamps, CancellationToken cancellation)
    {
        var numbers = stamps.Keys.ToArray();
        var texts = await db
            .Database.SqlQuery<TextRow>(
                db.Database.IsNpgsql()
                    ? $"""SELECT id AS "Number", array_to_string(tsvector_to_array(terms), ' ') AS "Terms" FROM practice_text WHERE id = ANY({numbers})"""
                    : (FormattableString)
                        $"""SELECT rowid AS "Number", terms AS "Terms" FROM practice_text WHERE rowid IN (SELECT value FROM json_each({JsonSerializer.Serialize(numbers)}))"""
            )
            .ToDictionaryAsync(row => row.Number, row => row.Terms, cancellation);
        return
        [
            .. stamps
                .OrderBy(row => row.Value)
                .Select(row => new TextChange(row.Value, row.Key, texts.GetValueOrDefault(row.Key, "").Split(' ').ToHashSet())),
        ];
    }

    private sealed record TextRow(int Number, string Terms);

    private int NumberOf(string territory) => _places.GetOrAdd(territory, _ => _places.Count);

    private static T?[] Grown<T>(T?[] before, int length)
    {
        var grown = new T?[Math.Max(before.Length, length)];
        before.CopyTo(grown, 0);
        return grown;
    }
}

/// <summary>The catalogue at one moment. Never changed; a later one shares what stayed the same.</summary>
/// <param name="Practices">The greatest stamp of its practices.</param>
/// <param name="Territories">The greatest stamp of its territories.</param>
/// <param name="Entries">By number; the practices that went are null.</param>
/// <param name="Places">By the number of <see cref="Entry.Place"/>; those that no profile tells are null.</param>
/// <param name="Codes">Numbers of the facets' codes.</param>
/// <param name="Spelling">The words of all practices.</param>
/// <param name="Postings">Which practices hold which lexemes.</param>
internal sealed record Shelf(
    long Practices,
    long Territories,
    Entry?[] Entries,
    PlaceEntry?[] Places,
    CodeNumbers Codes,
    Spelling Spelling,
    Postings Postings
)
{
    public Place? PlaceOf(Entry entry) => Places[entry.Place]?.Place;

    public bool IsPublished(int number) => number < Entries.Length && Entries[number] is { Status: PracticeStatus.Published };
}
