using System.Globalization;
using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>
/// The life of a perimeter that no official list has: declared → confirmed or refused; confirmed, its own delegation keeps its members up to
/// date. Each verb gives the perimeter as it becomes, null when there is nothing to change. Days are "2026-03-17", and sort as text.
/// </summary>
internal static class PerimeterRules
{
    public const int FewestMembers = 2;
    public const int MostMembers = 1_000;
    private const int MaxName = 120;
    private const int MaxReason = 1_000;

    // In fewer letters every name is near to another.
    private const int LettersForASlip = 5;

    /// <summary>Kinds that are declared, and whether a body of that kind always has a SIREN.</summary>
    public static readonly IReadOnlyDictionary<string, bool> Kinds = new Dictionary<string, bool>
    {
        ["PETR"] = true,
        ["PNR"] = true,
        ["SYN"] = true,
        ["AUT"] = false,
    };

    /// <summary>What somebody declares; refuses, field by field, what no facilitator needs to look at.</summary>
    /// <param name="current">What was declared under the same code before; null for the first time.</param>
    /// <param name="asked">The question, tidied.</param>
    /// <param name="id">Its code: see <see cref="IdOf"/>.</param>
    /// <param name="members">The territories of the question's codes, in its order; null where no commune or grouping has the code.</param>
    public static Perimeter Declared(
        Perimeter? current,
        DeclarePerimeterRequest asked,
        string id,
        IReadOnlyList<Territory?> members,
        DateOnly today
    )
    {
        Refuse([
            .. Rule(
                "kind",
                !Kinds.ContainsKey(asked.Kind),
                $"Choisissez ce que c’est : {string.Join(", ", Kinds.Keys.Select(Vocabulary.TerritoryKind.Label))}."
            ),
            .. Named(asked.Name),
            .. Rule(
                "siren",
                asked.Siren.Length == 0 && Kinds.GetValueOrDefault(asked.Kind),
                $"Donnez le numéro SIREN : un tel organisme en a toujours un."
            ),
            .. Rule(
                "siren",
                asked.Siren.Length > 0 && !IsSiren(asked.Siren),
                $"Ce n’est pas un numéro SIREN : neuf chiffres, dont le dernier vérifie les autres. Relisez-le."
            ),
            .. Day("validFrom", asked.ValidFrom, today, mandatory: true),
            .. Members(asked.Members, members),
            .. Rule(
                "members",
                asked.DeclaredBy.Length > 0 && members.All(member => member is not null && member.Id != asked.DeclaredBy),
                $"Votre territoire doit être dans la liste : un périmètre est déclaré par ses membres."
            ),
        ]);
        if (current is { Status: not PerimeterStatus.Refused })
        {
            throw new Refusal(
                StatusCode.AlreadyExists,
                "ALREADY_DECLARED",
                current.Status == PerimeterStatus.Confirmed
                    ? (FormattableString)
                        $"« {current.Name} » porte déjà ce numéro SIREN, et se trouve par la recherche : demandez à le rejoindre."
                    : $"« {current.Name} » porte déjà ce numéro SIREN : sa déclaration attend la réponse des facilitateurs."
            );
        }
        var (department, region) = Place(members!);
        return new Perimeter
        {
            Id = id,
            Kind = asked.Kind,
            Name = asked.Name,
            Siren = asked.Siren,
            Members = { members.DistinctBy(member => member!.Id).Select(member => Member(member!, asked.ValidFrom)) },
            ValidFrom = asked.ValidFrom,
            Status = PerimeterStatus.Declared,
            DeclaredBy = asked.DeclaredBy,
            DeclaredOn = Day(today),
            Department = department,
            Region = region,
        };
    }

    /// <summary>The code of a perimeter: the SIREN of its body, else one that is drawn. One whose members were invented stays at home.</summary>
    public static string IdOf(string siren, IEnumerable<Territory?> members, Guid drawn) =>
        (members.Any(member => member is not null && Fictional.Is(member.Id)) ? Fictional.Prefix : "")
        + (IsSiren(siren) ? siren : $"P{$"{drawn:N}"[^12..].ToUpperInvariant()}");

    /// <summary>Whether a number can be a SIREN: nine digits that satisfy the formula of Luhn.</summary>
    public static bool IsSiren(string number) =>
        number.Length == 9
        && number.All(char.IsAsciiDigit)
        && number.Reverse().Select((digit, at) => (digit - '0') * (at % 2 == 0 ? 1 : 2)).Sum(digit => digit > 9 ? digit - 9 : digit) % 10
            == 0;

