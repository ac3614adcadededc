using System.Globalization;
using System.Text;

namespace Fabrique.Territories;

/// <summary>How names of places are compared, whatever their spelling.</summary>
internal static class Names
{
    /// <summary>
    /// The form in which names are compared: words of lower-case letters and digits without accents, "œ" as "oe", "st" as "saint".
    /// </summary>
    public static string Fold(string text) => string.Join(' ', Words(text).Select(Spell));

    /// <summary>The words of a text, in lower-case letters and digits without accents; none in a text without any.</summary>
    public static string[] Words(string text)
    {
        // What would not normalise is in no French name: halves of surrogate pairs and U+FFFE, which is no character.
        var letters = new StringBuilder();
        var normal = string.Concat(
            text.Where(character =>
                char.GetUnicodeCategory(character) is not (UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned)
            )
        );
        foreach (var character in normal.Normalize(NormalizationForm.FormKD))
        {
            _ = char.ToLowerInvariant(character) switch
            {
                'œ' => letters.Append("oe"),
                'æ' => letters.Append("ae"),
                var lower when char.IsLetterOrDigit(lower) => letters.Append(lower),
                var mark when char.GetUnicodeCategory(mark) is UnicodeCategory.NonSpacingMark => letters,
                _ => letters.Append(' '),
            };
        }

        return letters.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The word as it is written out: "st" is "saint".</summary>
    public static string Spell(string word) =>
        word switch
        {
            "st" => "saint",
            "ste" => "sainte",
            "sts" => "saints",
            "stes" => "saintes",
            _ => word,
        };
}
