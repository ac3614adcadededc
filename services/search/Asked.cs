namespace Fabrique.Search;

/// <summary>What a query asks in words, as far as it is understood, and what holds them. Dispose it: the hits are pooled.</summary>
public sealed class Asked : IDisposable
{
    private readonly string _query;
    private readonly WordSearch? _search;

    internal Asked(string query, WordSearch? search, IReadOnlyList<Word> typed, IReadOnlyList<Word> words, Hits? hits, Shelf shelf)
    {
        (_query, _search, Typed, Words, Hits) = (query, search, typed, words, hits);
        Stems = shelf.StemsOf(words).Concat(search?.Also.SelectMany(other => other.Stems) ?? []).ToHashSet();
    }

    /// <summary>The words of the query.</summary>
    public IReadOnlyList<Word> Typed { get; }

    /// <summary>The words searched: those of the query, but for the ones that no document uses and that look like another.</summary>
    public IReadOnlyList<Word> Words { get; }

    /// <summary>What texts also say for the words: "panneau solaire" for "photovoltaïque". See <see cref="Thesaurus"/>.</summary>
    public IEnumerable<string> Also => _search?.Also.Select(other => other.Text) ?? [];

    /// <summary>Of all words that were searched, with those that only differ from them by their accents: what is highlighted.</summary>
    public IReadOnlySet<string> Stems { get; }

    /// <summary>What holds the words; null when nothing was asked. A query without a word, "?!", is held by nothing.</summary>
    public Hits? Hits { get; }

    /// <summary>The query with the words that were searched in place of its own; empty when it was searched as it is.</summary>
    public string Understood => ReferenceEquals(Typed, Words) ? "" : Replaced(Words);

    /// <summary>
    /// The query with words that many more documents hold and that look like its own; empty when there is nothing to suggest.
    /// </summary>
    /// <param name="total">How many documents answer: only those who find hardly anything are asked.</param>
    public async Task<string> DidYouMeanAsync(int total)
    {
        if (_search is null || total > WordSearch.Few || !ReferenceEquals(Typed, Words))
        {
            return "";
        }
        var suggested = await _search.SuggestAsync(Words);
        return ReferenceEquals(suggested, Words) ? "" : Replaced(suggested);
    }

    public void Dispose() => Hits?.Dispose();

    private string Replaced(IReadOnlyList<Word> words)
    {
        var query = _query;
        foreach (var word in words.OrderByDescending(word => word.Start))
        {
            query = string.Concat(query.AsSpan(0, word.Start), word.Text, query.AsSpan(word.Start + word.Length));
        }
        return query;
    }
}
