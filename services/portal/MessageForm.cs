using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique.Portal;

/// <summary>
/// What a person typed for a contract message, and what is wrong with it. The fields of the page are named by the JSON paths of
/// the contract ("title", "figures[0].unit"), which are also those of the services' refusals; what was typed is kept as typed,
/// so that a page shown again after a refusal, a conflict or a failure loses nothing.
/// </summary>
public sealed partial class MessageForm
{
    // Two digits in the names of the page's fields.
    private const int MostRows = 100;

    private readonly Dictionary<string, List<string>> _values = [];
    private readonly List<(string Path, string Message)> _errors = [];

    public IReadOnlyList<(string Path, string Message)> Errors => _errors;

    public static MessageForm Of(IMessage message)
    {
        var form = new MessageForm();
        form.Write(message, "");
        return form;
    }

    /// <summary>Takes the posted fields; names that begin with "_" are the page's own.</summary>
    public static MessageForm Of(IFormCollection posted)
    {
        var form = new MessageForm();
        foreach (var (path, values) in posted.Where(field => !field.Key.StartsWith('_')))
        {
            form._values[path] = [.. values.Select(Clean)];
        }

        return form;
    }

    public IEnumerable<string> Paths => _values.Keys;

    public string Value(string path) => Values(path) is [var first, ..] ? first : "";

    public IReadOnlyList<string> Values(string path) => _values.GetValueOrDefault(path) ?? [];

    public void Set(string path, string value) => _values[path] = [value];

    /// <summary>What is wrong with the field, or with one value of a list: "themes[3]" counts for "themes".</summary>
    public string? Error(string path) => _errors.FirstOrDefault(error => error.Path == path
        || (error.Path.EndsWith(']') && error.Path[..error.Path.LastIndexOf('[')] == path)).Message;

    public void Refuse(string path, string message) => _errors.Add((path, message));

    /// <summary>The number of rows of a repeated message.</summary>
    public int Rows(string path) => _values.Keys.Select(key => RowOf(key, path)).Max() + 1 ?? 0;

    /// <summary>Adds an empty row to a repeated message.</summary>
    public void AddRow(string path) => _values[$"{path}[{Math.Min(Rows(path), MostRows - 1)}]."] = [];

    /// <summary>Adds an empty value to a list of words.</summary>
    public void AddValue(string path) => _values[path] = [.. Values(path).Take(MostRows - 1), ""];

    public void RemoveRow(string path, int row)
    {
        foreach (var key in _values.Keys.Where(key => RowOf(key, path) >= row).OrderBy(key => RowOf(key, path)).ToList())
        {
            var values = _values[key];
            _values.Remove(key);
            if (RowOf(key, path) is { } index && index > row)
            {
                _values[$"{path}[{index - 1}]{key[(key.IndexOf(']', path.Length) + 1)..]}"] = values;
            }
        }
    }

    /// <summary>Reads the message. A value that cannot be read leaves an error at its path. Rows without any word are dropped first.</summary>
    public T Read<T>()
        where T : IMessage<T>, new()
    {
        var message = new T();
        DropBlankRows(message.Descriptor, "");
        Read(message, "");
        return message;
    }

    /// <summary>True when the message says what was typed: it is already saved.</summary>
    /// <param name="message">What a service has stored.</param>
    /// <param name="filled">Fields that the service fills when they are left empty.</param>
    public bool IsSaidBy(IMessage message, params string[] filled) =>
        Differences(Of(message)).All(path => filled.Contains(path) && !Words(Values(path)).Any());

    /// <summary>The paths at which two forms do not say the same, among the fields of this page and the rows of its lists.</summary>
    public IReadOnlyList<string> Differences(MessageForm other)
    {
        var lists = _values.Keys.Select(ListOf).OfType<string>().ToHashSet();
        return
        [
            .. _values.Keys.Concat(other._values.Keys.Where(key => ListOf(key) is { } list && lists.Contains(list)))
                .Distinct()
                .Where(path => !Words(Values(path)).Order().SequenceEqual(Words(other.Values(path)).Order())),
        ];
    }

