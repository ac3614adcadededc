using System.Globalization;
using System.Text;
using Fabrique.Territories.V1;

namespace Fabrique.Portal.Common;

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
    public static string Segment(string code, string name) =>
        Uri.EscapeDataString(Slug(name) is { Length: > 0 } slug ? $"{code}-{slug}" : code);

    /// <summary>The code in the last part of an address: no code has a hyphen.</summary>
    public static string Code(string segment) => segment.Split('-')[0];

    /// <summary>Sends whoever came by another name, or by the code of a former commune, to the right address.</summary>
    /// <param name="http">The request for the page.</param>
    /// <param name="territory">The territory that the code led to.</param>
    /// <param name="segment">How it was called in the address.</param>
    /// <param name="rest">What follows it there.</param>
    public static void Mend(HttpContext http, Territory territory, string segment, string rest = "")
    {
        if (segment != Uri.UnescapeDataString(Segment(territory.Id, territory.Name)))
        {
            // For a day only: names change, and an address that was wrong can become the right one.
            http.Response.Headers.CacheControl = "public, max-age=86400";
            http.Response.Redirect(Of(territory) + rest, permanent: true);
        }
    }

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
