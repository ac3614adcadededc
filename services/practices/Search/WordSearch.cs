using System.Buffers;
using Fabrique.Practices.V1;

namespace Fabrique.Practices;

/// <summary>The practices that hold the words of a search, and how well each answers. Give it back when done.</summary>
internal sealed class Hits(int count) : IDisposable
{
    private readonly float[] _scores = Cleared<float>(count);
    private readonly byte[] _words = Cleared<byte>(count);

    /// <summary>True when a practice needs to hold one of the words only, since none holds them all.</summary>
    public bool AnyWord { get; set; }

    /// <summary>The number of words, of which a practice must hold all.</summary>
    public int Words { get; private set; }

    /// <summary>The greater the better; 0 for a practice that does not answer.</summary>
    public float this[int number] => AnyWord || _words[number] == Words ? _scores[number] : 0;

    /// <summary>Counts a word for the practices that hold it.</summary>
    /// <param name="found">Practices, and what they gain; one may come several times.</param>
    public void Add(IEnumerable<(int[] Numbers, float Weight)> found)
    {
        foreach (var (numbers, weight) in found)
        {
            foreach (var number in numbers)
            {
                // Written since the catalogue was read: the next search will know it.
                if (number < count)
                {
                    _scores[number] += weight;
                    _words[number] = _words[number] == Words ? (byte)(Words + 1) : _words[number];
                }
            }
        }
        Words++;
    }

    public bool Exist(Func<int, bool> counts)
    {
        for (var number = 0; number < count; number++)
        {
            if (this[number] > 0 && counts(number))
            {
                return true;
            }
        }
        return false;
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_scores);
        ArrayPool<byte>.Shared.Return(_words);
    }

    private static T[] Cleared<T>(int length)
    {
        var array = ArrayPool<T>.Shared.Rent(length);
        Array.Clear(array, 0, length);
        return array;
    }
}

/// <summary>
/// Words to practices. What a word adds to a practice's relevance depends on where it stands in it and on how rare it is, and on nothing else, so
/// that both databases order alike.
/// </summary>
internal sealed class WordSearch(PracticesDb db, Shelf shelf, SearchScope scope, CancellationToken cancellation)
{
    private const int MostWords = 12;

    /// <summary>A word that so few practices hold may be a slip…</summary>
    public const int Few = 2;

    /// <summary>…when so many times more hold another that looks like it.</summary>
    private const int ManyTimes = 10;
    private const int MostGuesses = 20;

    /// <summary>The words of a text that are searched: each once, the first ones.</summary>
    public static List<Word> Words(string query) => [.. FrenchText.Words(query).DistinctBy(word => word.Stem).Take(MostWords)];

    /// <summary>The practices that hold every word; where none does, any.</summary>
    /// <param name="words">At least one.</param>
    /// <param name="counts">Whether a practice, by its number, is one of those searched in.</param>
    public async Task<Hits> FindAsync(IReadOnlyList<Word> words, Func<int, bool> counts)
    {
        var hits = new Hits(shelf.Entries.Length);
        foreach (var word in words)
        {
            hits.Add(await LookUpAsync(word));
        }
        hits.AnyWord = hits.Words > 1 && !hits.Exist(counts);
        return hits;
    }

    /// <summary>The words with those replaced that no published practice holds, by one that looks like it; the same list when there is none.</summary>
    public async Task<IReadOnlyList<Word>> UnderstandAsync(IReadOnlyList<Word> words)
    {
        List<Word> understood = [];
        foreach (var word in words)
        {
            understood.Add(await CountAsync(word) == 0 && await GuessAsync(word, 1) is { } guess ? guess : word);
        }
        return understood.SequenceEqual(words) ? words : understood;
    }

    /// <summary>The words with those replaced that hardly any practice holds, by one that many hold; the same list when there is none.</summary>
    public async Task<IReadOnlyList<Word>> SuggestAsync(IReadOnlyList<Word> words)
    {
        List<Word> suggested = [];
        foreach (var word in words)
        {
            var count = await CountAsync(word);
            suggested.Add(count is > 0 and <= Few && await GuessAsync(word, count * ManyTimes) is { } guess ? guess : word);
        }
        return suggested.SequenceEqual(words) ? words : suggested;
    }

    /// <summary>A text with other words in the places of its own.</summary>
    public static string Replaced(string query, IReadOnlyList<Word> words)
    {
        foreach (var word in words.OrderByDescending(word => word.Start))
        {
            query = string.Concat(query.AsSpan(0, word.Start), word.Text, query.AsSpan(word.Start + word.Length));
        }
        return query;
    }

    private async Task<List<(int[], float)>> LookUpAsync(Word word)
    {
        var found = new List<(int[], float)>();
        foreach (var stem in shelf.Spelling.Stems(word))
        {
            var rarity = 0f;
            foreach (var (lexeme, weight) in PracticeText.Lookups(stem, scope))
            {
                var numbers = await shelf.Postings.OfAsync(db, lexeme, shelf.Practices, cancellation);
                rarity = rarity == 0 ? MathF.Log(1 + (float)shelf.Entries.Length / Math.Max(1, numbers.Length)) : rarity;
                found.Add((numbers, weight * rarity));
                if (numbers.Length == 0)
                {
                    break;
                }
            }
        }
        return found;
    }

    /// <summary>The practices, as far as anybody may read them, that hold a word.</summary>
    private async Task<int> CountAsync(Word word)
    {
        var count = 0;
        foreach (var stem in shelf.Spelling.Stems(word))
        {
            var (lexeme, _) = PracticeText.Lookups(stem, scope).First();
            count += (await shelf.Postings.OfAsync(db, lexeme, shelf.Practices, cancellation)).Count(shelf.IsPublished);
        }
        return count;
    }

    /// <summary>The word that looks most like this one and that, of its likes, most practices hold, at least so many.</summary>
    private async Task<Word?> GuessAsync(Word word, int least)
    {
        foreach (var alike in shelf.Spelling.Near(word.Text))
        {
            (Word? best, var most) = (null, least - 1);
            foreach (var near in alike.Take(MostGuesses))
            {
                var guess =
                    FrenchText.Words(near) is [var read] && read.Stem != word.Stem
                        ? read with
                        {
                            Start = word.Start,
                            Length = word.Length,
                        }
                        : word;
                if (guess != word && await CountAsync(guess) is var count && count > most)
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