    private static string? ListOf(string key) => Row().Match(key) is { Success: true } match ? match.Groups["list"].Value : null;

    private static IEnumerable<string> Words(IEnumerable<string> values) => values.Where(value => value.Length > 0);

    private static string Clean(string? value) => (value ?? "").Normalize().ReplaceLineEndings("\n").Trim();

    private static int? RowOf(string key, string path) =>
        Row().Match(key) is { Success: true } match && match.Groups["list"].Value == path
            ? int.Parse(match.Groups["row"].Value, CultureInfo.InvariantCulture)
            : null;

    [GeneratedRegex(@"^(?<list>[^\[]+)\[(?<row>\d{1,2})\]")]
    private static partial Regex Row();

    private void DropBlankRows(MessageDescriptor type, string at)
    {
        foreach (var field in type.Fields.InDeclarationOrder().Where(field => field is { IsRepeated: true, FieldType: FieldType.Message }))
        {
            var path = at + field.JsonName;
            for (var row = Rows(path) - 1; row >= 0; row--)
            {
                if (_values.Where(value => RowOf(value.Key, path) == row).All(value => !Words(value.Value).Any()))
                {
                    RemoveRow(path, row);
                }
            }
        }
    }

    private void Read(IMessage message, string at)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var path = at + field.JsonName;
            if (field.IsRepeated)
            {
                ReadList((System.Collections.IList)field.Accessor.GetValue(message), field, path);
            }
            else if (field.FieldType == FieldType.Message)
            {
                if (_values.Any(value => value.Key.StartsWith(path + ".", StringComparison.Ordinal) && Words(value.Value).Any()))
                {
                    var part = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                    Read(part, path + ".");
                    field.Accessor.SetValue(message, part);
                }
            }
            else if (Words(Values(path)).FirstOrDefault() is { } typed && ReadOne(field, path, typed) is { } value)
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }

    private void ReadList(System.Collections.IList list, FieldDescriptor field, string path)
    {
        if (field.FieldType == FieldType.Message)
        {
            for (var row = 0; row < Rows(path); row++)
            {
                var part = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Read(part, $"{path}[{row}].");
                list.Add(part);
            }

            return;
        }

        foreach (var typed in Words(Values(path)))
        {
            if (ReadOne(field, path, typed) is { } value)
            {
                list.Add(value);
            }
        }
    }

    private object? ReadOne(FieldDescriptor field, string path, string typed)
    {
        switch (field.FieldType)
        {
            case FieldType.String:
                return typed;
            case FieldType.Bool:
                return typed == "true";
            case FieldType.Int32 when int.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var whole):
                return whole;
            case FieldType.Double when double.TryParse(Plain(typed), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number):
                return number;
            case FieldType.Int32 or FieldType.Double:
                Refuse(path, "Écrivez un nombre en chiffres, par exemple 12 ou 1 250,5.");
                return null;
            default:
                return null;
        }
    }

    private static string Plain(string number) => string.Concat(number.Where(c => !char.IsWhiteSpace(c))).Replace(',', '.');

    private void Write(IMessage message, string at)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType != FieldType.Enum))
        {
            var path = at + field.JsonName;
            var value = field.Accessor.GetValue(message);
            switch (value)
            {
                case System.Collections.IList list when field.FieldType == FieldType.Message:
                    for (var row = 0; row < list.Count; row++)
                    {
                        Write((IMessage)list[row]!, $"{path}[{row}].");
                    }

                    break;
                case System.Collections.IList list:
                    _values[path] = [.. list.Cast<object>().Select(Typed)];
                    break;
                case IMessage part:
                    Write(part, path + ".");
                    break;
                case not null when !field.HasPresence || field.Accessor.HasValue(message):
                    _values[path] = [Typed(value)];
                    break;
            }
        }
    }

    private static string Typed(object value) => value switch
    {
        bool yes => yes ? "true" : "",
        double number => number.ToString("0.##########", CultureInfo.GetCultureInfo("fr-FR")),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Clean(value.ToString()),
    };
}
