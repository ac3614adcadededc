using System.Collections.Concurrent;
using System.Collections.Immutable;
using Lucene.Net.Util.Automaton;

namespace Fabrique.Practices;

/// <summary>The words that practices use: what somebody meant who writes without accents, or with a slip of a finger.</summary>
internal sealed class Spelling
{
    private const int ShortestWithOneSlip = 4;
    private const int ShortestWithTwoSlips = 8;

    // By the word without accents.
    private readonly ConcurrentDictionary<string, ImmutableArray<string>> _words = new();

    public void Add(string word) => _words.AddOrUpdate(FrenchText.Fold(word), [word], (_, others) => others.Contains(word) ? others : others.Add(word));

    /// <summary>The stems of a word and of those that only differ by their accents.</summary>
    public string[] Stems(Word word) =>
    [
        .. _words.GetValueOrDefault(FrenchText.Fold(word.Text), []).SelectMany(same => FrenchText.Words(same)).Select(same => same.Stem).Prepend(word.Stem).Distinct(),
    ];

    /// <summary>Words that are one slip away (a letter more, less, other, or two that changed places), then two for long words; the same first letter first.</summary>
    public IEnumerable<string> Near(string text)
    {
        var word = FrenchText.Fold(text);
        var slips = word.Length >= ShortestWithTwoSlips ? 2 : word.Length >= ShortestWithOneSlip ? 1 : 0;
        for (var distance = 1; distance <= slips; distance++)
        {
            var near = new CharacterRunAutomaton(new LevenshteinAutomata(word, withTranspositions: true).ToAutomaton(distance));
            var found = _words.Where(known => Math.Abs(known.Key.Length - word.Length) <= distance && known.Key != word && near.Run(known.Key))
                .OrderBy(known => known.Key[0] != word[0]).ThenBy(known => known.Key, StringComparer.Ordinal);
            foreach (var known in found)
            {
                yield return known.Value[0];
            }
        }
    }
}
