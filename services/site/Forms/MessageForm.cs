using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf;

namespace Fabrique.Site.Forms;

/// <summary>
/// What a person typed for a contract message, and what is wrong with it. The fields of the page are named by the JSON paths of
/// the contract ("title", "figures[0].unit"), which are also those of the services' refusals; what was typed is kept as typed,
/// so that a page shown again after a refusal, a conflict or a failure loses nothing.
/// </summary>
/// <param name="fields">What the page calls the fields of the message.</param>
public sealed partial class MessageForm(FormFields fields)
{
    // Two digits in the names of the page's fields.
    private const int MostRows = 100;

    private readonly Dictionary<string, List<string>> _values = [];
    private readonly List<(string Path, string Message)> _errors = [];

    public IReadOnlyList<(string Path, string Message)> Errors => _errors;

    public FormFields Fields { get; } = fields;

    /// <summary>Takes the posted fields, dates as people write them; names that begin with "_" are the page's own.</summary>
    public static MessageForm Of(IFormCollection posted, FormFields fields)
    {
        var form = new MessageForm(fields);
        foreach (var (path, values) in posted.Where(field => !field.Key.StartsWith('_')))
        {
            form._values[path] = [.. values.Select(Clean)];
        }

        fields.ReadDates(form);
        return form;
    }

    public IEnumerable<string> Paths => _values.Keys;

    public string Value(string path) => Values(path) is [var first, ..] ? first : "";

    public IReadOnlyList<string> Values(string path) => _values.GetValueOrDefault(path) ?? [];

    public void Set(string path, string value) => _values[path] = [value];

    /// <summary>What is wrong with the field, or with one value of a list: "themes[3]" counts for "themes".</summary>
    public string? Error(string path) =>
        _errors
            .FirstOrDefault(error => error.Path == path || (error.Path.EndsWith(']') && error.Path[..error.Path.LastIndexOf('[')] == path))
            .Message;

    public void Refuse(string path, string message) => _errors.Add((path, message));

    /// <summary>The number of rows of a repeated message.</summary>
    public int Rows(string path) => _values.Keys.Select(key => RowOf(key, path)).Max() + 1 ?? 0;

    /// <summary>Adds an empty row to a repeated message.</summary>
    public void AddRow(string path) => _values[$"{path}[{Math.Min(Rows(path), MostRows - 1)}]."] = [];

    /// <summary>Adds an empty value to a list of words.</summary>
    public void AddValue(string path) => _values[path] = [.. Values(path).Take(MostRows - 1), ""];

    /// <summary>The row changes places with the one before it.</summary>
    public void MoveUp(string path, int row)
    {
        if (row == 0)
        {
            return;
        }

        var both = _values.Where(value => RowOf(value.Key, path) is { } at && (at == row || at == row - 1)).ToList();
        both.ForEach(value => _values.Remove(value.Key));
        both.ForEach(value => _values[$"{path}[{(RowOf(value.Key, path) == row ? row - 1 : row)}]{Rest(value.Key, path)}"] = value.Value);
    }

    public void RemoveRow(string path, int row)
    {
        foreach (var key in _values.Keys.Where(key => RowOf(key, path) >= row).OrderBy(key => RowOf(key, path)).ToList())
        {
            var values = _values[key];
            _values.Remove(key);
            if (RowOf(key, path) is { } index && index > row)
            {
                _values[$"{path}[{index - 1}]{Rest(key, path)}"] = values;
            }
        }
    }

    /// <summary>True when the message says what was typed: it is already saved.</summary>
    /// <param name="message">What a service has stored.</param>
    /// <param name="filled">Fields that the service fills when they are left empty.</param>
    public bool IsSaidBy(IMessage message, params string[] filled) =>
        Differences(Of(message, Fields)).All(path => filled.Contains(path) && !Words(Values(path)).Any());

    /// <summary>The paths at which two forms do not say the same, among the fields of this page and the rows of its lists.</summary>
    public IReadOnlyList<string> Differences(MessageForm other)
    {
        var lists = _values.Keys.Select(ListOf).OfType<string>().ToHashSet();
        return
        [
            .. _values
                .Keys.Concat(other._values.Keys.Where(key => ListOf(key) is { } list && lists.Contains(list)))
                .Distinct()
                .Where(path => !Words(Values(path)).Order().SequenceEqual(Words(other.Values(path)).Order())),
        ];
    }

    private static string? ListOf(string key) => Row().Match(key) is { Success: true } match ? match.Groups["list"].Value : null;

    private static IEnumerable<string> Words(IEnumerable<string> values) => values.Where(value => value.Length > 0);

    private static string Clean(string? value) => Texts.Tidy(value ?? "");

    // Of a list, which may be in a row of another: "indicators[0].values".
    private static int? RowOf(string key, string path) =>
        key.StartsWith(path + "[", StringComparison.Ordinal)
        && key.IndexOf(']', path.Length) is > 0 and var end
        && int.TryParse(key.AsSpan(path.Length + 1, end - path.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var row)
        && row < MostRows
            ? row
            : null;

    // What follows the number of the row: ".title".
    private static string Rest(string key, string path) => key[(key.IndexOf(']', path.Length) + 1)..];

    [GeneratedRegex(@"^(?<list>[^\[]+)\[(?<row>\d{1,2})\]")]
    private static partial Regex Row();
}
