using System.Collections.Concurrent;
using Fabrique.Practices.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>A practice in memory: what filters, counts and orders need.</summary>
internal sealed record Entry(int Number, string Id, string Territory, int Place, PracticeStatus Status, long ChangedAt, string Title, string AdaptedFrom, int[] Codes);

/// <summary>A territory in memory.</summary>
internal sealed record PlaceEntry(Place? Place, int[] Codes);

/// <summary>
/// The index in memory: a few dozen bytes a practice, so that the facets of a hundred thousand are counted without asking the database.
/// Before each use it is compared with the database, and brought up to date by what has changed.
/// </summary>
internal sealed class Catalogue(IDbContextFactory<PracticesDb> databases) : IDisposable
{
    private readonly SemaphoreSlim _loading = new(1);
    private readonly CodeNumbers _codes = new();
    private readonly ConcurrentDictionary<string, int> _places = new();
    private readonly Spelling _spelling = new();
    private volatile Shelf _shelf = new(0, 0, [], [], new CodeNumbers(), new Spelling());

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
        _shelf is { Practices: var practices, Territories: var territories } && practices + territories >= await db.Database.SqlQuery<long>(
            $"""SELECT coalesce((SELECT max("Stamp") FROM practices), 0) + coalesce((SELECT max("Stamp") FROM territories), 0) AS "Value" """).SingleAsync(cancellation);

    private async Task<Shelf> LoadAsync(PracticesDb db, Shelf before, CancellationToken cancellation)
    {
        var territories = await db.Territories.AsNoTracking().Where(row => row.Stamp > before.Territories).ToListAsync(cancellation);
        var practices = await db.Practices.AsNoTracking().Where(row => row.Stamp > before.Practices)
            .Select(row => new { row.Number, row.Stamp, row.Id, row.Territory, row.Status, row.ChangedAt, row.Title, row.AdaptedFrom, row.Codes }).ToListAsync(cancellation);
        // After the practices, so that none is there without its words.
        await foreach (var word in db.Words.AsNoTracking().Where(row => row.Stamp > before.Practices).Select(row => row.Word).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            _spelling.Add(word);
        }

        var entries = Grown(before.Entries, practices.Select(row => row.Number + 1).DefaultIfEmpty().Max());
        foreach (var row in practices)
        {
            entries[row.Number] = row.Status == PracticeStatus.Unspecified ? null : new Entry(
                row.Number, row.Id, row.Territory, NumberOf(row.Territory), row.Status, row.ChangedAt, row.Title, row.AdaptedFrom, _codes.Of(row.Codes.Split('\n')));
        }
        foreach (var row in territories)
        {
            NumberOf(row.Id);
        }
        var places = Grown(before.Places, _places.Count);
        foreach (var row in territories)
        {
            places[NumberOf(row.Id)] = new PlaceEntry(
                row.Name.Length == 0 ? null : new Place { Name = row.Name, Department = row.Department, Region = row.Region }, _codes.Of(Facets.Of(row)));
        }
        return new Shelf(
            practices.Select(row => row.Stamp).Append(before.Practices).Max(), territories.Select(row => row.Stamp).Append(before.Territories).Max(), entries, places, _codes, _spelling);
    }

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
internal sealed record Shelf(long Practices, long Territories, Entry?[] Entries, PlaceEntry?[] Places, CodeNumbers Codes, Spelling Spelling)
{
    /// <summary>The numbers of the practices that hold a lexeme, for the lexemes asked lately.</summary>
    public Postings Postings { get; } = new();

    public Place? PlaceOf(Entry entry) => Places[entry.Place]?.Place;

    public bool IsPublished(int number) => number < Entries.Length && Entries[number] is { Status: PracticeStatus.Published };
}
