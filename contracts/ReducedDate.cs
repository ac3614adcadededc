using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabrique;

/// <summary>
/// A date with the precision it is known with: "1984", "2014-10" or "2014-10-07" (ISO 8601 reduced precision). "1984" is not the first of
/// January, and is never completed. As text it sorts by time.
/// </summary>
public static partial class ReducedDate
{
    /// <summary>Whether the text is such a date, and the day or month exists.</summary>
    public static bool IsValid(string text) =>
        Shape().IsMatch(text)
        && DateOnly.TryParseExact(
            text.Length switch
            {
                4 => $"{text}-01-01",
                7 => $"{text}-01",
                _ => text,
            },
            "yyyy-MM-dd",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out _
        );

    [GeneratedRegex(@"^[12]\d{3}(-\d{2}(-\d{2})?)?\z")]
    private static partial Regex Shape();
}
