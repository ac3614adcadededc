using CsCheck;
using Fabrique.Territories;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

/// <summary>Perimeters that no official list has: what is declared makes sense, and what was is not lost.</summary>
public sealed class PerimeterRulesTests
{
    private static readonly DateOnly Start = new(2020, 1, 1);

    // Ten communes, the even ones in a grouping that is the eleventh.
    private static readonly Territory[] Towns =
    [
        .. Enumerable
            .Range(0, 10)
            .Select(number => new Territory
            {
                Id = $"6210{number}",
                Kind = "COM",
                Name = $"Commune {number}",
                Population = 100 * (number + 1),
                PopulationYear = 2020 + (number % 3),
                Department = new() { Code = number < 7 ? "62" : "59" },
                Region = new() { Code = "32" },
                Epci = number % 2 == 0 ? new() { Code = "246200364" } : null,
            }),
        new Territory
        {
            Id = "246200364",
            Kind = "CA",
            Name = "Grouping",
            Population = 2500,
            PopulationYear = 2023,
            Department = new() { Code = "62" },
            Region = new() { Code = "32" },
        },
    ];

    [Fact]
    public void A_siren_is_nine_digits_and_no_slip_of_one_digit_passes()
    {
        Assert.All(["216205286", "246200364", "900000002"], siren => Assert.Equal(siren != "900000002", PerimeterRules.IsSiren(siren)));
        Gen.Select(Gen.Int[0, 8], Gen.Int[1, 9])
            .Sample(
                (at, more) =>
                {
                    var slip = "246200364".ToCharArray();
                    slip[at] = (char)('0' + ((slip[at] - '0' + more) % 10));
                    Assert.False(PerimeterRules.IsSiren(new(slip)));
                }
            );
        Assert.All(["", "24620036", "2462003644", "24620036a", "24620036４"], text => Assert.False(PerimeterRules.IsSiren(text)));
    }

    [Fact]
    public void No_inhabitant_is_counted_twice_and_years_are_those_of_what_was_added() =>
        Gen.Int[0, Towns.Length - 1]
            .List[0, 20]
            .Sample(chosen =>
            {
                var members = chosen.Distinct().Select(at => Towns[at]).ToList();
                var sum = PerimeterRules.Population(members);
                var whole = members.Exists(member => member.Kind == "CA");
                Assert.Equal(members.Where(member => !whole || member.Epci is null).Sum(member => member.Population), sum.Inhabitants);
                Assert.InRange(sum.Known, 0, sum.Parts);
                Assert.True(
                    sum.Known == 0 || (sum.FirstYear <= sum.LastYear && members.Exists(member => member.PopulationYear == sum.LastYear))
                );
            });

    [Fact]
    public void Whatever_members_come_and_go_today_is_who_was_named_last_and_nobody_is_forgotten() =>
        Gen.Select(Gen.Int[0, 10].List[2, 8], Gen.Int[0, 90])
            .List[1, 12]
            .Sample(changes =>
            {
                var perimeter = Confirmed();
                var (today, seen) = (Start.AddYears(1), new HashSet<string>(perimeter.Current()));
                foreach (var (chosen, days) in changes)
                {
                    today = today.AddDays(days + 1);
                    var members = chosen.Distinct().Select(at => Towns[at]).ToList();
                    if (members.Count < 2)
                    {
                        continue;
                    }
                    var asked = new RevisePerimeterRequest { Name = "Pays d’Essai", Members = { members.Select(member => member.Id) } };
                    perimeter = perimeter.Revised(asked, members, today) ?? perimeter;
                    seen.UnionWith(members.Select(member => member.Id));
                    Assert.Equal(members.Select(member => member.Id).Order(), perimeter.Current().Order());
                    Assert.Equal(seen.Order(), perimeter.Members.Select(member => member.Territory).Distinct().Order());
                    Assert.All(perimeter.Members, member =>
                        Assert.True(member.To.Length == 0 || string.CompareOrdinal(member.From, member.To) < 0)
                    );
                    Assert.Null(perimeter.Revised(asked, members, today));
                }
            });

