using CsCheck;
using Fabrique.Search;

namespace Fabrique.Tests;

/// <summary>What words look like each other.</summary>
public sealed class SpellingTests
{
    private static readonly Gen<string> AnyWord = Gen.Char["abcdefé"].Array[1, 11].Select(letters => new string(letters));

    private static readonly Gen<(int Kind, int Place, char Letter)> Slip = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 10], Gen.Char["abcdefé"]);

    [Fact]
    public void A_word_is_near_those_that_few_slips_make_of_it_and_no_others() =>
        Gen.Select(AnyWord, Slip.Array[1, 3].Array[1, 10])
            .Sample(
                (asked, slips) =>
                {
                    var words = slips.Select(several => several.Aggregate(asked, Slipped)).ToHashSet();
                    var spelling = new Spelling();
                    foreach (var word in words)
                    {
                        spelling.Add(word);
                    }
                    var text = FrenchText.Fold(asked);
                    var most =
                        text.Length >= 8 ? 2
                        : text.Length >= 5 ? 1
                        : 0;
                    var expected = Enumerable
                        .Range(1, most)
                        .Select(distance =>
                            words
                                .Select(FrenchText.Fold)
                                .Distinct()
                                .Where(word => word != text && Distance(word, text) <= distance)
                                .Order(StringComparer.Ordinal)
                        );
                    Assert.Equal(
                        expected,
                        spelling.Near(asked).Select(alike => alike.Select(FrenchText.Fold).Order(StringComparer.Ordinal))
                    );
                }
            );

    [Fact]
    public void Of_words_that_are_as_near_those_with_the_same_first_letter_come_first()
    {
        var spelling = new Spelling();
        foreach (var word in new[] { "bardin", "jardins", "jardon", "zebre" })
        {
            spelling.Add(word);
        }
        Assert.Equal(["jardins", "jardon", "bardin"], Assert.Single(spelling.Near("Jardin")));
    }

    private static string Slipped(string word, (int Kind, int Place, char Letter) slip)
    {
        var at = slip.Place % word.Length;
        return slip.Kind switch
        {
            0 => word.Insert(at, $"{slip.Letter}"),
            1 => word.Length > 1 ? word.Remove(at, 1) : word,
            2 => word.Remove(at, 1).Insert(at, $"{slip.Letter}"),
            _ => at > 0 ? string.Concat(word.AsSpan(0, at - 1), $"{word[at]}{word[at - 1]}", word.AsSpan(at + 1)) : word,
        };
    }

    /// <summary>
    /// A letter more, less or other, or two neighbours that changed places: how many of these, no letter being touched twice.
    /// </summary>
    private static int Distance(string one, string other)
    {
        var steps = new int[one.Length + 1, other.Length + 1];
        for (var at = 0; at <= one.Length; at++)
        {
            for (var to = 0; to <= other.Length; to++)
            {
                steps[at, to] =
                    at == 0 ? to
                    : to == 0 ? at
                    : Math.Min(
                        Math.Min(steps[at - 1, to] + 1, steps[at, to - 1] + 1),
                        steps[at - 1, to - 1] + (one[at - 1] == other[to - 1] ? 0 : 1)
                    );
                if (at > 1 && to > 1 && one[at - 1] == other[to - 2] && one[at - 2] == other[to - 1])
                {
                    steps[at, to] = Math.Min(steps[at, to], steps[at - 2, to - 2] + 1);
                }
            }
        }
        return steps[one.Length, other.Length];
    }
}
