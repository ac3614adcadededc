using System.Text.RegularExpressions;

namespace Fabrique.Site.Forms;

/// <summary>Numbers as people write them, and as pages show them.</summary>
public static partial class TypedNumber
{
    /// <summary>
    /// "1 250,5", "−3" or, on an English page, "1,250.5" as programs write them: "1250.5", "-3". What is no number stays none.
    /// </summary>
    public static string Plain(string typed)
    {
        // Any space parts thousands; any dash before the figures takes away.
        var number = Dash().Replace(string.Concat(typed.Where(letter => !char.IsWhiteSpace(letter))), "-");
        var (comma, point) = (number.LastIndexOf(','), number.LastIndexOf('.'));
        if (comma >= 0 && point >= 0)
        {
            // The last one begins the decimals.
            var (thousands, decimals) = comma > point ? ('.', ',') : (',', '.');
            return Thousands(number, thousands) ? Without(number, thousands).Replace(decimals, '.') : typed;
        }
        if (comma < 0)
        {
            return number.Count(letter => letter == '.') > 1 && Thousands(number, '.') ? Without(number, '.') : number;
        }
        var groups = number.Count(letter => letter == ',') > 1 || Language.Current.Culture.NumberFormat.NumberDecimalSeparator == ".";
        return groups && Thousands(number, ',') ? Without(number, ',') : number.Replace(',', '.');
    }

    private static bool Thousands(string number, char separator) =>
        number.TrimStart('+', '-').Split(separator) is [{ Length: >= 1 and <= 3 }, .. var groups]
        && groups.All(group => group.Split(',', '.')[0].Length == 3);

    private static string Without(string number, char separator) => number.Replace($"{separator}", "", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[\u2010-\u2015\u2212\uFE63\uFF0D]")]
    private static partial Regex Dash();
}
