using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Fabrique.Sidecar;

/// <summary>
/// One mapping of a resource file. It remembers which keys were asked for, so that <see cref="RejectOthers"/> turns a misspelt
/// key into an error: daprd ignores it silently and runs with the default.
/// </summary>
internal sealed partial class YamlMap(IDictionary<string, YamlNode> values, string file, string path, List<string> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, YamlMap?> _maps = [];

    public YamlMap(YamlMappingNode node, string file, string path, List<string> errors)
        : this(node.Children.ToDictionary(child => child.Key.ToString(), child => child.Value), file, path, errors)
    {
    }

    public IEnumerable<string> Keys => values.Keys;

    /// <summary>A mapping with other content at a path of the same file.</summary>
    public YamlMap Sub(string at, IDictionary<string, YamlNode> content) => new(content, file, at, errors);

    public void Fail(string key, string reason)
    {
        var line = values.TryGetValue(key, out var node) && node.Start.Line > 0 ? $":{node.Start.Line}" : "";
        errors.Add($"{file}{line}: {(path.Length > 0 ? $"{path}." : "")}{key}: {reason}");
    }

    public string? Text(string key)
    {
        _known.Add(key);
        return values.TryGetValue(key, out var node) ? (node as YamlScalarNode)?.Value : null;
    }

    public string Required(string key)
    {
        var text = Text(key);
        if (string.IsNullOrWhiteSpace(text))
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

        double Part(int group) => match.Groups[group].Success ? double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;
        return TimeSpan.FromHours(Part(1)) + TimeSpan.FromMinutes(Part(2)) + TimeSpan.FromSeconds(Part(3)) + TimeSpan.FromMilliseconds(Part(4));
    }

    public YamlMap? Map(string key)
    {
        _known.Add(key);
        if (!_maps.TryGetValue(key, out var map))
        {
            map = values.TryGetValue(key, out var node) && node is YamlMappingNode mapping ? new(mapping, file, Path(key), errors) : null;
            _maps[key] = map;
        }

        return map;
    }

    public IEnumerable<YamlMap> List(string key)
    {
        _known.Add(key);
        return values.TryGetValue(key, out var node) && node is YamlSequenceNode list
            ? list.Children.OfType<YamlMappingNode>().Select((item, at) => new YamlMap(item, file, $"{Path(key)}[{at}]", errors))
            : [];
    }

    /// <summary>Names every key nobody asked for, here and in the mappings read through <see cref="Map"/>.</summary>
    public void RejectOthers()
    {
        foreach (var key in values.Keys.Where(key => !_known.Contains(key)))
        {
            Fail(key, $"unknown; known: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }

        foreach (var map in _maps.Values)
        {
            map?.RejectOthers();
        }
    }

    private string Path(string key) => path.Length > 0 ? $"{path}.{key}" : key;

    [GeneratedRegex(@"^(?=.)(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$")]
    private static partial Regex GoDuration();
}
