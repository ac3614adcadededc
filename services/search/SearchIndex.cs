using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Search;

/// <summary>A row of a service's index that is searched: one a document.</summary>
public abstract class SearchedRow
{
    public required string Id { get; init; }

    /// <summary>
    /// 1, 2, 3… without gaps: its row in the full text, and its place in memory. Kept when the document goes and comes back.
    /// </summary>
    public int Number { get; init; }

    /// <summary>Grows with every change of a row, so that a copy in memory knows what it has not seen.</summary>
    public long Stamp { get; set; }

    /// <summary>What facets count: "theme:ENER", "month:2027-03"…, a line each.</summary>
    public string Codes { get; set; } = "";

    /// <summary>Whether the document is in the full text. The service says what its rows tell of it.</summary>
    public abstract bool HasText { get; }
}

/// <summary>A word that documents use, as it is written: what a misspelt one may have meant.</summary>
/// <typeparam name="TRow">Of which documents.</typeparam>
public sealed class WordRow<TRow>
    where TRow : SearchedRow
{
    public required string Word { get; init; }
    public long Stamp { get; init; }
}

/// <summary>Keeps rows, full text and words of documents up to date, inside the transactions of the service.</summary>
public sealed class SearchIndex<TRow>(TextTable table)
    where TRow : SearchedRow
{
    // Words that are in the database for sure: most texts add none.
    private readonly ConcurrentDictionary<string, bool> _words = new();

    private readonly ConditionalWeakTable<DbContext, Unsaved> _unsaved = [];

    /// <summary>
    /// Puts a document into the index, or takes it out, and answers its row, of which the service then sets the other columns.
    /// </summary>
    /// <param name="db">The context of the transaction; saved by the caller.</param>
    /// <param name="row">The row of an earlier version; null when there is none.</param>
    /// <param name="create">Makes the row of a document that had none, with the number given.</param>
    /// <param name="text">What is searched of it; null for a document that goes.</param>
    /// <param name="isPublic">Whether anybody may read it: only then are its words proposed to those who misspell.</param>
    /// <returns>Null for a document that goes and was never here.</returns>
    public async Task<TRow?> PutAsync(
        DbContext db,
        TRow? row,
        Func<int, TRow> create,
        SearchedText? text,
        bool isPublic,
        CancellationToken cancellation
    )
    {
        if (row is { HasText: true })
        {
            await table.RemoveAsync(db, row.Number, cancellation);
        }
        if (row is null && text is null)
        {
            return null;
        }
        var unsaved = await UnsavedAsync(db, cancellation);
        row ??= db.Add(create(++unsaved.LastNumber)).Entity;
        row.Stamp = ++unsaved.LastStamp;
        if (text is not null)
        {
            await table.AddAsync(db, row.Number, row.Id, text.Lexemes, cancellation);
            if (isPublic)
            {
                await AddWordsAsync(db, unsaved, row.Stamp, [.. text.Words.Where(word => !_words.ContainsKey(word))], cancellation);
            }
        }
        return row;
    }

    /// <summary>Writes come one after the other, so a reader that has seen a stamp has seen all before it.</summary>
    private async Task<Unsaved> UnsavedAsync(DbContext db, CancellationToken cancellation)
    {
        if (!_unsaved.TryGetValue(db, out var unsaved))
        {
            unsaved = new Unsaved
            {
                LastNumber = await db.Set<TRow>().MaxAsync(row => (int?)row.Number, cancellation) ?? 0,
                LastStamp = await db.Set<TRow>().MaxAsync(row => (long?)row.Stamp, cancellation) ?? 0,
            };
            _unsaved.Add(db, unsaved);
        }
        return unsaved;
    }

    private async Task AddWordsAsync(DbContext db, Unsaved unsaved, long stamp, string[] words, CancellationToken cancellation)
    {
        if (words.Length == 0)
        {
            return;
        }
        unsaved.NewWords.UnionWith(await table.AddWordsAsync(db, stamp, words, cancellation));
        // This transaction may fail: only what an earlier one added is there for sure.
        foreach (var word in words.Where(word => !unsaved.NewWords.Contains(word)))
        {
            _words[word] = true;
        }
    }

    /// <summary>What a context has given out and added, and not yet committed.</summary>
    private sealed class Unsaved
    {
        public int LastNumber { get; set; }
        public long LastStamp { get; set; }
        public HashSet<string> NewWords { get; } = [];
    }
}

public static class SearchModel
{
    /// <summary>Adds the tables of a searched document to the model of a service's index.</summary>
    /// <param name="model">The service's.</param>
    /// <param name="name">Of the table of its rows.</param>
    /// <param name="text">Its full text and its words.</param>
    public static ModelBuilder AddSearched<TRow>(this ModelBuilder model, string name, TextTable text)
        where TRow : SearchedRow =>
        model
            .Entity<TRow>(row =>
            {
                row.ToTable(name).HasKey(document => document.Id);
                row.HasIndex(document => document.Number).IsUnique();
                row.HasIndex(document => document.Stamp);
                row.Ignore(document => document.HasText);
            })
            .Entity<WordRow<TRow>>(row =>
            {
                row.ToTable(text.Words).HasKey(word => word.Word);
                row.HasIndex(word => word.Stamp);
            });
}
