using System.Globalization;
using Fabrique.Territories.V1;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>
/// The life of a perimeter that no official list has: declared → confirmed or refused; confirmed, its own delegation keeps its members up
/// to date. Each verb gives the perimeter as it becomes, null when there is nothing to change. Those of one verb stand with it; here is
/// what several share. Days are "2026-03-17", and sort as text.
/// </summary>
internal static partial class PerimeterRules
{
    public const int FewestMembers = 2;
    public const int MostMembers = 1_000;
    public const int MaxName = 120;

    // In fewer letters every name is near to another.
    private const int LettersForASlip = 5;

    /// <summary>Whether two names may well be those of one body: the same words in any order, or spelled with a slip or two.</summary>
    public static bool AreNear(string left, string right)
    {
        var (words, others) = (Ordered(Names.Words(left)), Ordered(Names.Words(right)));
        // However its legal form is written, and wherever.
        var (bare, otherBare) = (Essential(left), Essential(right));
        if (words.SequenceEqual(others) || (bare.Count > 0 && bare.SequenceEqual(otherBare)))
        {
            return true;
        }
        var (name, other) = (string.Concat(Names.Fold(left).Split(' ')), string.Concat(Names.Fold(right).Split(' ')));
        var allowed = Math.Min(2, Math.Min(name.Length, other.Length) / LettersForASlip);
        return NearNames.Slips(name, other, allowed) <= allowed;
    }

    /// <summary>The words of a name in alphabetical order, without its legal form, wherever that stands, and small words.</summary>
    private static List<string> Essential(string name) =>
        Ordered(LegalForms.Split(Names.Words(name)).Words.Where(word => !LegalForms.IsSmall(word)));

    private static List<string> Ordered(IEnumerable<string> words) => [.. words.Select(Names.Spell).Order(StringComparer.Ordinal)];

    /// <summary>The inhabitants of some members, none counted twice: a commune of a grouping that is a member too counts with it.</summary>
    public static PopulationSum Population(IReadOnlyCollection<Territory> members)
    {
        var groupings = members.Select(member => member.Id).ToHashSet();
        var parts = members.Where(member => member.Epci is null || !groupings.Contains(member.Epci.Code)).ToList();
        var known = parts.Where(part => part.HasPopulation).ToList();
        var years = known.Where(part => part.PopulationYear > 0).Select(part => part.PopulationYear).DefaultIfEmpty().ToList();
        return new PopulationSum
        {
            Inhabitants = known.Sum(part => part.Population),
            Known = known.Count,
            Parts = parts.Count,
            FirstYear = years.Min(),
            LastYear = years.Max(),
        };
    }

    extension(Perimeter perimeter)
    {
        /// <summary>The codes of those who are in it today.</summary>
        public IEnumerable<string> Current() => perimeter.Members.Where(member => member.To.Length == 0).Select(member => member.Territory);
    }

    private static IEnumerable<FieldError> Named(string name) =>
        [
            .. Rule("name", name.Length == 0, $"Donnez son nom."),
            .. Rule("name", name.Length > MaxName, $"Ce nom est trop long : {MaxName} caractères au plus."),
        ];

    private static IEnumerable<FieldError> Day(string field, string day, DateOnly today, bool mandatory)
    {
        var isDay = DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date);
        return
        [
            .. Rule(field, day.Length == 0 ? mandatory : !isDay, $"Écrivez un jour ainsi : 17/03/2026."),
            .. Rule(field, isDay && date > today, $"Ce jour n’est pas encore venu."),
        ];
    }

    private static IEnumerable<FieldError> Members(
        Google.Protobuf.Collections.RepeatedField<string> codes,
        IReadOnlyList<Territory?> members
    ) =>
        [
            .. members
                .Index()
                .Where(member => member.Item is null)
                .Select(member => new FieldError(
                    $"members[{member.Index}]",
                    $"« {codes[member.Index]} » : aucune commune ni intercommunalité n’a ce code."
                )),
            .. Rule(
                "members",
                members.OfType<Territory>().DistinctBy(member => member.Id).Count() < FewestMembers
                    && members.All(member => member is not null),
                $"Donnez au moins {FewestMembers} membres."
            ),
            .. Rule("members", codes.Count > MostMembers, $"{MostMembers} membres au plus."),
            .. Rule(
                "members",
                members.OfType<Territory>().DistinctBy(member => Fictional.Is(member.Id)).Count() > 1,
                $"Un territoire inventé et un vrai ne peuvent pas être ensemble."
            ),
        ];

    private static PerimeterMember Member(Territory territory, string from) =>
        new()
        {
            Territory = territory.Id,
            Name = territory.Name,
            Department = territory.Department?.Code ?? "",
            From = from,
        };

    /// <summary>The département and the region where most of the members' inhabitants live; as many count by their number.</summary>
    private static (string Department, string Region) Place(IReadOnlyCollection<Territory> members) =>
        (Most(members, member => member.Department?.Code ?? ""), Most(members, member => member.Region?.Code ?? ""));

    private static string Most(IEnumerable<Territory> members, Func<Territory, string> where) =>
        members
            .Where(member => where(member).Length > 0)
            .GroupBy(where)
            .OrderByDescending(group => group.Sum(member => (long)member.Population))
            .ThenByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .FirstOrDefault()
            ?.Key
        ?? "";

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