    [Fact]
    public void Names_are_near_whichever_is_asked_and_every_name_is_near_itself()
    {
        Gen.Select(Gen.String[Gen.Char["abcéeè -'"], 1, 20], Gen.String[Gen.Char["abcéeè -'"], 1, 20])
            .Sample(
                (left, right) =>
                {
                    Assert.True(PerimeterRules.AreNear(left, left));
                    Assert.Equal(PerimeterRules.AreNear(left, right), PerimeterRules.AreNear(right, left));
                }
            );
        Assert.True(PerimeterRules.AreNear("PETR du Pays d’Arras", "Pays d'Arras, PETR du"));
        Assert.True(PerimeterRules.AreNear("Parc naturel régional des Caps", "Parc naturel regional des Cap"));
        Assert.False(PerimeterRules.AreNear("Pays du Nord", "Pays du Sud-Est"));
    }

    [Fact]
    public void What_makes_no_sense_is_refused_field_by_field()
    {
        var refused = Assert.Throws<Refusal>(() =>
            PerimeterRules.Declared(
                null,
                new()
                {
                    Kind = "COM",
                    Siren = "246200365",
                    ValidFrom = "2050-01-01",
                    Members = { "62100", "99999" },
                },
                "X",
                [Towns[0], null],
                Start
            )
        );
        Assert.Equal(["kind", "members[1]", "name", "siren", "validFrom"], refused.Fields.Select(field => field.Field).Order());
        Assert.Equal(["siren"], Assert.Throws<Refusal>(() => Declare(kind: "PETR", siren: "")).Fields.Select(field => field.Field));
        Assert.Equal("59", Declare(kind: "AUT", siren: "", [Towns[8], Towns[9]]).Department);
        Assert.Equal(
            ["members"],
            Assert.Throws<Refusal>(() => Declare("AUT", "", [Towns[8], Towns[8]])).Fields.Select(field => field.Field)
        );
        var invented = new Territory
        {
            Id = "ZZ001",
            Kind = "COM",
            Name = "Bourg-Exemple",
        };
        Assert.Equal(
            ["members"],
            Assert.Throws<Refusal>(() => Declare("AUT", "", [Towns[8], invented])).Fields.Select(field => field.Field)
        );
        Assert.StartsWith("ZZP", PerimeterRules.IdOf("", [invented], Guid.CreateVersion7()), StringComparison.Ordinal);
        Assert.Equal("ZZ246200364", PerimeterRules.IdOf("246200364", [invented], Guid.CreateVersion7()));
    }

    [Fact]
    public void What_is_confirmed_is_not_refused_afterwards_and_what_was_refused_can_be_declared_again()
    {
        var confirmed = Confirmed();
        Assert.Null(confirmed.Confirmed(Start));
        Assert.Throws<Refusal>(() => confirmed.Refused("trop tard"));
        Assert.Throws<Refusal>(() => PerimeterRules.Declared(confirmed, Ask("AUT", "", Towns[..2]), confirmed.Id, Towns[..2], Start));
        var refused = Declare("AUT", "").Refused("Doublon")!;
        Assert.Throws<Refusal>(() => refused.Confirmed(Start));
        Assert.Equal(
            PerimeterStatus.Declared,
            PerimeterRules.Declared(refused, Ask("AUT", "", Towns[..2]), refused.Id, Towns[..2], Start).Status
        );
        Assert.Throws<Refusal>(() => Declare("AUT", "").Refused(" "));
    }

    private static Perimeter Confirmed() => Declare("AUT", "").Confirmed(Start)!;

    private static Perimeter Declare(string kind, string siren, Territory[]? members = null) =>
        PerimeterRules.Declared(null, Ask(kind, siren, members ?? Towns[..3]), "PTEST", members ?? Towns[..3], Start);

    private static DeclarePerimeterRequest Ask(string kind, string siren, Territory[] members) =>
        new()
        {
            Kind = kind,
            Name = "Pays d’Essai",
            Siren = siren,
            ValidFrom = "2019-06-01",
            Members = { members.Select(member => member.Id) },
        };
}
