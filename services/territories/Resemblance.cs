using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>
/// A territory in short: where it is in the directory, its folded name without spaces and the letters in it, and what it is compared by.
/// </summary>
internal sealed record DirectoryEntry(int Position, string Name, ulong Letters, Traits Traits);

/// <summary>What territories are compared by.</summary>
/// <param name="Id">Its identifier, which settles ties.</param>
/// <param name="Kind">Vocabulary TerritoryKind.</param>
/// <param name="Population">Inhabitants; null where no source gives them.</param>
/// <param name="Grouping">Kind of the grouping that a commune is in; empty when in none.</param>
/// <param name="Department">Official code, empty where there is none.</param>
/// <param name="Region">Official code.</param>
/// <param name="Situations">Vocabulary Situation; empty when nobody told.</param>
internal sealed record Traits(
    string Id,
    string Kind,
    int? Population,
    string Grouping,
    string Department,
    string Region,
    IReadOnlyCollection<string> Situations
)
{
    public static Traits Of(Territory territory, string grouping) =>
        new(
            territory.Id,
            territory.Kind,
            territory.HasPopulation ? territory.Population : null,
            grouping,
            territory.Department?.Code ?? "",
            territory.Region?.Code ?? "",
            []
        );

    /// <summary>
    /// Only territories of one family are compared: a commune is like no département, and an overseas collectivity (AUT, by its code a
    /// region) like no declared perimeter.
    /// </summary>
    public string Family => Kind is "COM" or "DEP" or "REG" || Id.StartsWith('R') ? Kind : "groupings";
}

/// <summary>
/// How much two territories resemble each other, from 0 to 1: the weighted mean of what both are known by. Weights: population 40,
/// situations 25, kind (of a grouping, or of the grouping that a commune is in) 15, region 12, département 8. What is unknown of either
/// counts neither for nor against. Populations are alike by their ratio: 1 when equal, 0 from eight times on, in between by its logarithm.
/// Situations are alike by the share of those told that both tell. The same both ways; nothing here ranks a territory by itself.
/// </summary>
internal static class Resemblance
{
    private const double Farthest = 8;

    // As many inhabitants, to people who read "nearly": up to half as many again.
    private const double Near = 1.5;

    private enum Weight
    {
        Department = 8,
        Region = 12,
        Kind = 15,
        Situation = 25,
        Population = 40,
    }

    public static double Score(Traits left, Traits right)
    {
        // For every commune of France at once: no lists on the way.
        var (sum, weights) = (0.0, 0);
        if (left.Population is { } mine && right.Population is { } theirs)
        {
            Add(Weight.Population, Math.Max(0, 1 - (Math.Log(Ratio(mine, theirs)) / Math.Log(Farthest))));
        }
        if (left.Situations.Count > 0 && right.Situations.Count > 0)
        {
            Add(
                Weight.Situation,
                (double)left.Situations.Intersect(right.Situations).Count() / left.Situations.Union(right.Situations).Count()
            );
        }
        if (left.Family == "groupings" && right.Family == "groupings")
        {
            Add(Weight.Kind, left.Kind == right.Kind ? 1 : 0);
        }
        else if (left.Grouping.Length > 0 && right.Grouping.Length > 0)
        {
            Add(Weight.Kind, left.Grouping == right.Grouping ? 1 : 0);
        }
        if (left.Region.Length > 0 && right.Region.Length > 0)
        {
            Add(Weight.Region, left.Region == right.Region ? 1 : 0);
        }
        if (left.Department.Length > 0 && right.Department.Length > 0)
        {
            Add(Weight.Department, left.Department == right.Department ? 1 : 0);
        }
        return weights == 0 ? 0 : sum / weights;

        void Add(Weight weight, double likeness) => (sum, weights) = (sum + ((int)weight * likeness), weights + (int)weight);
    }

    /// <summary>What the two share, what weighs most first; empty when nothing is worth telling.</summary>
    public static IEnumerable<Likeness> Reasons(Traits left, Traits right)
    {
        if (left.Population is { } mine && right.Population is { } theirs && Ratio(mine, theirs) <= Near)
        {
            yield return new Likeness { Criterion = Likeness.Types.Criterion.Population };
        }
        if (left.Situations.Intersect(right.Situations).ToList() is { Count: > 0 } situations)
        {
            yield return new Likeness
            {
                Criterion = Likeness.Types.Criterion.Situation,
                Shared = { situations.Order(StringComparer.Ordinal) },
            };
        }
        if (left.Grouping.Length > 0 && left.Grouping == right.Grouping)
        {
            yield return new Likeness { Criterion = Likeness.Types.Criterion.Grouping, Shared = { left.Grouping } };
        }
        if (left.Family == "groupings" && left.Kind == right.Kind)
        {
            yield return new Likeness { Criterion = Likeness.Types.Criterion.Kind, Shared = { left.Kind } };
        }
        if (left.Department.Length > 0 && left.Department == right.Department)
        {
            yield return new Likeness { Criterion = Likeness.Types.Criterion.Department, Shared = { left.Department } };
        }
        else if (left.Region.Length > 0 && left.Region == right.Region)
        {
            yield return new Likeness { Criterion = Likeness.Types.Criterion.Region, Shared = { left.Region } };
        }
    }

    /// <summary>
    /// The candidates of the same family with which something is shared, the most alike first; ties by the nearest population, then by id.
    /// </summary>
    public static IEnumerable<Traits> Rank(Traits asked, IEnumerable<Traits> candidates) =>
        candidates
            .Where(candidate => candidate.Id != asked.Id && candidate.Family == asked.Family)
            .Select(candidate => (Candidate: candidate, Score: Score(asked, candidate)))
            .Where(ranked => ranked.Score > 0)
            .OrderByDescending(ranked => ranked.Score)
            .ThenBy(ranked => Ratio(asked.Population ?? 0, ranked.Candidate.Population ?? 0))
            .ThenBy(ranked => ranked.Candidate.Id, StringComparer.Ordinal)
            .Select(ranked => ranked.Candidate)
            .Where(candidate => Reasons(asked, candidate).Any());

    // One more than there are: a place without inhabitants can be compared too.
    private static double Ratio(int left, int right) => (Math.Max(left, right) + 1.0) / (Math.Min(left, right) + 1.0);
}
