using System.Linq.Dynamic.Core;
using System.Linq.Expressions;
using System.Text.Json;

namespace Fabrique;

/// <summary>
/// The translations of one language, in the format of gettext that translators' tools read: the French text (<c>msgid</c>), where it is
/// a label its vocabulary (<c>msgctxt</c>), and the text in the language (<c>msgstr</c>), with one form for each plural.
/// </summary>
public sealed class PoFile
{
    private readonly Dictionary<(string Context, string Text), IReadOnlyList<string>> _entries = [];
    private readonly Lazy<Func<long, object>> _plural;

    private PoFile() =>
        _plural = new(() =>
        {
            // "nplurals=2; plural=(n != 1);": the rule is an expression of C, which for these operators is one of C# too.
            var rule = Header("Plural-Forms").Split("plural=", 3)[^1].TrimEnd(';', ' ');
            var lambda = DynamicExpressionParser.ParseLambda([Expression.Parameter(typeof(long), "n")], typeof(object), rule);
            return (Func<long, object>)lambda.Compile();
        });

    /// <summary>Every text of the file, the header (an empty text) among them.</summary>
    public IEnumerable<KeyValuePair<(string Context, string Text), IReadOnlyList<string>>> Entries => _entries;

    /// <exception cref="FormatException">A line is none of the format's, or a text is there twice.</exception>
    public static PoFile Read(string file)
    {
        var po = new PoFile();
        var fields = new Dictionary<string, string>();
        var last = "";
        foreach (var line in file.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Append(""))
        {
            if (line.Length == 0)
            {
                po.Add(fields);
                fields.Clear();
            }
            else if (line[0] != '#')
            {
                var quote = line.IndexOf('"', StringComparison.Ordinal);
                last = quote > 0 ? line[..quote].Trim() : last;
                var text =
                    quote < 0
                        ? throw new FormatException($"Not a line of a .po file: {line}")
                        : JsonSerializer.Deserialize<string>(line[quote..]);
                fields[last] = fields.GetValueOrDefault(last) + text;
            }
        }
        return po;
    }

    /// <summary>The text in each of its forms; null where it has no translation.</summary>
    public IReadOnlyList<string>? Find(string text, string context = "") => _entries.GetValueOrDefault((context, text));

    /// <summary>Which form goes with the number.</summary>
    public int Form(long count) => Convert.ToInt32(_plural.Value(Math.Abs(count)), null);

    /// <summary>A line of the header, such as "Language"; empty when it is not there.</summary>
    public string Header(string name) =>
        _entries[("", "")]
            [0]
            .Split('\n')
            .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))
            ?[(name.Length + 1)..].Trim()
        ?? "";

    private void Add(Dictionary<string, string> fields)
    {
        if (!fields.TryGetValue("msgid", out var text))
        {
            return;
        }
        // An empty translation is one that is still to be made.
        var forms = fields
            .Where(field => field.Key.StartsWith("msgstr", StringComparison.Ordinal) && field.Value.Length > 0)
            .Select(field => field.Value)
            .ToList();
        if (forms.Count > 0 && !_entries.TryAdd((fields.GetValueOrDefault("msgctxt", ""), text), forms))
        {
            throw new FormatException($"Twice in the file: {text}");
        }
    }
}
