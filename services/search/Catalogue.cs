using Microsoft.EntityFrameworkCore;

namespace Fabrique.Search;

/// <summary>A row as it is read into memory.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Stamp">Its stamp.</param>
/// <param name="Codes">Its codes, a line each.</param>
/// <param name="Owner">Whose it is; empty: nobody's.</param>
/// <param name="Document">What is kept of it; null for one that went.</param>
public sealed record Loaded<TDocument>(int Number, long Stamp, string Codes, string Owner, TDocument? Document)
    where TDocument : Document;

/// <summary>An owner whose codes changed.</summary>
/// <param name="Id">As <see cref="Loaded{TDocument}.Owner"/> names it.</param>
/// <param name="Stamp">Of the change.</param>
/// <param name="Codes">All of its codes: "region:32"…</param>
public sealed record OwnerChange(string Id, long Stamp, IEnumerable<string> Codes);

/// <summary>
/// The searched documents of a service in memory, so that the facets of a hundred thousand are counted without asking the database. Before
/// each use it is compared with the database, and brought up to date by what has changed. One instance a process.
/// </summary>
/// <param name="table">Where the texts are.</param>
/// <param name="facets">Names of the facets, in the order in which they are answered; at most 32.</param>
public abstract class Catalogue<TRow, TDocument>(TextTable table, IReadOnlyList<string> facets) : IDisposable
    where TRow : SearchedRow
    where TDocument : Document
{
    /// <summary>Of more changed texts than these, what they hold is not read one by one.</summary>
    private const int MaxFollowed = 200;

    private readonly SemaphoreSlim _loading = new(1);
    private readonly CodeNumbers _codes = new(facets);
    private readonly Dictionary<string, int> _owners = [];
    private readonly Spelling _spelling = new();
    private readonly Postings _postings = new(table);
    private volatile Shelf<TDocument>? _shelf;
    private string? _stamps;

    /// <summary>Everything that was committed before the call.</summary>
    public async Task<Shelf<TDocument>> ReadAsync(DbContext db, CancellationToken cancellation)
    {
        if (_shelf is { } current && await IsCurrentAsync(db, current, cancellation))
        {
            return current;
        }
        await _loading.WaitAsync(cancellation);
        try
        {
            return _shelf is { } loaded && await IsCurrentAsync(db, loaded, cancellation)
                ? loaded
                : _shelf = await LoadAsync(db, _shelf, cancellation);
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose()
    {
        _loading.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether anybody may read a document: its words are then proposed to those who misspell.</summary>
    protected abstract bool IsPublic(TDocument document);

    /// <summary>The rows as they are read into memory, with no more columns than it needs.</summary>
    protected abstract IQueryable<Loaded<TDocument>> Load(IQueryable<TRow> rows);

    /// <summary>
    /// The table of the owners, which has a column <c>Stamp</c> that grows with every change; null when documents have none, or none with
    /// codes.
    /// </summary>
    protected virtual string? OwnerTable => null;

    /// <summary>The owners whose stamp is greater.</summary>
    protected virtual Task<IReadOnlyCollection<OwnerChange>> OwnersAsync(DbContext db, long stamp, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyCollection<OwnerChange>>([]);

    // Both stamps only grow: their sum is that of the shelf when each is.
    private async Task<bool> IsCurrentAsync(DbContext db, Shelf<TDocument> shelf, CancellationToken cancellation)
    {
        _stamps ??= $"""SELECT {Greatest(db.Model.FindEntityType(typeof(TRow))!.GetTableName())} + {Greatest(OwnerTable)} AS "Value" """;
        return shelf.Stamp + shelf.OwnerStamp >= await db.Database.SqlQueryRaw<long>(_stamps).SingleAsync(cancellation);

        static string Greatest(string? name) => name is null ? "0" : $"""coalesce((SELECT max("Stamp") FROM "{name}"), 0)""";
    }

    private async Task<Shelf<TDocument>> LoadAsync(DbContext db, Shelf<TDocument>? before, CancellationToken cancellation)
    {
        var since = before?.Stamp ?? 0;
        var changes = await OwnersAsync(db, before?.OwnerStamp ?? 0, cancellation);
        var rows = await Load(db.Set<TRow>().AsNoTracking().Where(row => row.Stamp > since)).ToListAsync(cancellation);
        // After the documents, so that none is there without its words.
        await LoadWordsAsync(db, since, cancellation);

        var documents = Grown(before?.Documents ?? [], rows.Select(row => row.Number + 1).DefaultIfEmpty().Max());
        foreach (var row in rows)
        {
            if (row.Document is { } document)
            {
                (document.Codes, document.Owner) = (_codes.Of(row.Codes.Split('\n')), OwnerNumber(row.Owner));
            }
            documents[row.Number] = row.Document;
        }
        var stamp = rows.Select(row => row.Stamp).Append(since).Max();
        _postings.Follow(stamp, since > 0 && rows.Count <= MaxFollowed ? await TextChangesAsync(db, rows, cancellation) : null);
        var ownerStamp = changes.Select(owner => owner.Stamp).Append(before?.OwnerStamp ?? 0).Max();
        var owners = Owners(before?.Owners ?? [], changes);
        return new Shelf<TDocument>((stamp, ownerStamp), documents, owners, _codes, _spelling, _postings, IsPublic);
    }

    private async Task LoadWordsAsync(DbContext db, long since, CancellationToken cancellation)
    {
        var words = db.Set<WordRow<TRow>>().AsNoTracking().Where(row => row.Stamp > since).Select(row => row.Word);
        await foreach (var word in words.AsAsyncEnumerable().WithCancellation(cancellation))
        {
            _spelling.Add(word);
        }
    }

    private async Task<List<TextChange>> TextChangesAsync(
        DbContext db,
        IReadOnlyCollection<Loaded<TDocument>> rows,
        CancellationToken cancellation
    )
    {
        var texts = await table.LexemesAsync(db, [.. rows.Select(row => row.Number)], cancellation);
        return
        [
            .. rows.OrderBy(row => row.Stamp).Select(row => new TextChange(row.Stamp, row.Number, texts.GetValueOrDefault(row.Number, []))),
        ];
    }

    private Owner[] Owners(Owner[] before, IReadOnlyCollection<OwnerChange> changes)
    {
        foreach (var change in changes)
        {
            OwnerNumber(change.Id);
        }
        var owners = Grown(before, _owners.Count);
        foreach (var (id, number) in _owners.Where(owner => owner.Value >= before.Length))
        {
            owners[number] = new Owner(id, []);
        }
        foreach (var change in changes)
        {
            owners[OwnerNumber(change.Id)] = new Owner(change.Id, _codes.Of(change.Codes));
        }
        return owners!;
    }

    private int OwnerNumber(string owner) => _owners.TryGetValue(owner, out var number) ? number : _owners[owner] = _owners.Count;

    private static T?[] Grown<T>(T?[] before, int length)
    {
        var grown = new T?[Math.Max(before.Length, length)];
        before.CopyTo(grown, 0);
        return grown;
    }
}
