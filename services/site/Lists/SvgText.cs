namespace Fabrique.Site.Lists;

/// <summary>
/// Text in a drawing does not wrap by itself, and the server knows no font: widths are those of a wide sans serif, so that a line is rather
/// too short.
/// </summary>
public static class SvgText
{
    private const double Bold = 1.2;

    // No word of a language that the site speaks is longer: what is must be cut, or it leaves the drawing.
    private const int LongestWord = 30;

    /// <summary>
    /// The lines of a text that is not to be wider than this. A word that is wider stands alone; one that is no word of a language is cut.
    /// </summary>
    /// <param name="text">Words with spaces between.</param>
    /// <param name="size">Height of the letters, in the units of the width.</param>
    /// <param name="width">Of the room there is.</param>
    /// <param name="bold">Bold letters with serifs are wider.</param>
    public static IReadOnlyList<string> Wrap(string text, double size, double width, bool bold = false)
    {
        size *= bold ? Bold : 1;
        var lines = new List<string>();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(word => Cut(word, size, width)))
        {
            if (lines.Count > 0 && Width($"{lines[^1]} {word}", size) <= width)
            {
                lines[^1] += $" {word}";
            }
            else
            {
                lines.Add(word);
            }
        }

        return lines;
    }

    private static IEnumerable<string> Cut(string word, double size, double width) =>
        word.Length <= LongestWord || Width(word, size) <= width
            ? [word]
            : word.Chunk(Math.Max(1, (int)(width / Width("m", size)))).Select(part => new string(part));

    /// <summary>About how wide a text is.</summary>
    public static double Width(string text, double size) =>
        size
        * text.Sum(letter =>
            letter switch
            {
                'i' or 'j' or 'l' or 'I' or '.' or ',' or ':' or ';' or '!' or '\'' or '’' or '|' => 0.3,
                ' ' or 'f' or 'r' or 't' or '-' or '(' or ')' or '\u00a0' => 0.38,
                'm' or 'w' or 'M' or 'W' or '%' or '…' => 0.9,
                _ when char.IsUpper(letter) => 0.7,
                _ => 0.57,
            }
        );
}
