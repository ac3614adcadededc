using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Fabrique.Portal.Memberships;

/// <summary>The day on which a mandate ends, as people write it and as rights keep it.</summary>
internal static class MandateEnd
{
    // Late in the evening of that day in Paris, summer and winter.
    private static readonly TimeOnly LastHour = new(21, 59, 59);

    /// <summary>The end of the day that was typed, as "22/03/2032" or as a browser sends a date; null for what is no day.</summary>
    public static Timestamp? Of(string typed) =>
        DateOnly.TryParseExact(
            FormFields.Date(typed.Trim()) ?? typed.Trim(),
            "yyyy-MM-dd",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var day
        )
            ? new DateTimeOffset(day, LastHour, TimeSpan.Zero).ToTimestamp()
            : null;

    /// <summary>For a field of a form: "2032-03-22"; empty when nothing ends it.</summary>
    public static string Typed(Timestamp? until) => until?.ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";
}
