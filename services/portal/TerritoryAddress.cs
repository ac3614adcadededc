using System.Globalization;
using System.Text;
using Fabrique.Territories.V1;

namespace Fabrique.Portal;

/// <summary>
/// The address of a territory's page: its code, which never changes, then its name for people: /territoires/62528-loos-en-gohelle. Only the
/// code counts; an address with another name, or with the code of a former commune, leads to the right one.
/// </summary>
public static class TerritoryAddress
{
    public static string Of(Territory territory) => Of(territory.Id, territory.Name);

    /// <summary>In the language of the page that leads there.</summary>
    public static string Of(string code, string name) => To($"/territoires/{Segment(code, name)}");

    /// <summary>The last part of the address.</summary>
    public static string Segment(string code, string name) => Uri.EscapeDataString(Slug(name) is { Length: > 0 } slug ? $"{code}-{slug}" : code);

    /// <summary>The code in the last part of an address: no code has a hyphen.</summary>
    public static string Code(string segment) => segment.Split('-')[0];

    private static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var character in name.Replace("œ", "oe", StringComparison.OrdinalIgnoreCase).Normalize(NormalizationForm.FormKD))
        {
            if (char.IsAsciiLetterOrDigit(character))
            {
                slug.Append(char.ToLowerInvariant(character));
            }
            else if (char.GetUnicodeCategory(character) is not UnicodeCategory.NonSpacingMark && slug.Length > 0 && slug[^1] is not '-')
            {
                slug.Append('-');
            }
        }

        return slug.ToString().TrimEnd('-');
    }
}
