using CsCheck;
using Fabrique.Portal.Territories;
using Fabrique.Site.Lists;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

/// <summary>The drawing of a trajectory holds whatever a territory tells.</summary>
public sealed class TimelineTests
{
    private static readonly Gen<string> Sentence = Gen.OneOf(
            "terril",
            "renouveau",
            "de",
            "la",
            "démocratique",
            "charte",
            "été",
            "écoconstruction"
        )
        .Array[1, 12]
        .Select(words => string.Join(' ', words));

    private static readonly Gen<Profile> AnyProfile =
        from phases in Gen.Select(Sentence, Sentence).Array[0, 7]
        from milestones in Gen.Select(Gen.Int[1850, 2040], Gen.Int[0, 9], Sentence).Array[1, 30]
        select new Profile
        {
            Phases =
            {
                phases.Select(
                    (phase, at) =>
                        new Phase
                        {
                            Code = $"P{at}",
                            Title = phase.Item1,
                            InhabitantsRole = at % 3 == 0 ? "" : phase.Item2,
                        }
                ),
            },
            Milestones =
            {
                milestones.Select(milestone => new Milestone
                {
                    Date = $"{milestone.Item1}",
                    Phase = $"P{milestone.Item2}",
                    Title = milestone.Item3,
                }),
            },
        };

    [Fact]
    public void Every_milestone_is_drawn_and_nothing_leaves_the_drawing() =>
        Gen.Select(AnyProfile, Gen.OneOf((960, 4), (320, 1)))
            .Sample(
                (profile, size) =>
                {
                    var phases = PhaseMilestones.Of(profile);
                    var drawing = TimelineDrawing.Of(phases, size.Item1, size.Item2);

                    Assert.Equal(profile.Milestones.Count, drawing.Texts.Count(text => text.Class == "date"));
                    Assert.Equal(
                        profile.Milestones.SelectMany(milestone => milestone.Title.Split(' ')).Order(),
                        drawing.Texts.Where(text => text.Class == "step").SelectMany(text => text.Text.Split(' ')).Order()
                    );
                    Assert.All(drawing.Texts, text =>
                    {
                        Assert.InRange(text.X, 0, drawing.Width);
                        Assert.InRange(text.Y, 0, drawing.Height);
                    });
                    Assert.All(drawing.Pebbles, pebble => Assert.InRange(pebble.X, 0, drawing.Width));
                }
            );

    [Fact]
    public void No_two_lines_of_text_are_drawn_over_each_other() =>
        Gen.Select(AnyProfile, Gen.OneOf((960, 4), (320, 1)))
            .Sample(
                (profile, size) =>
                {
                    var texts = TimelineDrawing
                        .Of(PhaseMilestones.Of(profile), size.Item1, size.Item2)
                        .Texts.Where(text => text is { Class: not "decade", Text.Length: > 0 });
                    Assert.All(texts.GroupBy(text => text.X), column =>
                    {
                        var lines = column.Select(text => text.Y).Order().ToList();
                        Assert.All(lines.Zip(lines.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 13, $"{pair}"));
                    });
                }
            );

    [Fact]
    public void A_line_is_as_wide_as_its_room_or_a_single_word() =>
        Gen.Select(Sentence, Gen.Int[40, 400])
            .Sample(
                (text, width) =>
                {
                    var lines = SvgText.Wrap(text, 15, width);
                    Assert.Equal(text, string.Join(' ', lines));
                    Assert.All(lines, line =>
                        Assert.True(!line.Contains(' ', StringComparison.Ordinal) || SvgText.Width(line, 15) <= width)
                    );
                }
            );
}
