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
        var letters = new StringBuilder();
        foreach (var character in Letters.Plain(text).Normalize(NormalizationForm.FormKD))
        {
            _ = character switch
            {
                'œ' => letters.Append("oe"),
                'æ' => letters.Append("ae"),
                'ß' => letters.Append("ss"),
                'ø' => letters.Append('o'),
                'ł' => letters.Append('l'),
                _ when char.IsLetterOrDigit(character) => letters.Append(character),
                _ when char.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark => letters,
                _ => letters.Append(' '),
            };
        }

        return letters.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>What the spellings of one name have in common: <see cref="LegalForms.Key"/> of its words.</summary>
    public static string Key(string text) => LegalForms.Key([.. Words(text).Select(Spell)]);

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
