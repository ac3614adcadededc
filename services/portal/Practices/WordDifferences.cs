using DiffPlex.Chunkers;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace Fabrique.Portal.Practices;

/// <summary>What became of a text, word by word.</summary>
public static class WordDifferences
{
    /// <summary>The later text with what went and what came, in order; neighbours of one kind are together.</summary>
    public static IEnumerable<(ChangeType Kind, string Text)> Of(string before, string after)
    {
        var words = InlineDiffBuilder.Diff(before, after, ignoreWhiteSpace: false, ignoreCase: false, WordChunker.Instance).Lines;
        for (var (at, next) = (0, 0); at < words.Count; at = next)
        {
            next = words.FindIndex(at, word => word.Type != words[at].Type) is >= 0 and var other ? other : words.Count;
            yield return (words[at].Type, string.Concat(words[at..next].Select(word => word.Text)));
        }
    }
}
