using System.Text.RegularExpressions;

namespace Fabrique.Site.Lists;

/// <summary>A paragraph or a list of a plain text, with its lines; those of a list have no bullets.</summary>
public sealed partial record Block(bool IsList, IReadOnlyList<string> Lines)
{
    /// <summary>The blocks of a text. A list may follow the line that announces it without a blank one between.</summary>
    public static IEnumerable<Block> Of(string text)
    {
        foreach (
            var part in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        )
        {
            var lines = part.Split('\n').Select(line => (Text: line, Bullet: Bullet().Match(line))).ToList();
            for (var at = 0; at < lines.Count; )
            {
                var isList = lines[at].Bullet.Success;
                var run = lines.Skip(at).TakeWhile(line => line.Bullet.Success == isList).ToList();
                // One dash alone may begin what somebody says.
                yield return isList && (run.Count > 1 || !Dash().IsMatch(run[0].Text))
                    ? new Block(true, [.. run.Select(line => line.Text[line.Bullet.Length..])])
                    : new Block(false, [.. run.Select(line => line.Text)]);
                at += run.Count;
            }
        }
    }

    // Hyphen, dashes, the bullets of keyboards and of word processors, which paste theirs as a letter of a symbol font.
    [GeneratedRegex(
        @"\A\s*(?:[-*\u2010-\u2015\u2022\u2023\u2043\u204C\u204D\u2219\u25AA\u25AB\u25CF\u25CB\u25E6\u25A0\u27A2\uF0A7\uF0B7\uF0D8][\s]+|[\u2022\uF0B7]|o\t+)(?=\S)"
    )]
    private static partial Regex Bullet();

    [GeneratedRegex(@"\A\s*[\u2010-\u2015]")]
    private static partial Regex Dash();
}
