using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics;
using Lucene.Net.Util.Automaton;

namespace Fabrique.Search;

/// <summary>The words that documents use: what a word without accents, or with a typing error, may have meant.</summary>
internal sealed class Spelling
{
    private const int MinLengthForOneError = 5;
    private const int MinLengthForTwoErrors = 8;

    // By the word without accents.
    private readonly ConcurrentDictionary<string, ImmutableArray<string>> _words = new();

    // The same words by their length, each with its letters: most of those that are far are told so without reading them.
    private readonly ConcurrentDictionary<int, ConcurrentQueue<(string Word, uint Letters)>> _byLength = new();

    /// <summary>Adds a word; adding it again changes nothing. One thread at a time adds, others may read meanwhile.</summary>
    public void Add(string word)
    {
        var folded = FrenchText.Fold(word);
        var others = _words.GetValueOrDefault(folded, []);
        _words[folded] = others.Contains(word) ? others : others.Add(word);
        if (others.IsEmpty)
        {
            _byLength.GetOrAdd(folded.Length, _ => new()).Enqueue((folded, Letters(folded)));
        }
    }

    /// <summary>
    /// The stems of a word, of its form for women where both are written, and of words that only differ by their accents.
    /// </summary>
    public string[] Stems(Word word) =>
        [
            .. _words
                .GetValueOrDefault(FrenchText.Fold(word.Text), [])
                .SelectMany(same => FrenchText.Words(same))
                .Select(same => same.Stem)
                .Prepend(word.Feminine ?? word.Stem)
                .Prepend(word.Stem)
                .Distinct(),
        ];

    /// <summary>
    /// Words that are one typing error away (a letter more, less, other, or two that changed places), then for long words those two errors
    /// away; each time the same first letter first.
    /// </summary>
    public IEnumerable<IEnumerable<string>> Near(string text)
    {
        var word = FrenchText.Fold(text);
        var errors =
            word.Length >= MinLengthForTwoErrors ? 2
            : word.Length >= MinLengthForOneError ? 1
            : 0;
        return Enumerable.Range(1, errors).Select(distance => Near(word, distance));
    }

    private IEnumerable<string> Near(string word, int distance)
    {
        var near = new CharacterRunAutomaton(new LevenshteinAutomata(word, withTranspositions: true).ToAutomaton(distance));
        var letters = Letters(word);
        // An error changes two letters at most: one that goes and one that comes.
        return Enumerable
            .Range(word.Length - distance, (2 * distance) + 1)
            .SelectMany(length => _byLength.GetValueOrDefault(length, []))
            .Where(known => BitOperations.PopCount(known.Letters ^ letters) <= 2 * distance && known.Word != word && near.Run(known.Word))
            .OrderBy(known => known.Word[0] != word[0])
            .ThenBy(known => known.Word, StringComparer.Ordinal)
            .Select(known => _words[known.Word][0]);
    }

    /// <summary>A bit for each letter that a word has; some share one.</summary>
    private static uint Letters(string word) => word.Aggregate(0u, (letters, letter) => letters | 1u << (letter & 31));
}
