using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Fabrique.Sidecar;

/// <summary>
/// One mapping of a resource file. It remembers which keys were asked for, so that <see cref="RejectOthers"/> turns a misspelt
/// key into an error: daprd ignores it silently and runs with the default.
/// </summary>
internal sealed partial class YamlMap(string file, string path, List<string> errors)
{
    private readonly Dictionary<string, (YamlNode Value, long Line)> _entries = [];
    private readonly Dictionary<string, YamlMap?> _maps = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);

    public YamlMap(YamlMappingNode node, string file, string path, List<string> errors)
        : this(file, path, errors)
    {
        foreach (var (key, value) in node.Children)
        {
            _entries[key.ToString()] = (value, key.Start.Line);
        }
    }

    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>An empty mapping of the same file, to be filled from a list of names and values.</summary>
    public YamlMap Entries(string at) => new(file, at, errors);

    public void Add(string key, string? value, YamlMap from) =>
        _entries[key] = (new YamlScalarNode(value ?? ""), from._entries.Values.Select(entry => entry.Line).FirstOrDefault());

    public void Fail(string key, string reason)
    {
        _failed.Add(key);
        var line = _entries.TryGetValue(key, out var entry) ? $":{entry.Line}" : "";
        errors.Add($"{file}{line}: {Path(key)}: {reason}");
    }

    public string? Text(string key) => Node<YamlScalarNode>(key, "one value")?.Value;

    public string Required(string key)
    {
        var text = Text(key);
        if (string.IsNullOrWhiteSpace(text) && !_failed.Contains(key))
        {
            Fail(key, "missing");
        }
        return text ?? "";
    }

    public bool? Flag(string key)
    {
        var text = Text(key);
        if (text is not null && !bool.TryParse(text, out _))
        {
            Fail(key, $"'{text}' must be true or false");
        }
        return bool.TryParse(text, out var flag) ? flag : null;
    }

    public int Number(string key, int byDefault, int least, int most)
    {
        var text = Text(key);
        if (text is null)
        {
            return byDefault;
        }
        if (!int.TryParse(text, CultureInfo.InvariantCulture, out var number) || number < least || number > most)
        {
            Fail(key, $"'{text}' must be a whole number from {least} to {most}");
        }
        return number;
    }

    /// <summary>A Go duration: <c>500ms</c>, <c>5s</c>, <c>1m30s</c>, <c>1h</c>.</summary>
    public TimeSpan? Duration(string key)
    {
        var text = Text(key);
        if (text is null)
        {
            return null;
        }
        var match = GoDuration().Match(text);
        if (!match.Success)
        {
            Fail(key, $"'{text}' is not a duration; write 500ms, 5s, 1m30s");
            return null;
        }

        double Part(int group) =>
            match.Groups[group].Success ? double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;
        return TimeSpan.FromHours(Part(1))
            + TimeSpan.FromMinutes(Part(2))
            + TimeSpan.FromSeconds(Part(3))
            + TimeSpan.FromMilliseconds(Part(4));
    }

    public YamlMap? Map(string key)
    {
        if (!_maps.TryGetValue(key, out var map))
        {
            map = Node<YamlMappingNode>(key, "keys with their values") is { } node ? new(node, file, Path(key), errors) : null;
            _maps[key] = map;
        }
        return map;
    }

    /// <summary>The items of a list that are mappings themselves; each rejects its own unknown keys.</summary>
    public IEnumerable<YamlMap> List(string key) =>
        Items<YamlMappingNode>(key, "keys with their values").Select((item, at) => new YamlMap(item, file, $"{Path(key)}[{at}]", errors));

    public IReadOnlyList<string> Texts(string key) => [.. Items<YamlScalarNode>(key, "values").Select(item => item.Value ?? "")];

    /// <summary>Names every key nobody asked for, here and in the mappings read through <see cref="Map"/>.</summary>
    public void RejectOthers()
    {
        foreach (var key in _entries.Keys.Where(key => !_known.Contains(key)))
        {
            Fail(key, $"unknown; known: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
        foreach (var map in _maps.Values)
        {
            map?.RejectOthers();
        }
    }

    private List<T> Items<T>(string key, string shape)
    {
        var items = Node<YamlSequenceNode>(key, "a list")?.Children ?? [];
        if (!items.All(item => item is T))
        {
            Fail(key, $"must be a list of {shape}");
        }
        return [.. items.OfType<T>()];
    }

    private T? Node<T>(string key, string shape)
        where T : YamlNode
    {
        _known.Add(key);
        if (_entries.TryGetValue(key, out var entry) && entry.Value is not T && !_failed.Contains(key))
        {
            Fail(key, $"must be {shape}");
        }
        return entry.Value as T;
    }

    private string Path(string key) => path.Length > 0 ? $"{path}.{key}" : key;

    [GeneratedRegex(@"^(?=.)(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$")]
    private static partial Regex GoDuration();
}