    /// <summary>Whether two names may well be those of one body: the same words in any order, or spelled with a slip or two.</summary>
    public static bool AreNear(string left, string right)
    {
        var (words, others) = (
            Names.Words(left).Select(Names.Spell).Order(StringComparer.Ordinal).ToList(),
            Names.Words(right).Select(Names.Spell).Order(StringComparer.Ordinal).ToList()
        );
        if (words.SequenceEqual(others))
        {
            return true;
        }
        var (name, other) = (string.Concat(Names.Fold(left).Split(' ')), string.Concat(Names.Fold(right).Split(' ')));
        var allowed = Math.Min(2, Math.Min(name.Length, other.Length) / LettersForASlip);
        return NearNames.Slips(name, other, allowed) <= allowed;
    }

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
        public Perimeter? Confirmed(DateOnly today) =>
            perimeter.Become(PerimeterStatus.Confirmed, confirmed => confirmed.ConfirmedOn = Day(today));

        public Perimeter? Refused(string reason)
        {
            Refuse([
                .. Rule("reason", reason.Trim().Length == 0, $"Dites pourquoi : qui l’a déclaré le lira."),
                .. Rule("reason", reason.Length > MaxReason, $"La raison est trop longue : {MaxReason} caractères au plus."),
            ]);
            return perimeter.Become(PerimeterStatus.Refused, refused => refused.Reason = reason.Trim());
        }

        /// <summary>The perimeter with those members from a day on: who was not in it joins that day, who is named no more leaves it that day. What was is kept.</summary>
        /// <param name="asked">The question, tidied.</param>
        /// <param name="members">See <see cref="Declared"/>.</param>
        public Perimeter? Revised(RevisePerimeterRequest asked, IReadOnlyList<Territory?> members, DateOnly today)
        {
            if (perimeter.Status != PerimeterStatus.Confirmed)
            {
                throw WrongStatus();
            }
            var on = asked.On.Length > 0 ? asked.On : Day(today);
            Refuse([
                .. Named(asked.Name),
                .. Day("on", on, today, mandatory: true),
                .. Rule(
                    "on",
                    string.CompareOrdinal(on, perimeter.LastChange()) < 0,
                    $"Ce jour est avant le dernier changement de membres, qui date du {perimeter.LastChange()}."
                ),
                .. Day("validTo", asked.ValidTo, today, mandatory: false),
                .. Rule(
                    "validTo",
                    asked.ValidTo.Length > 0 && string.CompareOrdinal(asked.ValidTo, perimeter.ValidFrom) < 0,
                    $"Il ne peut pas avoir pris fin avant de commencer."
                ),
                .. Members(asked.Members, members),
                .. Rule(
                    "members",
                    members.Any(member => member is not null && Fictional.Is(member.Id) != Fictional.Is(perimeter.Id)),
                    $"Un territoire inventé et un vrai ne peuvent pas être ensemble."
                ),
            ]);
            var revised = perimeter.Clone();
            var wanted = members.Select(member => member!).DistinctBy(member => member.Id).ToDictionary(member => member.Id);
            foreach (var left in revised.Members.Where(member => member.To.Length == 0 && !wanted.ContainsKey(member.Territory)))
            {
                left.To = on;
            }
            // Somebody who came and left on the same day was never there.
            var kept = revised.Members.Where(member => member.From != member.To).ToList();
            revised.Members.Clear();
            revised.Members.AddRange(kept);
            var present = kept.Where(member => member.To.Length == 0).Select(member => member.Territory).ToHashSet();
            revised.Members.AddRange(wanted.Values.Where(member => !present.Contains(member.Id)).Select(member => Member(member, on)));
            (revised.Name, revised.ValidTo) = (asked.Name, asked.ValidTo);
            (revised.Department, revised.Region) = Place([.. wanted.Values]);
            return revised.Equals(perimeter) ? null : revised;
        }

        /// <summary>The codes of those who are in it today.</summary>
        public IEnumerable<string> Current() => perimeter.Members.Where(member => member.To.Length == 0).Select(member => member.Territory);

        private string LastChange() =>
            perimeter
                .Members.SelectMany(member => new[] { member.From, member.To })
                .Append(perimeter.ValidFrom)
                .Max(StringComparer.Ordinal)!;

        private Perimeter? Become(PerimeterStatus status, Action<Perimeter> with)
        {
            if (perimeter.Status == status)
            {
                return null;
            }
            if (perimeter.Status != PerimeterStatus.Declared)
            {
                throw WrongStatus();
            }
            var next = perimeter.Clone();
            next.Status = status;
            with(next);
            return next;
        }
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

    private static Refusal WrongStatus() =>
        new(StatusCode.FailedPrecondition, "WRONG_STATUS", $"Ce périmètre n’en est pas là : rechargez la page pour voir où il en est.");
}
