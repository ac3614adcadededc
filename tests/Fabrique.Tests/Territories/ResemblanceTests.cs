using CsCheck;
using Fabrique.Territories;
using static Fabrique.Territories.V1.Likeness.Types;

namespace Fabrique.Tests;

/// <summary>What « territories like mine » means, whatever the territories.</summary>
public sealed class ResemblanceTests
{
    private static readonly Gen<Traits> AnyTraits =
        from id in Gen.Int[0, 9_999]
        from kind in Gen.OneOf("COM", "COM", "CC", "CA", "DEP")
        from population in Gen.OneOf(Gen.Int[0, 3_000_000].Select(count => (int?)count), Gen.Const((int?)null))
        from grouping in Gen.OneOf("", "CC", "CA")
        from region in Gen.OneOf("", "32", "84")
        from situations in Gen.OneOf("MINIER", "RURAL", "LITTORAL").HashSet[0, 3]
        select new Traits(
            $"{id:D5}",
            kind,
            population,
            kind == "COM" ? grouping : "",
            region.Length > 0 ? region + "0" : "",
            region,
            situations
        );

    [Fact]
    public void Two_territories_resemble_each_other_both_ways_between_not_at_all_and_wholly() =>
        Gen.Select(AnyTraits, AnyTraits)
            .Sample(
                (left, right) =>
                {
                    var score = Resemblance.Score(left, right);
                    Assert.Equal(score, Resemblance.Score(right, left), 12);
                    Assert.InRange(score, 0, 1);
                }
            );

    [Fact]
    public void Nothing_resembles_a_territory_more_than_itself() =>
        Gen.Select(AnyTraits, AnyTraits)
            .Sample(
                (left, right) =>
                {
                    var itself = Resemblance.Score(left, left);
                    Assert.True(
                        itself is 1 || (itself is 0 && left is { Population: null, Region: "", Grouping: "", Situations.Count: 0 })
                    );
                    Assert.True(itself >= Resemblance.Score(left, right) || itself is 0);
                }
            );

    [Fact]
    public void A_population_further_away_never_resembles_more() =>
        Gen.Select(AnyTraits, Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000])
            .Sample(
                (traits, asked, one, other) =>
                {
                    var (near, far) =
                        Math.Abs(Math.Log((one + 1.0) / (asked + 1))) <= Math.Abs(Math.Log((other + 1.0) / (asked + 1)))
                            ? (one, other)
                            : (other, one);
                    Assert.True(Score(near) >= Score(far) - 1e-12);

                    double Score(int population) =>
                        Resemblance.Score(traits with { Population = asked }, traits with { Population = population });
                }
            );

    [Fact]
    public void What_nobody_told_of_a_candidate_counts_neither_for_nor_against_it() =>
        Gen.Select(AnyTraits, AnyTraits)
            .Sample(
                (asked, candidate) =>
                {
                    var untold = Resemblance.Score(asked with { Situations = [] }, candidate);
                    Assert.Equal(untold, Resemblance.Score(asked, candidate with { Situations = [] }), 12);
                }
            );

    [Fact]
    public void A_ranking_does_not_depend_on_the_order_of_the_candidates_and_each_has_its_reasons() =>
        Gen.Select(AnyTraits, AnyTraits.Array[0, 30], Gen.Int)
            .Sample(
                (asked, candidates, seed) =>
                {
                    candidates = [.. candidates.DistinctBy(candidate => candidate.Id)];
                    var ranked = Resemblance.Rank(asked, candidates).ToList();
                    var shuffled = candidates.ToArray();
                    new Random(seed).Shuffle(shuffled);

                    Assert.Equal(ranked, Resemblance.Rank(asked, shuffled));
                    Assert.Equal(
                        ranked.Select(candidate => Resemblance.Score(asked, candidate)).OrderDescending(),
                        ranked.Select(candidate => Resemblance.Score(asked, candidate))
                    );
                    Assert.All(ranked, candidate =>
                    {
                        Assert.NotEqual(asked.Id, candidate.Id);
                        Assert.Equal(asked.Family, candidate.Family);
                        Assert.NotEmpty(Resemblance.Reasons(asked, candidate));
                    });
                }
            );

    [Fact]
    public void Reasons_say_only_what_is_shared_and_the_heaviest_first()
    {
        var asked = new Traits("62528", "COM", 6_799, "CA", "62", "32", ["MINIER", "PERIURBAIN"]);
        var candidate = new Traits("62570", "COM", 7_900, "CA", "59", "32", ["MINIER", "LITTORAL"]);

        var reasons = Resemblance.Reasons(asked, candidate).ToList();

        Assert.Equal(
            [Criterion.Population, Criterion.Situation, Criterion.Grouping, Criterion.Region],
            reasons.Select(reason => reason.Criterion)
        );
        Assert.Equal(["MINIER"], reasons[1].Shared);
        Assert.Empty(Resemblance.Reasons(asked, new Traits("97411", "COM", 155_000, "CC", "974", "04", ["LITTORAL"])));
        Assert.Equal(
            [Criterion.Kind, Criterion.Department],
            Resemblance
                .Reasons(
                    asked with
                    {
                        Kind = "CC",
                        Grouping = "",
                    },
                    candidate with
                    {
                        Kind = "CC",
                        Grouping = "",
                        Department = "62",
                        Situations = [],
                        Population = 60_000,
                    }
                )
                .Select(reason => reason.Criterion)
        );
    }
}
