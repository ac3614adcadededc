using CsCheck;
using Fabrique.Territories;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

/// <summary>
/// The assessment of a territory: whatever families do in whatever order, none is shown what is not for it yet, and what is frozen stays.
/// </summary>
public sealed class AssessmentRulesTests
{
    private const string Town = "ZZ001";
    private static readonly DateOnly Start = new(2026, 1, 15);
    private static readonly Questionnaire Asked = new Questionnaires().Find("1")!;
    private static readonly string[] Families = [.. Vocabulary.Role4F.Codes];
    private static readonly string[] Answers = [.. Asked.Steps.Concat(Asked.Others).Select(choice => choice.Code)];

    private enum Verb
    {
        Save,
        Fill,
        Submit,
        Reopen,
        Restart,
        Freeze,
    }

    private static readonly Gen<List<(Verb Verb, string Family, int Axis, string Answer, int Late)>> Steps = Gen.Select(
        Gen.Enum<Verb>(),
        Gen.Int[0, Families.Length - 1].Select(at => Families[at]),
        Gen.Int[0, 3],
        Gen.Int[0, Answers.Length - 1].Select(at => Answers[at]),
        Gen.Int[0, 5]
    ).List[1, 60];

    [Fact]
    public void No_family_is_shown_answers_before_both_have_submitted_theirs() => Steps.Sample(steps => Play(steps, (assessment, _) =>
            {
                foreach (var reader in Families)
                {
                    var seen = assessment.SeenBy([reader]);
                    foreach (var sheet in seen.Sheets.Where(sheet => sheet.Family != reader))
                    {
                        var (own, other) = (assessment.Sheet(reader), assessment.Sheet(sheet.Family)!);
                        var isOpen = own is { IsSubmitted: true } && other.IsSubmitted;
                        Assert.Equal(isOpen ? other.Answers : [], sheet.Answers);
                        Assert.Equal((0, other.SubmittedOn), (sheet.Version, sheet.SubmittedOn));
                    }
                    Assert.Equal(assessment.Sheet(reader), seen.Sheet(reader));
                    // What differs says no more.
                    Assert.True(seen.Sheet(reader) is { IsSubmitted: true } || !Asked.Compare(seen.Sheets).Any());
                }
            }));

    [Fact]
    public void A_snapshot_holds_only_what_was_submitted_and_never_changes() =>
        Steps.Sample(steps =>
        {
            var kept = new List<(AssessmentSnapshot Snapshot, byte[] Bytes)>();
            Play(steps, (assessment, snapshot) =>
            {
                if (snapshot is not null)
                {
                    Assert.All(snapshot.Sheets, sheet => Assert.True(sheet.IsSubmitted && sheet.Version == 0));
                    Assert.Equal(
                        assessment.Sheets.Where(sheet => sheet.IsSubmitted).Select(sheet => (sheet.Family, sheet.Answers)),
                        snapshot.Sheets.Select(sheet => (sheet.Family, sheet.Answers))
                    );
                    kept.Add((snapshot, Bytes(snapshot)));
                }
                Assert.All(kept, each => Assert.Equal(each.Bytes, Bytes(each.Snapshot)));
                // Opening it says who may read, and changes nothing of what it holds.
                Assert.All(kept, each => Assert.Equal(each.Snapshot, each.Snapshot.Opened(true, Start)!.Opened(false, Start)));
            });
        });

    [Fact]
    public void A_snapshot_is_read_by_families_that_answered_then_or_since()
    {
        var assessment = Submitted(Submitted(null, "ELU"), "AGENT");
        var snapshot = assessment.Frozen("1", Start);
        Assert.Equal(snapshot, snapshot.SeenBy(["ELU"], null));
        Assert.All(snapshot.SeenBy(["SOCIO"], assessment).Sheets, sheet => Assert.Empty(sheet.Answers));
        Assert.All(snapshot.SeenBy([], assessment).Sheets, sheet => Assert.Empty(sheet.Answers));
        Assert.Equal(snapshot, snapshot.SeenBy(["SOCIO"], Submitted(assessment, "SOCIO")));
    }

