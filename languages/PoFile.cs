using System.Reflection;
using System.Text.Json;

namespace Fabrique;

/// <summary>
/// The translations of one language, in the format of gettext that translators' tools read: the French text (<c>msgid</c>), where it is
/// a label its vocabulary (<c>msgctxt</c>), and the text in the language (<c>msgstr</c>), with one form for each plural.
/// </summary>
public sealed class PoFile
{
    // The rules of the languages that we have, as gettext writes them.
    private static readonly Dictionary<string, Func<long, int>> Rules = new()
    {
        ["n != 1"] = count => count != 1 ? 1 : 0,
        ["n > 1"] = count => count > 1 ? 1 : 0,
    };

    private readonly Dictionary<(string Context, string Text), IReadOnlyList<string>> _entries = [];

    private PoFile() { }

    /// <summary>Every text of the file, the header (an empty text) among them.</summary>
    public IEnumerable<KeyValuePair<(string Context, string Text), IReadOnlyList<string>>> Entries => _entries;

    /// <summary>The texts of several files of one language, such as those that every area has beside it.</summary>
    /// <exception cref="FormatException">
    /// A line is none of the format's, a text is there twice, or the files are of different languages.
    /// </exception>
    public static PoFile Read(params IEnumerable<string> files)
    {
        var po = new PoFile();
        foreach (var file in files)
        {
            po.Add(file);
        }
        return po;
    }

    /// <summary>The texts of the files that a program was built with.</summary>
    public static PoFile Load(Assembly assembly, IEnumerable<string> names) =>
        Read(
            names.Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return reader.ReadToEnd();
            })
        );

    /// <summary>The text in each of its forms; null where it has no translation.</summary>
    public IReadOnlyList<string>? Find(string text, string context = "") => _entries.GetValueOrDefault((context, text));

    /// <summary>Which form goes with the number.</summary>
    /// <exception cref="FormatException">The rule of the language is not among those that are known here.</exception>
    public int Form(long count)
    {
        // "nplurals=2; plural=(n != 1);"
        var rule = Header("Plural-Forms").Split("plural=", 3)[^1].Trim(';', ' ', '(', ')');
        return Rules.TryGetValue(rule, out var form)
            ? form(Math.Abs(count))
            : throw new FormatException($"No rule for the plural \"{rule}\" is written yet.");
    }

    /// <summary>A line of the header, such as "Language"; empty when it is not there.</summary>
    public string Header(string name) =>
        _entries[("", "")]
            [0]
            .Split('\n')
            .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))
            ?[(name.Length + 1)..].Trim()
        ?? "";

    private void Add(string file)
    {
        var fields = new Dictionary<string, string>();
        var last = "";
        foreach (var line in file.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Append(""))
        {
            if (line.Length == 0)
            {
                Add(fields);
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
    }

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
        var key = (fields.GetValueOrDefault("msgctxt", ""), text);
        // Each file begins with the header of its language, for the tools of translators.
        var repeated = key == ("", "") && _entries.TryGetValue(key, out var header) && header.SequenceEqual(forms);
        if (forms.Count > 0 && !repeated && !_entries.TryAdd(key, forms))
        {
            throw new FormatException(text.Length == 0 ? "The files have different headers." : $"There twice: {text}");
        }
    }
}
