using System.Collections.Frozen;
using System.Text.Json;

namespace Fabrique;

/// <summary>
/// A closed list of codes with their labels, shared by every service and node. Codes are never reused or renamed; labels may change.
/// A code that is not in the list is refused when somebody writes it here, and shown as it is when another node sent it.
/// </summary>
public sealed class Vocabulary
{
    private static readonly FrozenDictionary<string, Vocabulary> All = Load();

    private readonly FrozenDictionary<string, string> _labels;

    private Vocabulary(string name, Dictionary<string, string> terms)
    {
        Name = name;
        Codes = [.. terms.Keys];
        _labels = terms.ToFrozenDictionary();
    }

    // A property for each list that the code names: one that is mistyped does not compile.
    public static Vocabulary EffectKind => All[nameof(EffectKind)];
    public static Vocabulary IndicatorFamily => All[nameof(IndicatorFamily)];
    public static Vocabulary Licence => All[nameof(Licence)];
    public static Vocabulary Maturity => All[nameof(Maturity)];
    public static Vocabulary MembershipProfile => All[nameof(MembershipProfile)];
    public static Vocabulary MethodAxis => All[nameof(MethodAxis)];
    public static Vocabulary MethodElementKind => All[nameof(MethodElementKind)];
    public static Vocabulary Principle => All[nameof(Principle)];
    public static Vocabulary Qualifier => All[nameof(Qualifier)];
    public static Vocabulary Role4F => All[nameof(Role4F)];
    public static Vocabulary Situation => All[nameof(Situation)];
    public static Vocabulary TerritoryKind => All[nameof(TerritoryKind)];
    public static Vocabulary Theme => All[nameof(Theme)];
    public static Vocabulary TrajectoryPhase => All[nameof(TrajectoryPhase)];

    public static IEnumerable<Vocabulary> Every => All.Values;

    public string Name { get; }

    /// <summary>The codes, in the order in which people should see them.</summary>
    public IReadOnlyList<string> Codes { get; }

    public bool Contains(string code) => _labels.ContainsKey(code);

    /// <summary>The label in the language of whoever is being answered; the code itself when it is unknown here.</summary>
    public string Label(string code) => _labels.TryGetValue(code, out var label) ? Words.T.Label(Name, label) : code;

    /// <summary>The label in French, whoever asks; the code itself when it is unknown here.</summary>
    public string FrenchLabel(string code) => _labels.GetValueOrDefault(code, code);

    private static FrozenDictionary<string, Vocabulary> Load()
    {
        using var stream = typeof(Vocabulary).Assembly.GetManifestResourceStream("vocabularies.json")!;
        var lists = JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(stream)!;
        return lists.ToFrozenDictionary(list => list.Key, list => new Vocabulary(list.Key, list.Value));
    }
}