    [Fact]
    public void A_sheet_is_saved_axis_by_axis_and_a_stale_or_wrong_one_is_refused()
    {
        var first = Saved(null, Told(0, ("ENGAGER-1", "DEBUT", ""), ("ENGAGER-2", "", "Un jour par mois")), 1)!;
        Assert.Equal(("1", "2026-01-15", 1), (first.Questionnaire, first.StartedOn, first.Sheet("ELU")!.Version));
        var second = Saved(first, new(Told(1, ("EVALUER-1", "NE_SAIT_PAS", ""))) { Principle = "EVALUER" }, 2)!;
        Assert.Equal(["ENGAGER-1", "ENGAGER-2", "EVALUER-1"], second.Sheet("ELU")!.Answers.Select(answer => answer.Question));
        Assert.Null(Saved(second, new(Told(2, ("EVALUER-1", "NE_SAIT_PAS", ""))) { Principle = "EVALUER" }, 3));

        Assert.Equal("STALE_VERSION", Refused(() => Saved(second, Told(1, ("ENGAGER-1", "HABITUDE", "")), 3)).Reason);
        Assert.Equal(
            "STALE_VERSION",
            Refused(() => Saved(second, new(Told(2, ("ENGAGER-1", "HABITUDE", ""))) { Questionnaire = "0" }, 3)).Reason
        );
        Assert.Equal(
            ["principle"],
            Refused(() => Saved(second, new(Told(2)) { Principle = "NOTER" }, 3)).Fields.Select(field => field.Field)
        );
        Assert.Equal(["answers"], Refused(() => Saved(null, Told(0), 1)).Fields.Select(field => field.Field));
        var wrong = Told(
            2,
            ("EVALUER-1", "DEBUT", ""),
            ("ENGAGER-1", "BRAVO", ""),
            ("ENGAGER-2", "DEBUT", new string('x', 601)),
            ("ENGAGER-2", "DEBUT", "")
        );
        Assert.Equal(
            ["answers[0].question", "answers[1].answer", "answers[2].evidence", "answers"],
            Refused(() => Saved(second, wrong, 3)).Fields.Select(field => field.Field)
        );
        var missing = Refused(() => second.Submitted(Asked, "ELU", 2, 3, Start)).Fields.Select(field => field.Field).ToList();
        Assert.Equal((18, "ENGAGER-2", false), (missing.Count, missing[0], missing.Contains("EVALUER-1")));

        var submitted = Submitted(null, "ELU");
        Assert.Equal(
            "SHEET_SUBMITTED",
            Refused(() => Saved(submitted, Told(submitted.Sheet("ELU")!.Version, ("ENGAGER-1", "DEBUT", "")), 9)).Reason
        );
        Assert.Null(submitted.Submitted(Asked, "ELU", 0, 9, Start));
        Assert.Null(submitted.Reopened("ELU", 9)!.Reopened("ELU", 10));
        Assert.Equal("NOTHING_SUBMITTED", Refused(() => second.Frozen("1", Start)).Reason);
    }

    [Fact]
    public void Families_are_compared_in_steps_and_the_widest_difference_comes_first()
    {
        Assert.Equal(
            [
                ("ENGAGER-4", AnswerGap.Wide),
                ("ENGAGER-3", AnswerGap.Wide),
                ("ENGAGER-5", AnswerGap.Unsure),
                ("ENGAGER-2", AnswerGap.Near),
                ("ENGAGER-1", AnswerGap.None),
            ],
            Asked
                .Compare([
                    Sheet("ELU", "DEBUT", "DEBUT", "PAS_ENCORE", "HABITUDE", "DEBUT"),
                    Sheet("AGENT", "DEBUT", "INSTALLE", "INSTALLE", "PAS_ENCORE", "NE_SAIT_PAS"),
                ])
                .Where(one => one.Question.StartsWith("ENGAGER", StringComparison.Ordinal))
                .Select(one => (one.Question, one.Gap))
        );
        Assert.Empty(Asked.Compare([Sheet("ELU", "DEBUT", "DEBUT", "DEBUT", "DEBUT", "DEBUT")]));

        Assert.Equal(
            [("ENGAGER-1", AnswerMove.Forward), ("ENGAGER-2", AnswerMove.Back), ("ENGAGER-3", AnswerMove.Other)],
            Asked
                .Changes(
                    [Sheet("ELU", "DEBUT", "DEBUT", "NE_SAIT_PAS", "DEBUT", "")],
                    [
                        Sheet("ELU", "HABITUDE", "PAS_ENCORE", "DEBUT", "DEBUT", "DEBUT"),
                        Sheet("ETAT", "DEBUT", "DEBUT", "DEBUT", "DEBUT", "DEBUT"),
                    ]
                )
                .Select(change => (change.Question, change.Move))
        );
    }

