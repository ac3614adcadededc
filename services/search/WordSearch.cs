using Microsoft.EntityFrameworkCore;

namespace Fabrique.Search;

/// <summary>
/// Words to documents. What a word adds to a document's relevance depends on the part it stands in and on how rare it is, and on nothing
/// else, so that both databases order alike.
/// </summary>
internal sealed class WordSearch(DbContext db, Shelf shelf, IReadOnlyList<TextPart> parts, CancellationToken cancellation)
{
    private const int MaxWords = 12;

    /// <summary>A word that so few documents hold may be a typing error…</summary>
    public const int Few = 2;

    /// <summary>…when so many times more hold another that looks like it.</summary>
    private const int ManyTimes = 10;
    private const int MaxGuesses = 20;

    /// <summary>What a text that says it in other words gains, beside one that says it in the words of the query.</summary>
    private const float OtherWordsCount = 0.5f;

    /// <summary>Of a word that no dictionary has, before it is taken for one.</summary>
    private const int LeastOfUnknown = 2;

    private readonly List<OtherWords> _also = [];

    /// <summary>In which other words some of those that were looked up are said in public documents.</summary>
    public IReadOnlyList<OtherWords> Also => _also;

    /// <summary>The words of a text that are searched: each stem once, the first ones.</summary>
    public static List<Word> Words(string query) => [.. FrenchText.Read(query).DistinctBy(word => word.Stem).Take(MaxWords)];

    /// <summary>The documents that hold every word; where none does, any.</summary>
    /// <param name="words">At least one.</param>
    /// <param name="isSearched">Whether a document, by its number, is one of those searched in.</param>
    public async Task<Hits> FindAsync(IReadOnlyList<Word> words, Func<int, bool> isSearched)
    {
        var hits = new Hits(shelf.Length);
        var others = await OthersAsync(words);
        foreach (var (at, word) in words.Index())
        {
            hits.Add([.. await LookUpAsync(word), .. others[at]]);
        }
        hits.AnyWord = hits.Words > 1 && !hits.Any(isSearched);
        return hits;
    }

    /// <summary>
    /// The words, with each that neither a public document holds nor the language knows replaced by one that looks like it; the same list
    /// when nothing is.
    /// </summary>
    public async Task<IReadOnlyList<Word>> UnderstandAsync(IReadOnlyList<Word> words)
    {
        List<Word> understood = [];
        foreach (var word in words)
        {
            understood.Add(
                !Lexicon.Knows(word.Text) && await CountAsync(word) == 0 && await GuessAsync(word, 1) is { } guess ? guess : word
            );
        }
        return understood.SequenceEqual(words) ? words : understood;
    }

    /// <summary>
    /// The words, with each that hardly any document holds, and that the language does not know, replaced by one that many hold; the same
    /// list when nothing is.
    /// </summary>
    public async Task<IReadOnlyList<Word>> SuggestAsync(IReadOnlyList<Word> words)
    {
        List<Word> suggested = [];
        foreach (var word in words)
        {
            var count = Lexicon.Knows(word.Text) ? 0 : await CountAsync(word);
            suggested.Add(count is > 0 and <= Few && await GuessAsync(word, count * ManyTimes) is { } guess ? guess : word);
        }
        return suggested.SequenceEqual(words) ? words : suggested;
    }

    private async Task<List<(int[], float)>> LookUpAsync(Word word)
    {
        var found = new List<(int[], float)>();
        foreach (var stem in shelf.Spelling.Stems(word))
        {
            var rarity = 0f;
            foreach (var part in parts)
            {
                var numbers = await HoldingAsync(part, stem);
                if (rarity == 0)
                {
                    rarity = MathF.Log(1 + (float)shelf.Length / Math.Max(1, numbers.Length));
                }
                found.Add((numbers, part.Weight * rarity));
                if (numbers.Length == 0 && part == parts[0])
                {
                    break;
                }
            }
        }
        return found;
    }

    /// <summary>For each word, what says in other words an expression that it is part of.</summary>
    private async Task<List<(int[], float)>[]> OthersAsync(IReadOnlyList<Word> words)
    {
        var found = words.Select(_ => new List<(int[], float)>()).ToArray();
        foreach (var (start, count, others) in Thesaurus.In(words))
        {
            foreach (var other in others)
            {
                var rarity = 0f;
                foreach (var part in parts)
                {
                    var numbers = await HoldingAllAsync(part, other.Stems);
                    if (numbers.Length == 0)
                    {
                        break;
                    }
                    if (rarity == 0)
                    {
                        rarity = OtherWordsCount * MathF.Log(1 + (float)shelf.Length / numbers.Length);
                    }
                    foreach (var word in found.AsSpan(start, count))
                    {
                        word.Add((numbers, part.Weight * rarity));
                    }
                }
                if (rarity > 0 && !_also.Contains(other))
                {
                    _also.Add(other);
                }
            }
        }
        return found;
    }

    private async Task<int[]> HoldingAllAsync(TextPart part, string[] stems)
    {
        HashSet<int>? all = null;
        foreach (var stem in stems)
        {
            var numbers = await HoldingAsync(part, stem);
            if (stems.Length == 1 || numbers.Length == 0)
            {
                return numbers;
            }
            all = all is null ? [.. numbers] : [.. all.Intersect(numbers)];
        }
        return [.. all ?? []];
    }

    /// <summary>Whether the part that counts most holds a word: what stands there was read again by its author.</summary>
    private async Task<bool> IsInTitleAsync(Word word) =>
        parts.MaxBy(part => part.Weight) is { Mark.Length: > 0 } title && (await HoldingAsync(title, word.Stem)).Any(shelf.IsPublic);

    /// <summary>How many public documents hold a word.</summary>
    private async Task<int> CountAsync(Word word)
    {
        var count = 0;
        foreach (var stem in shelf.Spelling.Stems(word))
        {
            count += (await HoldingAsync(parts[0], stem)).Count(shelf.IsPublic);
        }
        return count;
    }

    private ValueTask<int[]> HoldingAsync(TextPart part, string stem) =>
        shelf.Postings.OfAsync(db, part.Mark + stem, shelf.Stamp, cancellation);

    /// <summary>
    /// The word that looks most like this one and that, of those as near, most documents hold: <paramref name="least"/> of them or more.
    /// </summary>
    private async Task<Word?> GuessAsync(Word word, int least)
    {
        foreach (var near in shelf.Spelling.Near(word.Text))
        {
            Word? best = null;
            var most = least - 1;
            foreach (var text in near.Take(MaxGuesses))
            {
                if (FrenchText.Words(text) is not [var read] || read.Stem == word.Stem)
                {
                    continue;
                }
                var guess = read with { Start = word.Start, Length = word.Length };
                var count = await CountAsync(guess);
                if (count > most && (count >= LeastOfUnknown || Lexicon.Knows(text) || await IsInTitleAsync(guess)))
                {
                    (best, most) = (guess, count);
                }
            }
            if (best is not null)
            {
                return best;
            }
        }
        return null;
    }
}
