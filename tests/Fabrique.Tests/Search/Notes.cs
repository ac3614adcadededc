using Fabrique.Search;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Tests;

/// <summary>A searched thing that no service has: what is noted for a day, at a place.</summary>
/// <param name="Day">Days of this calendar.</param>
public sealed record Note(string Id, string Place, string Kind, int Day, string Title, string Text, bool IsOpen = true);

public sealed class NoteRow : SearchedRow
{
    public string Place { get; set; } = "";
    public int Day { get; set; }
    public string Title { get; set; } = "";
    public string Text { get; set; } = "";
    public bool IsOpen { get; set; }
    public bool IsHere { get; set; }

    public override bool HasText => IsHere;
}

public sealed class PlaceRow
{
    public required string Id { get; init; }
    public long Stamp { get; set; }
    public string Region { get; set; } = "";
}

public sealed class NotesDb(DbContextOptions<NotesDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder
            .AddSearched<NoteRow>("notes", Notes.Table)
            .Entity<PlaceRow>(row => row.ToTable("note_places").HasKey(place => place.Id));
}

public sealed record NoteEntry(int Number, string Id, int Day, bool IsOpen) : Document(Number);

internal sealed class NoteCatalogue() : Catalogue<NoteRow, NoteEntry>(Notes.Table, ["kind", "region"])
{
    protected override string OwnerTable => "note_places";

    protected override bool IsPublic(NoteEntry document) => document.IsOpen;

    protected override IQueryable<Loaded<NoteEntry>> Load(IQueryable<NoteRow> rows) =>
        rows.Select(row => new Loaded<NoteEntry>(
            row.Number,
            row.Stamp,
            row.Codes,
            row.Place,
            row.IsHere ? new NoteEntry(row.Number, row.Id, row.Day, row.IsOpen) : null
        ));

    protected override async Task<IReadOnlyCollection<OwnerChange>> OwnersAsync(DbContext db, long stamp, CancellationToken cancellation) =>
        [
            .. (await db.Set<PlaceRow>().AsNoTracking().Where(row => row.Stamp > stamp).ToListAsync(cancellation)).Select(
                row => new OwnerChange(row.Id, row.Stamp, [$"region:{row.Region}"])
            ),
        ];
}

/// <summary>The notes of one database, written and searched as a service would.</summary>
internal sealed class Notes(DbContextOptions<NotesDb> options) : IAsyncDisposable
{
    public static readonly TextTable Table = new("note");

    /// <summary>Where words count for more: what is said first, which no note of these tests has, and the title.</summary>
    public static readonly TextPart[] Parts = [TextPart.Whole, new TextPart("l_", 2), new TextPart("t_", 5)];

    private readonly SearchIndex<NoteRow> _index = new(Table);
    private readonly NoteCatalogue _catalogue = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Notes> CreateAsync(DbContextOptions<NotesDb> options)
    {
        await using var db = new NotesDb(options);
        await db.Database.EnsureCreatedAsync(Cancellation);
        await Table.CreateAsync(db, Cancellation);
        return new Notes(options);
    }

    /// <summary>A database of the same tables at another moment of the process: what it knew is gone.</summary>
    public Notes Again() => new(options);

    public NotesDb Open() => new(options);

    /// <summary>Writes notes in one transaction, or fails with it.</summary>
    public async Task WriteAsync(IEnumerable<Note> notes, bool fails = false)
    {
        await using var db = Open();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        foreach (var note in notes)
        {
            var text = new SearchedText().Add(note.Title, Parts[2]).Add(note.Text);
            (await PutAsync(db, note.Id, text, note.IsOpen))!.IsHere = true;
            var row = db.Set<NoteRow>().Local.Single(row => row.Id == note.Id);
            (row.Place, row.Day, row.IsOpen, row.Codes) = (note.Place, note.Day, note.IsOpen, $"kind:{note.Kind}");
            (row.Title, row.Text) = (note.Title, note.Text);
        }
        await db.SaveChangesAsync(Cancellation);
        await (fails ? transaction.RollbackAsync(Cancellation) : transaction.CommitAsync(Cancellation));
    }

    public async Task RemoveAsync(string id)
    {
        await using var db = Open();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        if (await PutAsync(db, id, null, false) is { } row)
        {
            row.IsHere = false;
        }
        await db.SaveChangesAsync(Cancellation);
        await transaction.CommitAsync(Cancellation);
    }

    public async Task PlaceAsync(string id, string region)
    {
        await using var db = Open();
        var stamp = (await db.Set<PlaceRow>().MaxAsync(row => (long?)row.Stamp, Cancellation) ?? 0) + 1;
        var place = await db.Set<PlaceRow>().FindAsync([id], Cancellation) ?? db.Add(new PlaceRow { Id = id }).Entity;
        (place.Stamp, place.Region) = (stamp, region);
        await db.SaveChangesAsync(Cancellation);
    }

    /// <summary>Searches open notes, of some days, the soonest first unless words are asked.</summary>
    public async Task<NotesFound> FindAsync(string query = "", string[]? kinds = null, string[]? regions = null, int from = 0, int to = 999)
    {
        await using var db = Open();
        var shelf = await _catalogue.ReadAsync(db, Cancellation);
        using var asked = await shelf.AskAsync(db, query, Parts, IsSearched, Cancellation);
        var selection = new Selection<NoteEntry>(shelf, [kinds ?? [], regions ?? []], IsSearched, asked.Hits);
        var found = new List<string>();
        Standing? last = null;
        // A page of two at a time, as a list is read.
        while (selection.First(2, Standing, last) is { Count: > 0 } page)
        {
            found.AddRange(page.Select(note => note.Id));
            last = Standing(page[^1], selection.ScoreOf(page[^1]));
        }
        return new NotesFound(
            string.Join(' ', found),
            selection.Total,
            string.Join(' ', selection.Facets().SelectMany(facet => facet.Values).Select(value => $"{value.Code}={value.Count}")),
            string.Join(' ', selection.Owners().Select(owner => $"{owner.Owner}={owner.Count}")),
            asked.Understood,
            await asked.DidYouMeanAsync(selection.Total),
            new Highlights(asked.Stems)
        );

        bool IsSearched(NoteEntry note) => note.IsOpen && note.Day >= from && note.Day <= to;

        Standing Standing(NoteEntry note, float score) => new(asked.Hits is null ? -note.Day : score, "", 0, note.Id);
    }

    public async ValueTask DisposeAsync()
    {
        _catalogue.Dispose();
        await using var db = Open();
        await db.Database.EnsureDeletedAsync();
    }

    private async Task<NoteRow?> PutAsync(NotesDb db, string id, SearchedText? text, bool isOpen) =>
        await _index.PutAsync(
            db,
            await db.Set<NoteRow>().FindAsync([id], Cancellation),
            number => new NoteRow { Id = id, Number = number },
            text,
            isOpen,
            Cancellation
        );
}

/// <summary>What a search of notes gives.</summary>
/// <param name="Ids">In the order of the list, page after page.</param>
/// <param name="Facets">"walk=2 north=1": of all facets, in their order.</param>
/// <param name="Places">"here=2", those with most notes first.</param>
internal sealed record NotesFound(
    string Ids,
    int Total,
    string Facets,
    string Places,
    string Understood,
    string DidYouMean,
    Highlights Highlights
);
