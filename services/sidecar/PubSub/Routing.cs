using System.Text.RegularExpressions;

namespace Fabrique.Sidecar;

/// <summary>A rule as Dapr writes it: the events that match go to the path.</summary>
internal sealed record RuleDeclaration(string? Match, string? Path);

/// <summary>Which path of the app gets an event: that of the first rule it matches, otherwise the default, otherwise none.</summary>
internal sealed class Routing
{
    private readonly List<(string Match, Condition Condition, string Path)> _rules = [];

    /// <summary>
    /// Reads the rules; one that cannot be read is added to <paramref name="problems"/> as <c>routes.rules[0].match</c> and why.
    /// </summary>
    public Routing(IReadOnlyList<RuleDeclaration> rules, string? byDefault, List<(string Key, string Reason)> problems)
    {
        Default = PathOf(byDefault);
        foreach (var (at, rule) in rules.Index())
        {
            if (PathOf(rule.Path) is not { } path)
            {
                problems.Add(($"routes.rules[{at}].path", "missing"));
            }
            else if (Condition.Parse(rule.Match ?? "") is not { } condition)
            {
                problems.Add(($"routes.rules[{at}].match", $"'{rule.Match}' is not supported; {Condition.Supported}"));
            }
            else
            {
                _rules.Add((rule.Match!, condition, path));
            }
        }
        if (Default is null && rules.Count == 0)
        {
            problems.Add(("routes.default", "missing: it has no route"));
        }
    }

    /// <summary>Path with its leading slash for the events that match no rule; null: they are dropped.</summary>
    public string? Default { get; }

    /// <summary>Conditions and paths in their order, the default last, with an empty condition.</summary>
    public IEnumerable<(string Match, string Path)> All =>
        _rules.Select(rule => (rule.Match, rule.Path)).Concat(Default is { } path ? [("", path)] : []);

    /// <summary>Path for this event, null when it has none.</summary>
    public string? PathFor(ReadOnlyMemory<byte> envelope)
    {
        if (_rules.Count == 0)
        {
            return Default;
        }
        var attributes = CloudEventEnvelope.Attributes(envelope);
        return _rules.Find(rule => rule.Condition.Holds(attributes)).Path ?? Default;
    }

    private static string? PathOf(string? route) => (route ?? "").Trim('/').Length > 0 ? $"/{route!.TrimStart('/')}" : null;
}

/// <summary>
/// A condition on the envelope's attributes: a part of CEL, the language daprd has for it, small enough to be read here.
/// An attribute that the envelope lacks equals nothing and is in no list.
/// </summary>
internal sealed partial class Condition
{
    public const string Supported =
        """write event.type == "a", event.source != "b" or event.subject in ["c", "d"], joined by &&; any attribute of the envelope but its data""";

    private readonly List<(string Attribute, bool Negated, HashSet<string> Values)> _comparisons = [];

    private Condition() { }

    /// <summary>Null when the text is anything else than comparisons joined by <c>&amp;&amp;</c>.</summary>
    public static Condition? Parse(string text)
    {
        var condition = new Condition();
        var end = 0;
        var more = true;
        while (more)
        {
            var match = Comparison().Match(text, end);
            var attribute = match.Groups["attribute"].Value;
            if (!match.Success || attribute is "data" or "data_base64")
            {
                return null;
            }
            var values = match.Groups["value"].Captures.Select(capture => capture.Value[1..^1]).ToHashSet(StringComparer.Ordinal);
            condition._comparisons.Add((attribute, match.Groups["not"].Success, values));
            end = match.Index + match.Length;
            more = match.Groups["and"].Success;
        }
        return condition;
    }

    public bool Holds(IReadOnlyDictionary<string, string> attributes) =>
        _comparisons.TrueForAll(comparison =>
            comparison.Negated != (attributes.TryGetValue(comparison.Attribute, out var value) && comparison.Values.Contains(value))
        );

    [GeneratedRegex(
        """
            \G\s* event\.(?<attribute>[a-z][a-z0-9_]*) (?: \s*(?:==|(?<not>!=))\s*(?<value>"[^"\\]*"|'[^'\\]*')
            | \s+in\s*\[\s*(?<value>"[^"\\]*"|'[^'\\]*')(?:\s*,\s*(?<value>"[^"\\]*"|'[^'\\]*'))*\s*\] ) \s* (?:(?<and>&&)|\z)
            """,
        RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Comparison();
}