    /// <summary>Plays the steps that the rules allow, and looks after each of them.</summary>
    private static void Play(
        List<(Verb Verb, string Family, int Axis, string Answer, int Late)> steps,
        Action<Assessment, AssessmentSnapshot?> look
    )
    {
        Assessment? assessment = null;
        var version = 0L;
        foreach (var (verb, family, axis, answer, late) in steps)
        {
            var seen = assessment?.Sheet(family)?.Version ?? 0;
            AssessmentSnapshot? snapshot = null;
            try
            {
                var next = (verb, assessment) switch
                {
                    (Verb.Save, _) => Saved(assessment, Whole(family, axis, answer, late == 5 ? seen - 1 : seen), ++version),
                    (Verb.Fill, _) => Enumerable
                        .Range(0, 4)
                        .Aggregate(assessment, (before, each) =>
                            Saved(before, Whole(family, each, answer, before?.Sheet(family)?.Version ?? 0), ++version) ?? before
                        ),
                    (_, null) => null,
                    (Verb.Submit, _) => assessment.Submitted(Asked, family, seen, ++version, Start),
                    (Verb.Reopen, _) => assessment.Reopened(family, ++version),
                    (Verb.Restart, _) => late == 0 ? assessment.Restarted() : null,
                    _ => null,
                };
                assessment = next ?? assessment;
                snapshot = verb == Verb.Freeze && assessment is not null ? assessment.Frozen($"{version}", Start) : null;
            }
            catch (Refusal)
            {
                continue;
            }
            if (assessment is not null)
            {
                look(assessment, snapshot);
            }
        }
    }

    private static Assessment Submitted(Assessment? assessment, string family)
    {
        for (var axis = 0; axis < Asked.Axes.Count; axis++)
        {
            assessment = Saved(assessment, Whole(family, axis, "DEBUT", assessment?.Sheet(family)?.Version ?? 0), axis + 1);
        }
        return assessment!.Submitted(Asked, family, Asked.Axes.Count, Asked.Axes.Count + 1, Start)!;
    }

    private static Assessment? Saved(Assessment? current, SaveSheetRequest told, long version) =>
        AssessmentRules.Saved(current, Town, Asked, told, version, Start);

    private static SaveSheetRequest Whole(string family, int axis, string answer, long seen) =>
        new()
        {
            Territory = Town,
            Family = family,
            Questionnaire = "1",
            Principle = Asked.Axes[axis].Principle,
            Version = seen,
            Answers = { Asked.Axes[axis].Questions.Select(question => new AssessmentAnswer { Question = question.Code, Answer = answer }) },
        };

    private static SaveSheetRequest Told(long seen, params (string Question, string Answer, string Evidence)[] answers) =>
        new()
        {
            Territory = Town,
            Family = "ELU",
            Questionnaire = "1",
            Principle = "ENGAGER",
            Version = seen,
            Answers =
            {
                answers.Select(told => new AssessmentAnswer
                {
                    Question = told.Question,
                    Answer = told.Answer,
                    Evidence = told.Evidence,
                }),
            },
        };

    private static AssessmentSheet Sheet(string family, params string[] engaging) =>
        new()
        {
            Family = family,
            SubmittedOn = "2026-01-15",
            Answers = { engaging.Select((answer, at) => new AssessmentAnswer { Question = $"ENGAGER-{at + 1}", Answer = answer }) },
        };

    private static Refusal Refused(Action call) => Assert.Throws<Refusal>(call);

    private static byte[] Bytes(AssessmentSnapshot snapshot) => Google.Protobuf.MessageExtensions.ToByteArray(snapshot);
}
