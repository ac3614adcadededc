using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

public sealed class AssessmentsOnSqliteTests(ServiceOnSqlite<TerritoriesDb> service)
    : AssessmentsSuite(service),
        IClassFixture<ServiceOnSqlite<TerritoriesDb>>;

[Trait("Databases", "all")]
public sealed class AssessmentsOnPostgreSqlTests(ServiceOnPostgreSql<TerritoriesDb> service)
    : AssessmentsSuite(service),
        IClassFixture<ServiceOnPostgreSql<TerritoriesDb>>;

/// <summary>How a territory looks at itself, over gRPC: who sees what, and when.</summary>
public abstract class AssessmentsSuite(ServiceUnderTest<TerritoriesDb> service)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AssessmentService.AssessmentServiceClient Assessments => new(service.Channel);

    [Fact]
    public async Task Two_families_answer_apart_then_see_where_they_differ()
    {
        const string town = "ZZ003";
        var (elected, officer) = (Of(town, "ELU"), Of(town, "AGENT"));
        var nothing = await Assessments.GetAssessmentAsync(new() { Territory = town }, elected);
        Assert.Equal(("1", 0, "ELU"), (nothing.Assessment.Questionnaire, nothing.Assessment.Sheets.Count, Assert.Single(nothing.Families)));

        await FillAsync(town, "ELU", "HABITUDE");
        var first = await FillAsync(town, "AGENT", "DEBUT");
        Assert.Empty(Others(await SeenAsync(town, elected), "ELU"));
        await Assessments.SubmitSheetAsync(
            new()
            {
                Territory = town,
                Family = "AGENT",
                Version = first,
            },
            officer
        );
        var waiting = await SeenAsync(town, elected);
        Assert.Empty(Others(waiting, "ELU"));
        Assert.NotEqual("", waiting.Assessment.Sheets.Single(sheet => sheet.Family == "AGENT").SubmittedOn);
        Assert.Empty(waiting.Comparisons);
        Assert.Empty(Others(await SeenAsync(town, officer), "AGENT"));

        await SubmitAsync(town, "ELU");
        var seen = await SeenAsync(town, elected);
        Assert.Equal((20, 20), (Others(seen, "ELU").Count(), seen.Comparisons.Count));
        Assert.All(seen.Comparisons, one => Assert.Equal(AnswerGap.Wide, one.Gap));
        Assert.Empty(Others(await SeenAsync(town, Of(town, "SOCIO")), "SOCIO"));

        // Whoever takes the sheet back sees nothing of the others until it is there again, and neither do they.
        await Assessments.ReopenSheetAsync(new() { Territory = town, Family = "ELU" }, elected);
        Assert.Empty(Others(await SeenAsync(town, elected), "ELU"));
        Assert.Empty(Others(await SeenAsync(town, officer), "AGENT"));
    }

    [Fact]
    public async Task Two_people_of_one_family_share_a_sheet_and_the_later_one_is_told()
    {
        const string town = "ZZ004";
        var saved = (await Assessments.SaveSheetAsync(Answers(town, "SOCIO", "ENGAGER", "DEBUT", 0), Of(town, "SOCIO"))).Sheet;
        Assert.Equal(
            "STALE_VERSION",
            Reason(
                await RefusedAsync(StatusCode.Aborted, () =>
                    Assessments.SaveSheetAsync(Answers(town, "SOCIO", "EVALUER", "HABITUDE", 0), Of(town, "SOCIO")).ResponseAsync
                )
            )
        );
        var then = (
            await Assessments.SaveSheetAsync(Answers(town, "SOCIO", "EVALUER", "HABITUDE", saved.Version), Of(town, "SOCIO"))
        ).Sheet;
        Assert.Equal(10, then.Answers.Count);
        var missing = await RefusedAsync(StatusCode.InvalidArgument, () => Assessments
                .SubmitSheetAsync(
                    new()
                    {
                        Territory = town,
                        Family = "SOCIO",
                        Version = then.Version,
                    },
                    Of(town, "SOCIO")
                )
                .ResponseAsync);
        Assert.Equal((10, "SYSTEMIQUE-1"), (Fields(missing).Count(), Fields(missing).First()));
        Assert.Equal(
            "NOTHING_SUBMITTED",
            Reason(
                await RefusedAsync(StatusCode.FailedPrecondition, () =>
                    Assessments.FreezeAssessmentAsync(new() { Territory = town }, Of(town, "SOCIO")).ResponseAsync
                )
            )
        );
        // Evidence is tidied like any text, and a name of a person is nowhere kept beside it.
        var told = Answers(town, "SOCIO", "EVALUER", "HABITUDE", then.Version);
        told.Answers[0].Evidence = "  Un atelier\u0007 ";
        Assert.Equal(
            "Un atelier",
            (await Assessments.SaveSheetAsync(told, Of(town, "SOCIO"))).Sheet.Answers.Single(answer => answer.Evidence.Length > 0).Evidence
        );
    }

    [Fact]
    public async Task A_snapshot_is_frozen_once_compared_opened_taken_back_and_erased()
    {
        const string town = "ZZ005";
        var referent = service.As(new Grant(Grant.Referent, town, "AGENT"));
        await FillAsync(town, "AGENT", "DEBUT");
        await SubmitAsync(town, "AGENT");
        var request = new FreezeAssessmentRequest { Territory = town, RequestId = Guid.CreateVersion7().ToString() };
        var before = (await Assessments.FreezeAssessmentAsync(request, referent)).Snapshot;
        Assert.Equal(before, (await Assessments.FreezeAssessmentAsync(request, referent)).Snapshot);
        Assert.Equal(
            ["requestId"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Assessments.FreezeAssessmentAsync(new(request) { RequestId = "7" }, referent).ResponseAsync
                )
            )
        );

        await Assessments.ReopenSheetAsync(new() { Territory = town, Family = "AGENT" }, referent);
        await FillAsync(town, "AGENT", "INSTALLE");
        await SubmitAsync(town, "AGENT");
        await FillAsync(town, "ELU", "DEBUT");
        await SubmitAsync(town, "ELU");
        var after = (await Assessments.FreezeAssessmentAsync(new() { Territory = town }, Of(town, "ELU"))).Snapshot;
        Assert.Equal(
            [after.Id, before.Id],
            (await Assessments.ListSnapshotsAsync(new() { Territory = town }, referent)).Snapshots.Select(snapshot => snapshot.Id)
        );
        Assert.All(
            (await Assessments.ListSnapshotsAsync(new() { Territory = town }, referent)).Snapshots.SelectMany(snapshot => snapshot.Sheets),
            sheet => Assert.Empty(sheet.Answers)
        );

        var changes = await Assessments.CompareSnapshotsAsync(
            new()
            {
                Territory = town,
                Before = before.Id,
                After = after.Id,
            },
            referent
        );
        Assert.Equal(
            (20, "AGENT", AnswerMove.Forward),
            (
                changes.Changes.Count,
                changes.Changes.Select(change => change.Family).Distinct().Single(),
                changes.Changes.Select(change => change.Move).Distinct().Single()
            )
        );
        Assert.All(
            (await Assessments.GetSnapshotAsync(new() { Territory = town, Id = before.Id }, referent)).Snapshot.Sheets.SelectMany(sheet =>
                sheet.Answers
            ),
            answer => Assert.Equal("DEBUT", answer.Answer)
        );

        // A family that never answered reads who did, and not what.
        var stranger = await Assessments.GetSnapshotAsync(new() { Territory = town, Id = after.Id }, Of(town, "ETAT"));
        Assert.Equal(
            (2, 0, 0),
            (stranger.Snapshot.Sheets.Count, stranger.Snapshot.Sheets.Sum(sheet => sheet.Answers.Count), stranger.Comparisons.Count)
        );
        Assert.Empty(
            (
                await Assessments.CompareSnapshotsAsync(
                    new()
                    {
                        Territory = town,
                        Before = before.Id,
                        After = after.Id,
                    },
                    Of(town, "ETAT")
                )
            ).Changes
        );

        // The region is a territory too, whose delegates have no say in this one.
        var membership = (
            await new MembershipService.MembershipServiceClient(service.Channel).SubmitMembershipAsync(new() { Territory = town }, referent)
        ).Membership;
        var region = $"R{membership.Region}";
        // Facilitators of the place read one snapshot while it is open, and neither the other nor the sheets.
        var facilitator = service.As(new Grant(Grant.Facilitator, Grant.Everywhere));
        var one = new GetSnapshotRequest { Territory = town, Id = after.Id };
        await RefusedAsync(StatusCode.NotFound, () => Assessments.GetSnapshotAsync(one, facilitator).ResponseAsync);
        Assert.Empty((await Assessments.ListSnapshotsAsync(new() { Territory = town }, facilitator)).Snapshots);
        await Assessments.OpenSnapshotAsync(new() { Territory = town, Id = after.Id }, referent);
        Assert.Equal(
            40,
            (await Assessments.GetSnapshotAsync(one, service.As(new Grant(Grant.Facilitator, region)))).Snapshot.Sheets.Sum(sheet =>
                sheet.Answers.Count
            )
        );
        Assert.Equal(after.Id, Assert.Single((await Assessments.ListSnapshotsAsync(new() { Territory = town }, facilitator)).Snapshots).Id);
        await RefusedAsync(StatusCode.NotFound, () =>
            Assessments.GetSnapshotAsync(new() { Territory = town, Id = before.Id }, facilitator).ResponseAsync
        );
        foreach (
            var other in new[]
            {
                new Grant(Grant.Facilitator, "R53"),
                new(Grant.Delegate, region, "ELU"),
                new(Grant.Referent, region),
                new(Grant.Observer, Grant.Everywhere),
                new(Grant.Steward, Grant.Everywhere),
                new(Grant.Delegate, "ZZ006", "ELU"),
            }
        )
        {
            await RefusedAsync(StatusCode.PermissionDenied, () => Assessments.GetSnapshotAsync(one, service.As(other)).ResponseAsync);
            await RefusedAsync(StatusCode.PermissionDenied, () =>
                Assessments.ListSnapshotsAsync(new() { Territory = town }, service.As(other)).ResponseAsync
            );
        }
        await Assessments.CloseSnapshotAsync(new() { Territory = town, Id = after.Id }, referent);
        await RefusedAsync(StatusCode.NotFound, () => Assessments.GetSnapshotAsync(one, facilitator).ResponseAsync);

        await Assessments.DeleteSnapshotAsync(new() { Territory = town, Id = after.Id }, referent);
        await Assessments.DeleteSnapshotAsync(new() { Territory = town, Id = after.Id }, referent);
        await RefusedAsync(StatusCode.NotFound, () => Assessments.GetSnapshotAsync(one, referent).ResponseAsync);
        Assert.Equal(before.Id, Assert.Single((await Assessments.ListSnapshotsAsync(new() { Territory = town }, referent)).Snapshots).Id);
        var records = service.Services.GetRequiredService<RecordStore<TerritoriesDb>>();
        Assert.Null(await records.FindAsync<AssessmentSnapshot>(after.Id, Cancellation));
        Assert.True(await records.ExistsAsync<AssessmentSnapshot>(after.Id, Cancellation));
        await RefusedAsync(StatusCode.AlreadyExists, () =>
            Assessments.FreezeAssessmentAsync(new() { Territory = town, RequestId = after.Id }, referent).ResponseAsync
        );

        // A release before left an empty one in the place of one that was erased.
        var emptied = Guid.CreateVersion7().ToString();
        await records.WriteAsync<AssessmentSnapshot>(
            emptied,
            _ => Kinds.Snapshot.Change("deleted", new() { Id = emptied, Territory = town }),
            Cancellation
        );
        var old = new GetSnapshotRequest { Territory = town, Id = emptied };
        await RefusedAsync(StatusCode.NotFound, () => Assessments.GetSnapshotAsync(old, referent).ResponseAsync);
        await RefusedAsync(StatusCode.NotFound, () =>
            Assessments.OpenSnapshotAsync(new() { Territory = town, Id = emptied }, referent).ResponseAsync
        );
        await RefusedAsync(StatusCode.AlreadyExists, () =>
            Assessments.FreezeAssessmentAsync(new() { Territory = town, RequestId = emptied }, referent).ResponseAsync
        );
        Assert.Equal(before.Id, Assert.Single((await Assessments.ListSnapshotsAsync(new() { Territory = town }, referent)).Snapshots).Id);
        await Assessments.DeleteSnapshotAsync(new() { Territory = town, Id = emptied }, referent);

        // To begin anew empties the sheets of all, and nothing that is kept.
        var anew = await Assessments.RestartAssessmentAsync(new() { Territory = town }, referent);
        Assert.Equal((0, "1"), (anew.Assessment.Sheets.Count, anew.Assessment.Questionnaire));
        Assert.Equal(
            20,
            (await Assessments.GetSnapshotAsync(new() { Territory = town, Id = before.Id }, referent)).Snapshot.Sheets.Sum(sheet =>
                sheet.Answers.Count
            )
        );
        Assert.Equal(
            "STALE_VERSION",
            Reason(
                await RefusedAsync(StatusCode.Aborted, () =>
                    Assessments.SaveSheetAsync(Answers(town, "AGENT", "ENGAGER", "DEBUT", 5), referent).ResponseAsync
                )
            )
        );
    }

    [Fact]
    public async Task Nobody_else_reads_or_writes_it_whatever_they_guess()
    {
        var (town, neighbour) = ("ZZ006", "ZZ007");
        await FillAsync(town, "ELU", "DEBUT");
        await SubmitAsync(town, "ELU");
        var kept = (await Assessments.FreezeAssessmentAsync(new() { Territory = town }, Of(town, "ELU"))).Snapshot;
        (StatusCode Code, Metadata Who, Func<Metadata, Task> Call)[] calls =
        [
            // Another family's sheet, and the calls of whoever leads.
            (StatusCode.PermissionDenied, Of(town, "ELU"), who =>
                Assessments.SaveSheetAsync(Answers(town, "AGENT", "ENGAGER", "DEBUT", 0), who).ResponseAsync
            ),
            (StatusCode.PermissionDenied, Of(town, "AGENT"), who =>
                Assessments.SubmitSheetAsync(new() { Territory = town, Family = "ELU" }, who).ResponseAsync
            ),
            (StatusCode.PermissionDenied, service.As(town), who =>
                Assessments.ReopenSheetAsync(new() { Territory = town, Family = "ELU" }, who).ResponseAsync
            ),
            (StatusCode.PermissionDenied, service.As(new Grant(Grant.Referent, town)), who =>
                Assessments.ReopenSheetAsync(new() { Territory = town }, who).ResponseAsync
            ),
            (StatusCode.PermissionDenied, Of(town, "ELU"), who =>
                Assessments.RestartAssessmentAsync(new() { Territory = town }, who).ResponseAsync
            ),
            (StatusCode.PermissionDenied, Of(town, "ELU"), who =>
                Assessments.OpenSnapshotAsync(new() { Territory = town, Id = kept.Id }, who).ResponseAsync
            ),
            (StatusCode.PermissionDenied, Of(town, "ELU"), who =>
                Assessments.CloseSnapshotAsync(new() { Territory = town, Id = kept.Id }, who).ResponseAsync
            ),
            (StatusCode.PermissionDenied, Of(town, "ELU"), who =>
                Assessments.DeleteSnapshotAsync(new() { Territory = town, Id = kept.Id }, who).ResponseAsync
            ),
            // Another territory, by its own name or by the neighbour's with an id that was guessed.
            .. new[] { Of(neighbour, "ELU"), service.As(new Grant(Grant.Referent, neighbour, "ELU")) }.SelectMany(who =>
                new (StatusCode, Metadata, Func<Metadata, Task>)[]
                {
                    (StatusCode.PermissionDenied, who, who =>
                        Assessments.GetAssessmentAsync(new() { Territory = town }, who).ResponseAsync
                    ),
                    (StatusCode.PermissionDenied, who, who =>
                        Assessments.FreezeAssessmentAsync(new() { Territory = town }, who).ResponseAsync
                    ),
                    (StatusCode.PermissionDenied, who, who =>
                        Assessments.ListSnapshotsAsync(new() { Territory = town }, who).ResponseAsync
                    ),
                    (StatusCode.PermissionDenied, who, who =>
                        Assessments.GetSnapshotAsync(new() { Territory = town, Id = kept.Id }, who).ResponseAsync
                    ),
                    (StatusCode.NotFound, who, who =>
                        Assessments.GetSnapshotAsync(new() { Territory = neighbour, Id = kept.Id }, who).ResponseAsync
                    ),
                    (StatusCode.NotFound, who, who => Assessments
                            .CompareSnapshotsAsync(
                                new()
                                {
                                    Territory = neighbour,
                                    Before = kept.Id,
                                    After = kept.Id,
                                },
                                who
                            )
                            .ResponseAsync),
                    (StatusCode.AlreadyExists, who, who =>
                        Assessments.FreezeAssessmentAsync(new() { Territory = neighbour, RequestId = kept.Id }, who).ResponseAsync
                    ),
                }
            ),
            (StatusCode.NotFound, service.As(new Grant(Grant.Referent, neighbour, "ELU")), who =>
                Assessments.OpenSnapshotAsync(new() { Territory = neighbour, Id = kept.Id }, who).ResponseAsync
            ),
            (StatusCode.NotFound, service.As(new Grant(Grant.Referent, neighbour, "ELU")), who =>
                Assessments.DeleteSnapshotAsync(new() { Territory = neighbour, Id = kept.Id }, who).ResponseAsync
            ),
            // Those who see much else see nothing of this.
            .. new[]
            {
                new Grant(Grant.Facilitator, Grant.Everywhere),
                new(Grant.Observer, Grant.Everywhere),
                new(Grant.Steward, Grant.Everywhere),
            }.SelectMany(grant =>
                new (StatusCode, Metadata, Func<Metadata, Task>)[]
                {
                    (StatusCode.PermissionDenied, service.As(grant), who =>
                        Assessments.GetAssessmentAsync(new() { Territory = town }, who).ResponseAsync
                    ),
                    (StatusCode.PermissionDenied, service.As(grant), who => Assessments
                            .CompareSnapshotsAsync(
                                new()
                                {
                                    Territory = town,
                                    Before = kept.Id,
                                    After = kept.Id,
                                },
                                who
                            )
                            .ResponseAsync),
                    (StatusCode.PermissionDenied, service.As(grant), who =>
                        Assessments.FreezeAssessmentAsync(new() { Territory = town }, who).ResponseAsync
                    ),
                }
            ),
        ];
        foreach (var (code, who, call) in calls)
        {
            await RefusedAsync(code, () => call(who));
            await RefusedAsync(StatusCode.Unauthenticated, () => call([]));
        }
        // The neighbour's freezing found nothing of the town's to freeze, and changed nothing of it.
        Assert.Equal(
            20,
            (await Assessments.GetSnapshotAsync(new() { Territory = town, Id = kept.Id }, Of(town, "ELU"))).Snapshot.Sheets.Sum(sheet =>
                sheet.Answers.Count
            )
        );
    }

    [Fact]
    public async Task Nothing_of_it_is_published_nor_told_to_other_applications_of_the_node()
    {
        const string town = "35238";
        await FillAsync(town, "ELU", "DEBUT");
        await SubmitAsync(town, "ELU");
        await Assessments.FreezeAssessmentAsync(new() { Territory = town }, Of(town, "ELU"));
        foreach (
            var audience in new Metadata[]
            {
                [],
                new() { { "dapr-api-token", ServiceUnderTest<TerritoriesDb>.SidecarToken } },
            }
        )
        {
            using var call = new FeedService.FeedServiceClient(service.Channel).Read(
                new ReadRequest(),
                audience,
                cancellationToken: Cancellation
            );
            var kinds = new List<string>();
            await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation))
            {
                if (response.Envelope.Length > 0)
                {
                    kinds.Add(Envelope.Read(response.Envelope.ToByteArray()).Kind);
                }
            }
            Assert.Contains(RecordKind.NameOf<Profile>(), kinds);
            Assert.DoesNotContain(kinds, kind => kind.Contains("Assessment", StringComparison.Ordinal));
        }
        using var http = service.Http(service.Token(town));
        foreach (var address in new[] { $"/api/v1/territories/{town}/assessment", $"/api/v1/territories/{town}/snapshots" })
        {
            Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.GetAsync(address, Cancellation)).StatusCode);
        }
    }

    [Fact]
    public async Task The_questions_are_shipped_in_each_language_with_the_same_codes_and_demonstrations_answer_them()
    {
        var french = (await Assessments.GetQuestionnaireAsync(new(), [])).Questionnaire;
        var english = (await Assessments.GetQuestionnaireAsync(new(), new Metadata { { "accept-language", "en" } })).Questionnaire;
        Assert.Equal(
            ("1", "fr", "en", 20),
            (french.Version, french.Language, english.Language, Codes(french).Count(code => code.Contains('-', StringComparison.Ordinal)))
        );
        Assert.Equal(Codes(french), Codes(english));
        Assert.Equal(Codes(french).Distinct(), Codes(french));
        Assert.Equal(Vocabulary.Principle.Codes.Order(), french.Axes.Select(axis => axis.Principle).Order());
        Assert.Contains("proposition de cette plateforme", french.Origin, StringComparison.Ordinal);
        await RefusedAsync(StatusCode.NotFound, () => Assessments.GetQuestionnaireAsync(new() { Version = "99" }).ResponseAsync);

        var demonstration = await SeenAsync("ZZ021", Of("ZZ021", "ELU"));
        Assert.Equal((3, 20), (demonstration.Assessment.Sheets.Count, demonstration.Comparisons.Count));
        var kept = Assert.Single((await Assessments.ListSnapshotsAsync(new() { Territory = "ZZ021" }, Of("ZZ021", "ELU"))).Snapshots);
        var whole = (await Assessments.GetSnapshotAsync(new() { Territory = "ZZ021", Id = kept.Id }, Of("ZZ021", "ELU"))).Snapshot;
        foreach (var sheet in demonstration.Assessment.Sheets.Concat(whole.Sheets))
        {
            Assert.Equal(
                french.Axes.SelectMany(axis => axis.Questions).Select(question => question.Code),
                sheet.Answers.Select(answer => answer.Question)
            );
            Assert.All(sheet.Answers, answer =>
                Assert.Contains(french.Steps.Concat(french.Others), choice => choice.Code == answer.Answer)
            );
        }

        static IEnumerable<string> Codes(Questionnaire questionnaire) =>
            questionnaire
                .Steps.Concat(questionnaire.Others)
                .Select(choice => choice.Code)
                .Concat(questionnaire.Axes.SelectMany(axis => axis.Questions).Select(question => question.Code));
    }

    private Metadata Of(string town, string family) => service.As(new Grant(Grant.Delegate, town, family));

    private Task<GetAssessmentResponse> SeenAsync(string town, Metadata who) =>
        Assessments.GetAssessmentAsync(new() { Territory = town }, who).ResponseAsync;

    private static IEnumerable<AssessmentAnswer> Others(GetAssessmentResponse seen, string own) =>
        seen.Assessment.Sheets.Where(sheet => sheet.Family != own).SelectMany(sheet => sheet.Answers);

    /// <summary>Answers every question alike, and gives the version of the sheet.</summary>
    private async Task<long> FillAsync(string town, string family, string answer)
    {
        foreach (var principle in Vocabulary.Principle.Codes)
        {
            await Assessments.SaveSheetAsync(Answers(town, family, principle, answer, await VersionAsync(town, family)), Of(town, family));
        }
        return await VersionAsync(town, family);
    }

    private async Task SubmitAsync(string town, string family) =>
        await Assessments.SubmitSheetAsync(
            new()
            {
                Territory = town,
                Family = family,
                Version = await VersionAsync(town, family),
            },
            Of(town, family)
        );

    private async Task<long> VersionAsync(string town, string family) =>
        (await SeenAsync(town, Of(town, family))).Assessment.Sheets.FirstOrDefault(sheet => sheet.Family == family)?.Version ?? 0;

    private static SaveSheetRequest Answers(string town, string family, string principle, string answer, long version) =>
        new()
        {
            Territory = town,
            Family = family,
            Questionnaire = "1",
            Principle = principle,
            Version = version,
            Answers = { Enumerable.Range(1, 5).Select(at => new AssessmentAnswer { Question = $"{principle}-{at}", Answer = answer }) },
        };
}
