using System.Globalization;
using System.Text.RegularExpressions;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fabrique.Site;

/// <summary>How dates, quantities and places are written for people, in the language of the page.</summary>
public static partial class Show
{
    // A machine without the table of time zones still shows its pages; a day may then begin an hour or two late.
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Paris", out var paris)
        ? paris
        : TimeZoneInfo.Utc;

    private static CultureInfo Culture => Language.Current.Culture;

    /// <summary>The <c>lang</c> of what an author wrote: null where it is the language of the page, in which all the rest is.</summary>
    /// <param name="language">The language of the text; empty means French.</param>
    public static string? Lang(string language) =>
        Language.Find(language.Length > 0 ? language : Language.French.Code) == Language.Current ? null
        : language.Length > 0 ? language
        : Language.French.Code;

    /// <summary>What an author wrote, as it is set in its language.</summary>
    /// <param name="text">As it is kept.</param>
    /// <param name="language">Of the text; empty means French.</param>
    public static string Set(string text, string language) =>
        language.Length == 0 || Language.Find(language) == Language.French ? Language.SetFrench(text) : text;

    /// <summary>
    /// A date with the precision it came with: "1984", "octobre 2014", "7 octobre 2014". Anything else is shown as it is.
    /// </summary>
    public static string Date(string date)
    {
        if (DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return Day(day);
        }

        return DateOnly.TryParseExact(date, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)
            ? month.ToString("MMMM yyyy", Culture)
            : date;
    }

    /// <summary>A point in time, as the day it was in Paris.</summary>
    public static string Date(Timestamp moment) =>
        Day(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment.ToDateTimeOffset(), Paris).Date));

    public static string Moment(DateTimeOffset moment) =>
        TimeZoneInfo.ConvertTime(moment, Paris) is var there
            ? T["{0} à {1}", Day(DateOnly.FromDateTime(there.Date)), there.ToString(T["H 'h' mm"], Culture)]
            : "";

    /// <summary>"1999/2009" becomes "de 1999 à 2009".</summary>
    public static string Period(string period) =>
        period.Split('/') switch
        {
            [var start, var end] when Iso().IsMatch(start) && (end.Length == 0 || Iso().IsMatch(end)) => Span(start, end),
            _ => Date(period),
        };

    /// <summary>Whether the period is what somebody wrote, to be shown as it is.</summary>
    public static bool IsWords(string period) => period.Length > 0 && !period.Split('/').All(end => end.Length == 0 || Iso().IsMatch(end));

    /// <summary>
    /// "du 7 octobre 2014 au 1er mai 2015", "d’octobre 2014 à 2016", "depuis le 29 mars 1999", "jusqu’en 2012"; either end may be empty.
    /// </summary>
    public static string Span(string start, string end) =>
        (start, end) switch
        {
            ("", "") => "",
            (_, "") => IsDay(start) ? T["depuis le {0}", Date(start)] : T["depuis {0}", Date(start)],
            ("", _) => IsDay(end) ? T["jusqu’au {0}", Date(end)] : T["jusqu’en {0}", Date(end)],
            _ => (IsDay(start), Date(start)[0] is 'a' or 'o', IsDay(end)) switch
            {
                (true, _, true) => T["du {0} au {1}", Date(start), Date(end)],
                (true, _, false) => T["du {0} à {1}", Date(start), Date(end)],
                (false, true, true) => T["d’{0} au {1}", Date(start), Date(end)],
                (false, true, false) => T["d’{0} à {1}", Date(start), Date(end)],
                (false, false, true) => T["de {0} au {1}", Date(start), Date(end)],
                (false, false, false) => T["de {0} à {1}", Date(start), Date(end)],
            },
        };

    /// <summary>Whether a date is past. It keeps its precision: a month is over when the next one has begun.</summary>
    public static bool IsPast(string date, DateTimeOffset now) =>
        date.Length > 0 && string.CompareOrdinal($"{now:yyyy-MM-dd}"[..Math.Min(date.Length, "yyyy-MM-dd".Length)], date) > 0;

    private static bool IsDay(string date) => date.Length == "2014-10-07".Length;

    public static string Number(double number) => number.ToString("#,0.####;−#,0.####", Culture);

    /// <summary>"plus de 350 emplois": the qualifier, the quantity and its unit.</summary>
    public static string Quantity(Figure figure)
    {
        var qualifier = figure.Qualifier is "" or "EXACT" ? "" : Vocabulary.Qualifier.Label(figure.Qualifier) + " ";
        return qualifier + (figure.HasValue ? Number(figure.Value) : figure.Text);
    }

    public static string Value(IndicatorValue value, string unit) =>
        value.HasValue ? $"{Number(value.Value)} {unit}".TrimEnd() : value.Text;

    /// <summary>Names are not unique in France: the département goes with every name.</summary>
    public static string Where(Place? place, string territory) =>
        place is { Name.Length: > 0 } ? WithCode(place.Name, place.Department) : T["territoire {0}", territory];

    public static string Where(Territory territory) =>
        territory.Kind is "DEP" or "REG" ? territory.Name : WithCode(territory.Name, territory.Department?.Code ?? "");

    public static string WithCode(string name, string code) => code.Length > 0 ? $"{name} ({code})" : name;

    public static string Capital(string text) => text.Length == 0 ? text : char.ToUpper(text[0], Culture) + text[1..];

    private static string Day(DateOnly day) => day.ToString(day.Day == 1 ? T["d'er' MMMM yyyy"] : T["d MMMM yyyy"], Culture);

    [GeneratedRegex(@"^\d{4}(-\d{2}){0,2}$")]
    private static partial Regex Iso();
}
