using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fabrique;

/// <summary>
/// Letters as they are compared, whatever keyboard or document they come from: one home for texts that are indexed, searched, compared or
/// found to be empty. What is invisible is nothing; compatibility forms are the letters they stand for (NFKC): full width, ligatures,
/// accents written apart; apostrophes are "'" and dashes "-"; a word written for women and men ("élu·e·s", "habitant(e)s") is one word.
/// </summary>
public static partial class Letters
{
    private const string Dots = "·⋅•‧∙・";

    /// <summary>Whether a reader would see nothing.</summary>
    public static bool IsBlank(string? text) =>
        text is null || text.EnumerateRunes().All(rune => IsInvisible(rune) || Rune.IsWhiteSpace(rune));

    /// <summary>The text in lower case, as it is compared. Accents stay.</summary>
    public static string Plain(string text) => Read(text).Text;

    /// <summary>The same, with where each letter was.</summary>
    public static PlainText Read(string text)
    {
        var (plain, origins) = (new StringBuilder(text.Length), new List<int>(text.Length + 1));
        List<(int At, string Feminine)>? inclusive = null;
        for (var at = 0; at < text.Length; )
        {
            var length = 1;
            if (MayInclude(text[at], plain) && Inclusive().Match(text, at) is { Success: true } ending)
            {
                (inclusive ??= []).Add((plain.Length - 1, Feminine(LastWord(plain), ending)));
                length = ending.Length;
            }
            else if (IsPlain(text, at))
            {
                plain.Append(char.ToLowerInvariant(text[at]));
            }
            else
            {
                length = Cluster(text, at);
                plain.Append(Of(text.AsSpan(at, length)));
            }
            while (origins.Count < plain.Length)
            {
                origins.Add(at);
            }
            at += length;
        }
        return new PlainText(plain.ToString(), [.. origins, text.Length], inclusive ?? []);
    }

    /// <summary>What is in ASCII and the letters of French stand for themselves, unless a mark follows.</summary>
    private static bool IsPlain(string text, int at) =>
        ((char.IsAscii(text[at]) && text[at] != '`') || text[at] is (>= 'À' and <= 'ÿ') or 'œ' or 'Œ')
        && (at + 1 == text.Length || text[at + 1] is < '\u0300' and not '\u00AD' || !Continues(text, at + 1));

