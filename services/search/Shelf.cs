using Microsoft.EntityFrameworkCore;

namespace Fabrique.Search;

/// <summary>What is kept in memory of a document: a service adds what its filters and orders need, a few dozen bytes.</summary>
/// <param name="Number">Of <see cref="SearchedRow.Number"/>.</param>
public abstract record Document(int Number)
{
    /// <summary>Numbers of its own codes.</summary>
    internal int[] Codes { get; set; } = [];

    /// <summary>Number of its owner.</summary>
    internal int Owner { get; set; }
}

/// <summary>Whose documents are, such as a territory. Its codes count for each of its documents.</summary>
internal sealed record Owner(string Id, int[] Codes);

/// <summary>The part of a <see cref="Shelf{TDocument}"/> that words are looked up with.</summary>
public abstract class Shelf
{
    private protected Shelf(long stamp, Spelling spelling, Postings postings) => (Stamp, Spelling, Postings) = (stamp, spelling, postings);

    /// <summary>The greatest stamp of its documents.</summary>
    internal long Stamp { get; }

    internal Spelling Spelling { get; }

    internal Postings Postings { get; }

    /// <summary>One more than the greatest number.</summary>
    internal abstract int Length { get; }

    /// <summary>Whether anybody may read a document.</summary>
    internal abstract bool IsPublic(int number);

    /// <summary>The stems of some words, and of those that only differ from them by their accents.</summary>
    internal IEnumerable<string> StemsOf(IEnumerable<Word> words) => words.SelectMany(Spelling.Stems);
}

/// <summary>The documents at one moment. Never changed; a later one shares what stayed the same.</summary>
public sealed class Shelf<TDocument> : Shelf
    where TDocument : Document
{
    private readonly Func<TDocument, bool> _isPublic;

    internal Shelf(
        (long Documents, long Owners) stamps,
        TDocument?[] documents,
        Owner[] owners,
        CodeNumbers codes,
        Spelling spelling,
        Postings postings,
        Func<TDocument, bool> isPublic
    )
        : base(stamps.Documents, spelling, postings)
    {
        (OwnerStamp, Documents, Owners, Codes, _isPublic) = (stamps.Owners, documents, owners, codes, isPublic);
    }

    /// <summary>The greatest stamp of its owners.</summary>
    internal long OwnerStamp { get; }

    /// <summary>By number; those that went are null.</summary>
    internal TDocument?[] Documents { get; }

    /// <summary>By <see cref="Document.Owner"/>.</summary>
    internal Owner[] Owners { get; }

    internal CodeNumbers Codes { get; }

    internal override int Length => Documents.Length;

    internal override bool IsPublic(int number) => number < Length && Documents[number] is { } document && _isPublic(document);

    /// <summary>Searches the words of a query. A word that is none is replaced by one that looks like it.</summary>
    /// <param name="db">Its connection stays open.</param>
    /// <param name="query">In French; blank: nothing is asked.</param>
    /// <param name="parts">
    /// Where the words are searched: first the part that must hold them, then those in which they count for more.
    /// </param>
    /// <param name="isSearched">Among which documents all the words must be found; where they are not, any of them will do.</param>
    public async Task<Asked> AskAsync(
        DbContext db,
        string query,
        IReadOnlyList<TextPart> parts,
        Func<TDocument, bool> isSearched,
        CancellationToken cancellation
    )
    {
        if (Letters.IsBlank(query))
        {
            return new Asked(query, null, [], [], null, this);
        }
        var search = new WordSearch(db, this, parts, cancellation);
        var typed = WordSearch.Words(query);
        var words = await search.UnderstandAsync(typed);
        var hits = await search.FindAsync(words, number => Documents[number] is { } document && isSearched(document));
        return new Asked(query, search, typed, words, hits, this);
    }

    /// <summary>What speaks of the same things as a text; null when the text has no word. Dispose it.</summary>
    public async Task<Hits?> LikeAsync(DbContext db, string text, IReadOnlyList<TextPart> parts, CancellationToken cancellation)
    {
        var words = WordSearch.Words(text);
        if (words.Count == 0)
        {
            return null;
        }
        var hits = await new WordSearch(db, this, parts, cancellation).FindAsync(words, IsPublic);
        hits.AnyWord = true;
        return hits;
    }
}
