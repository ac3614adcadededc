using System.Globalization;
using System.Text.RegularExpressions;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fabrique.Portal;

/// <summary>How dates, quantities and places are written for people. French only until the English pages come.</summary>
public static partial class Show
{
    private static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    /// <summary>A date with the precision it came with: "1984", "octobre 2014", "7 octobre 2014". Anything else is shown as it is.</summary>
    public static string Date(string date)
    {
        if (DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return Day(day);
        }

        return DateOnly.TryParseExact(date, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)
            ? month.ToString("MMMM yyyy", French)
            : date;
    }

    /// <summary>A point in time, as the day it was in Paris.</summary>
    public static string Date(Timestamp moment) => Day(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment.ToDateTimeOffset(), Paris).Date));

    public static string Moment(DateTimeOffset moment) =>
        $"{Day(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, Paris).Date))} à {TimeZoneInfo.ConvertTime(moment, Paris).ToString("H 'h' mm", French)}";

    /// <summary>"1999/2009" becomes "de 1999 à 2009".</summary>
    public static string Period(string period) => period.Split('/') switch
    {
        [var start, var end] when Iso().IsMatch(start) && (end.Length == 0 || Iso().IsMatch(end)) => Span(start, end),
        _ => Date(period),
    };

    /// <summary>"du 7 octobre 2014 au 1er mai 2015", "d’octobre 2014 à 2016", "depuis le 29 mars 1999", "jusqu’en 2012"; either end may be empty.</summary>
    public static string Span(string start, string end) => (start, end) switch
    {
        ("", "") => "",
        (_, "") => IsDay(start) ? $"depuis le {Date(start)}" : $"depuis {Date(start)}",
        ("", _) => IsDay(end) ? $"jusqu’au {Date(end)}" : $"jusqu’en {Date(end)}",
        _ => $"{From(Date(start), IsDay(start))} {(IsDay(end) ? "au" : "à")} {Date(end)}",
    };

    private static bool IsDay(string date) => date.Length == "2014-10-07".Length;

    private static string From(string date, bool isDay) => isDay ? $"du {date}" : date[0] is 'a' or 'o' ? $"d’{date}" : $"de {date}";

    public static string Number(double number) => number.ToString("#,0.####;−#,0.####", French);

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
        place is { Name.Length: > 0 } ? WithCode(place.Name, place.Department) : $"territoire {territory}";

    public static string Where(Territory territory) =>
        territory.Kind is "DEP" or "REG" ? territory.Name : WithCode(territory.Name, territory.Department?.Code ?? "");

    public static string WithCode(string name, string code) => code.Length > 0 ? $"{name} ({code})" : name;

    public static string Plural(int count, string one, string many) => $"{Number(count)} {(Math.Abs(count) < 2 ? one : many)}";

    public static string Capital(string text) => text.Length == 0 ? text : char.ToUpper(text[0], French) + text[1..];

    private static string Day(DateOnly day) => day.Day == 1 ? $"1er {day.ToString("MMMM yyyy", French)}" : day.ToString("d MMMM yyyy", French);

    [GeneratedRegex(@"^\d{4}(-\d{2}){0,2}$")]
    private static partial Regex Iso();
}