    /// <summary>What a letter and its marks stand for; empty where nothing is seen.</summary>
    private static string Of(ReadOnlySpan<char> cluster)
    {
        var letters = new StringBuilder(cluster.Length);
        foreach (var rune in cluster.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherNotAssigned)
            {
                // Halves of surrogate pairs and U+FFFE would not normalise.
                letters.Append(' ');
            }
            else if (!IsInvisible(rune))
            {
                letters.Append(Mark(rune));
            }
        }
        return letters.ToString().Normalize(NormalizationForm.FormKC).ToLowerInvariant();
    }

    /// <summary>
    /// Format characters, such as zero-width ones and the soft hyphen; fillers, blanks and selectors of the shape of others, which have
    /// none of their own (https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt, Default_Ignorable_Code_Point, and the
    /// blank of Braille).
    /// </summary>
    private static bool IsInvisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format
        || rune.Value
            is 0x034F
                or (>= 0x115F and <= 0x1160)
                or (>= 0x17B4 and <= 0x17B5)
                or (>= 0x180B and <= 0x180F)
                or 0x2065
                or 0x2800
                or 0x3164
                or (>= 0xFE00 and <= 0xFE0F)
                or 0xFFA0
                or (>= 0xFFF0 and <= 0xFFF8)
                or (>= 0xE0000 and <= 0xE0FFF);

    private static string Mark(Rune rune) =>
        rune.Value switch
        {
            // Quotes, primes, modifier letters and accents that stand alone, typed for an apostrophe.
            0x60 or 0xB4 or 0x2B9 or 0x2BB or 0x2BC or 0x2018 or 0x2019 or 0x201B or 0x2032 or 0x2035 => "'",
            (>= 0x2010 and <= 0x2015) or 0x2212 or 0xFE58 or 0xFE63 or 0xFF0D => "-",
            < 0xFFFF when Dots.Contains((char)rune.Value, StringComparison.Ordinal) => " ",
            _ => rune.ToString(),
        };

    /// <summary>The length of a letter with the marks and the invisible characters after it.</summary>
    private static int Cluster(string text, int at)
    {
        var end = at + Width(text, at);
        while (end < text.Length && Continues(text, end))
        {
            end += Width(text, end);
        }
        return end - at;
    }

    private static bool Continues(string text, int at) =>
        CharUnicodeInfo.GetUnicodeCategory(text, at)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.Format;

    private static int Width(string text, int at) => char.IsSurrogatePair(text, at) ? 2 : 1;

    private static bool MayInclude(char character, StringBuilder before) =>
        (character is '.' or '-' or '/' or '(' || Dots.Contains(character, StringComparison.Ordinal))
        && before.Length > 1
        && char.IsLetter(before[^1])
        && char.IsLetter(before[^2]);

    private static string LastWord(StringBuilder text)
    {
        var start = text.Length;
        while (start > 0 && char.IsLetter(text[start - 1]))
        {
            start--;
        }
        return text.ToString(start, text.Length - start);
    }

    /// <summary>"actrice" for "acteur" and "rice", "élue" for "élu" and "e".</summary>
    private static string Feminine(string masculine, Match ending)
    {
        var feminine = ending.Groups["f"].Value.ToLowerInvariant();
        var (end, word) = (feminine.Length > 1 ? feminine.TrimEnd('s') : feminine, masculine.TrimEnd('s'));
        var replaced = end switch
        {
            "rice" or "euse" or "eresse" when word.EndsWith("eur", StringComparison.Ordinal) => 3,
            "trice" when word.EndsWith("teur", StringComparison.Ordinal) => 4,
            "ère" when word.EndsWith("er", StringComparison.Ordinal) => 2,
            "ière" when word.EndsWith("ier", StringComparison.Ordinal) => 3,
            "ienne" when word.EndsWith("ien", StringComparison.Ordinal) => 3,
            "ive" or "enne" or "elle" or "ale" when word.Length > 2 => 2,
            "ve" or "se" when word.Length > 1 && word[^1] is 'f' or 'x' => 1,
            _ => 0,
        };
        return word[..^replaced] + end;
    }

    // A middle dot stands in no other French word. Of the other signs only the endings of the language are taken for it: "www.ville.fr", "y
    // a-t-il".
    [GeneratedRegex(
        $@"\G(?:[{Dots}](?<f>\p{{L}}{{1,5}}|trices|i?ennes|eresses?)(?:[{Dots}.-][sx])?"
            + @"|\.(?<f>n?es?|[fltv]es?|t?rices?|euses?|i?ères?|i?ennes?|ives?)(?:\.[sx])?"
            + @"|[-/](?<f>n?es?|t?rices?|euses?|i?ères?|i?ennes?|ives?)(?:[-/][sx])?"
            + @"|\((?<f>n?es?|[fltv]es?|t?rices?|euses?|[sx])\)(?:[sx]|\([sx]\))?)(?![\p{L}\p{N}./(-])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Inclusive();
}

/// <summary>A text as it is compared, and where its letters were.</summary>
/// <param name="text">As <see cref="Letters.Plain"/> gives it.</param>
/// <param name="origins">Of each letter, and of the end.</param>
/// <param name="inclusive">The last letters of words that were written for women and men, and the words for women.</param>
public sealed class PlainText(string text, int[] origins, IReadOnlyList<(int At, string Feminine)> inclusive)
{
    public string Text => text;

    /// <summary>
    /// Where the letter at a place of <see cref="Text"/> was in the text that was read, in UTF-16 code units; also of its end.
    /// </summary>
    public int Origin(int at) => origins[at];

    /// <summary>"actrice" for the word that ends before a place, where "acteur·rice" was written; else null.</summary>
    public string? FeminineBefore(int end) => inclusive.FirstOrDefault(word => word.At == end - 1).Feminine;
}
