using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabrique.Site.Forms;

/// <summary>How a field is asked for.</summary>
public enum FieldKind
{
    Line,
    Text,
    Date,

    /// <summary>A date that is a whole day, chosen on a calendar.</summary>
    Day,
    Number,

    /// <summary>One of a list that opens.</summary>
    Choice,

    /// <summary>One of a few that are all seen.</summary>
    OneOf,
    Choices,
    Tick,
}

/// <summary>A field of a form: its words for people, and how it is asked.</summary>
/// <param name="Label">What it is called.</param>
/// <param name="Help">What stands below, before anything is wrong.</param>
/// <param name="Kind">How it is asked.</param>
/// <param name="Codes">What can be chosen.</param>
/// <param name="Need">Whether it is needed, in words; see <c>Need</c>.</param>
/// <param name="MaxLength">How many characters a browser lets one type; null where only the service counts.</param>
/// <param name="Autocomplete">What a browser may fill in: "name", "organization-title"…</param>
public sealed record FieldText(
    string Label,
    string Help = "",
    FieldKind Kind = FieldKind.Line,
    Vocabulary? Codes = null,
    string Need = "",
    int? MaxLength = null,
    string Autocomplete = "off"
);

/// <summary>What a form calls the fields of its message.</summary>
/// <param name="words">The words by the JSON path of the contract without row numbers, in the language of the page; made once for each
/// language.</param>
public sealed partial class FormFields(Func<Dictionary<string, FieldText>> words)
{
    private static readonly string[] DateParts = ["year", "month", "day"];

    private readonly ConcurrentDictionary<Language, Dictionary<string, FieldText>> _written = [];

    /// <summary>How to write a date.</summary>
    public static string Dates => T["Une année, un mois ou un jour : 2014, octobre 2014, 07/10/2014."];

    /// <summary>The words of the field at a path, or null when the form does not ask for it.</summary>
    public FieldText? Find(string path) => _written.GetOrAdd(Language.Current, _ => words()).GetValueOrDefault(Index().Replace(path, ""));

    /// <summary>How to call the field where its surroundings are not seen: "Chiffres, ligne 2 : Unité".</summary>
    public string Name(string path)
    {
        var label = Find(path)?.Label ?? path;
        if (Index().Match(path) is not { Success: true } row)
        {
            return label;
        }

        var (list, line) = (Find(path[..row.Index])?.Label, int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture) + 1);
        return path.EndsWith(']') ? T["{0}, ligne {1}", list, line] : T["{0}, ligne {1} : {2}", list, line, label];
    }

    /// <summary>The words for a source, which are the same wherever one is cited.</summary>
    public static Dictionary<string, FieldText> OfSources() =>
        new()
        {
            ["sources.title"] = new(T["Titre"], T["Rapport, délibération, article, page…"]),
            ["sources.author"] = new(T["Auteur"], T["Un organisme plutôt qu’une personne."]),
            ["sources.date"] = new(T["Date"], "", FieldKind.Date),
            ["sources.url"] = new(T["Adresse de la page"], T["Elle commence par https://"]),
            ["sources.licence"] = new(T["Licence de la source"], "", FieldKind.Choice, Vocabulary.Licence),
        };

    /// <summary>What was typed, with the labels of codes.</summary>
    /// <param name="path">Of the field.</param>
    /// <param name="values">What was typed.</param>
    /// <param name="labels">What codes that are in no vocabulary stand for.</param>
    public string Shown(string path, IEnumerable<string> values, IReadOnlyDictionary<string, string>? labels = null) =>
        string.Join(
            ", ",
            values
                .Where(value => value.Length > 0)
                .Select(value =>
                    Find(path) switch
                    {
                        { Codes: { } codes } => codes.Label(value),
                        { Kind: FieldKind.Date } => Show.Date(value),
                        { Kind: FieldKind.Choice } => labels?.GetValueOrDefault(value) ?? value,
                        _ => value,
                    }
                )
        );

    /// <summary>Dates are typed as people write them and kept as the contract wants them.</summary>
    public void ReadDates(MessageForm form)
    {
        foreach (var path in form.Paths.Where(path => Find(path)?.Kind == FieldKind.Date).ToList())
        {
            if (Date(form.Value(path)) is { } date)
            {
                form.Set(path, date);
            }
        }
    }

    /// <summary>Dates that nobody can read are said before anything is sent.</summary>
    public void RefuseDates(MessageForm form)
    {
        foreach (
            var path in form.Paths.Where(path =>
                Find(path)?.Kind == FieldKind.Date && form.Value(path) is { Length: > 0 } date && !ReducedDate.IsValid(date)
            )
        )
        {
            form.Refuse(path, T["« {0} » n’est pas une date que nous savons lire. {1}", form.Value(path), Dates]);
        }
    }

    /// <summary>
    /// "octobre 2014" or "10/2014" as "2014-10", "1er mai 2015" or "1/5/2015" as "2015-05-01"; null for what is no such date.
    /// </summary>
    public static string? Date(string typed)
    {
        // Copied from a page, the spaces may be those that do not break.
        typed = string.Join(' ', typed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var parts = FrenchDate().Match(typed) is { Success: true } figures ? figures : WrittenDate().Match(typed);
        var month = parts.Groups["name"] is { Success: true } name ? Month(name.Value) : parts.Groups["month"].Value;
        return !parts.Success || month is null
            ? null
            : string.Join(
                '-',
                DateParts
                    .Select(part => part == "month" ? month : parts.Groups[part].Value)
                    .Where(part => part.Length > 0)
                    .Select(part => part.PadLeft(2, '0'))
            );
    }

    /// <summary>"2014-10-07" as people write it: "07/10/2014".</summary>
    public static string TypedDate(string date) => IsoDate().IsMatch(date) ? string.Join('/', date.Split('-').Reverse()) : date;

    /// <summary>The identifier of the field in the page.</summary>
    public static string Id(string path) => "champ-" + path.Replace('[', '-').Replace("]", "", StringComparison.Ordinal).Replace('.', '-');

    /// <summary>The number of the one month that begins so, in French or English; null for none or several.</summary>
    private static string? Month(string name)
    {
        var compare = CultureInfo.InvariantCulture.CompareInfo;
        var found = Language
            .All.SelectMany(language => language.Culture.DateTimeFormat.MonthNames.Take(12).Index())
            .Where(month => compare.IsPrefix(month.Item, name, CompareOptions.IgnoreCase | CompareOptions.IgnoreNonSpace))
            .Select(month => month.Index + 1)
            .Distinct()
            .ToList();
        return found is [var month] ? month.ToString(CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex(@"\[(\d+)\]")]
    private static partial Regex Index();

    [GeneratedRegex(@"^(?:(?:(?<day>\d{1,2})/)?(?<month>\d{1,2})/)?(?<year>\d{4})$")]
    private static partial Regex FrenchDate();

    [GeneratedRegex(@"^(?:(?<day>\d{1,2})(?:er|st|nd|rd|th)? )?(?<name>\p{L}{3,})\.? (?<year>\d{4})$", RegexOptions.IgnoreCase)]
    private static partial Regex WrittenDate();

    [GeneratedRegex(@"^\d{4}(-\d{2}){1,2}$")]
    private static partial Regex IsoDate();
}
