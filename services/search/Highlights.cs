namespace Fabrique.Search;

/// <summary>A part of a text, in UTF-16 code units.</summary>
public readonly record struct TextSpan(int Start, int Length);

/// <summary>Shows where the words of a search stand in a text, whatever form they have there.</summary>
/// <param name="stems">Of the words: <see cref="Asked.Stems"/>.</param>
public sealed class Highlights(IReadOnlySet<string> stems)
{
    /// <summary>Of a passage and of what stands in it before the first word found, in characters.</summary>
    private const int PassageLength = 240;
    private const int LeadLength = 60;

    /// <summary>
    /// The parts of a text that are forms of the words searched; in order, apart from each other. A long text is read as far as is asked.
    /// </summary>
    public IEnumerable<TextSpan> In(string text) =>
        FrenchText
            .Read(text)
            .Where(word => stems.Contains(word.Stem) || (word.Feminine is { } feminine && stems.Contains(feminine)))
            .Select(word => new TextSpan(word.Start, word.Length));

    /// <summary>Whole words of a text around the first that is found; empty when none is.</summary>
    public string Passage(string text)
    {
        var found = In(text).Take(1).ToArray();
        if (found is not [var first])
        {
            return "";
        }
        var start = PassageStart(text, first);
        var end = PassageEnd(text, start, first);
        var (before, after) = (start > 0 ? "… " : "", end < text.Length ? " …" : "");
        return $"{before}{text[start..end].Trim()}{after}";
    }

    private static int PassageStart(string text, TextSpan first)
    {
        if (first.Start <= LeadLength)
        {
            return 0;
        }
        var word = text.IndexOf(' ', first.Start - LeadLength) + 1;
        // No word begins in between: the passage begins with the one found.
        return word == 0 || word > first.Start ? first.Start : word;
    }

    private static int PassageEnd(string text, int start, TextSpan first)
    {
        var longest = start + PassageLength;
        var end = longest >= text.Length ? text.Length : text.LastIndexOf(' ', longest);
        return Math.Max(end, first.Start + first.Length);
    }
}
