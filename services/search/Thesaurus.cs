namespace Fabrique.Search;

/// <summary>Another way to say some words of a query.</summary>
/// <param name="Text">As people write it.</param>
/// <param name="Stems">All of them must be in a text.</param>
internal sealed record OtherWords(string Text, string[] Stems);

/// <summary>Words of the trade that mean the same, or nearly: <c>Data/thesaurus.txt</c>.</summary>
internal static class Thesaurus
{
    // By the stem of the first word.
    private static readonly ILookup<string, (string[] Stems, OtherWords[] Others)> Expressions = Read().ToLookup(one => one.Stems[0]);

    /// <summary>The expressions that stand in some words: from which word on, of how many words, and what else says it.</summary>
    public static IEnumerable<(int Start, int Count, OtherWords[] Others)> In(IReadOnlyList<Word> words) =>
        from start in Enumerable.Range(0, words.Count)
        from expression in Expressions[words[start].Stem]
        where expression.Stems.SequenceEqual(words.Skip(start).Take(expression.Stems.Length).Select(word => word.Stem))
        select (start, expression.Stems.Length, expression.Others);

    private static IEnumerable<(string[] Stems, OtherWords[] Others)> Read()
    {
        using var lines = new StreamReader(typeof(Thesaurus).Assembly.GetManifestResourceStream("thesaurus.txt")!);
        while (lines.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }
            var sides = line.Split('>').Select(side => side.Split('=').Select(Of).ToArray()).ToArray();
            foreach (var asked in sides[0])
            {
                OtherWords[] others = [.. (sides is [_, var found] ? found : sides[0]).Where(other => other != asked)];
                yield return (asked.Stems, others);
                // As it is typed in a hurry.
                if (Of(FrenchText.Fold(asked.Text)) is var hurried && !hurried.Stems.SequenceEqual(asked.Stems))
                {
                    yield return (hurried.Stems, others);
                }
            }
        }
    }

    private static OtherWords Of(string text) => new(text.Trim(), [.. FrenchText.Words(text).Select(word => word.Stem)]);
}
