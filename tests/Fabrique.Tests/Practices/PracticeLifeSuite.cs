using Fabrique.Identity.V1;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

public sealed class PracticeLifeOnSqliteTests(ServiceOnSqlite<PracticesDb> service)
    : PracticeLifeSuite(service),
        IClassFixture<ServiceOnSqlite<PracticesDb>>;

public sealed class PracticeLifeOnPostgreSqlTests(ServiceOnPostgreSql<PracticesDb> service)
    : PracticeLifeSuite(service),
        IClassFixture<ServiceOnPostgreSql<PracticesDb>>;

/// <summary>
/// What happens to a practice around its publication: who reads it before, who says that it is still true, who says that it is not.
/// </summary>
public abstract class PracticeLifeSuite(ServiceUnderTest<PracticesDb> service)
{
    private const string Town = "ZZ001";
    private const string Peer = "ZZ002";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private PracticeService.PracticeServiceClient Practices => new(service.Channel);

    [Fact]
    public async Task Only_an_active_member_shows_its_practices_to_others()
    {
        foreach (
            var (town, membership, reason) in new[]
            {
                ("ZZ201", null, "MEMBERSHIP_NOT_ACTIVE"),
                ("ZZ202", new Membership { Territory = "ZZ202", Status = MembershipStatus.Asleep }, "MEMBERSHIP_ASLEEP"),
                (
                    "ZZ203",
                    new Membership
                    {
                        Territory = "ZZ203",
                        Status = MembershipStatus.Left,
                        EndedOn = "2026-11-01",
                    },
                    "MEMBERSHIP_ENDED"
                ),
            }
        )
        {
            if (membership is not null)
            {
                await service.DeliverAsync("territories", service.Membership(membership, 1));
            }
            var left = await service.LeavingAsync(town);
            var draft = await CreateAsync("À l’écart", practice => practice.Territory = town);
            foreach (
                var show in new Func<Task>[]
                {
                    () => Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(town)).ResponseAsync,
                    () =>
                        Practices
                            .AskReviewAsync(new() { Id = draft.Id, Review = PracticeStatus.PeerReview }, service.As(town))
                            .ResponseAsync,
                }
            )
            {
                Assert.Equal(reason, Reason(await RefusedAsync(StatusCode.FailedPrecondition, show)));
            }
            // Among themselves they go on.
            await Practices.AskReviewAsync(new() { Id = draft.Id, Review = PracticeStatus.InternalReview }, service.As(town));
            await left.AreAsync();
        }
    }

    [Theory]
    [InlineData(PracticeStatus.Draft), InlineData(PracticeStatus.InternalReview), InlineData(PracticeStatus.PeerReview)]
    public async Task A_draft_is_deleted_whole(PracticeStatus status)
    {
        var draft = await CreateAsync("À jeter");
        if (status != PracticeStatus.Draft)
        {
            draft = (await Practices.AskReviewAsync(new() { Id = draft.Id, Review = status }, service.As(Town))).Practice;
        }
        if (status == PracticeStatus.PeerReview)
        {
            var remark = new CommentPracticeRequest
            {
                Id = draft.Id,
                Territory = Peer,
                Text = "Dommage.",
            };
            await Practices.CommentPracticeAsync(remark, service.As(Peer));
        }
        await RefusedAsync(StatusCode.Unauthenticated, () => Practices.DeletePracticeAsync(new() { Id = draft.Id }).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Practices.DeletePracticeAsync(new() { Id = draft.Id }, service.As(Peer)).ResponseAsync
        );
        var delete = new DeletePracticeRequest { Id = draft.Id, Version = draft.Record.Version + 1 };
        await RefusedAsync(StatusCode.Aborted, () => Practices.DeletePracticeAsync(delete, service.As(Town)).ResponseAsync);

        delete.Version = draft.Record.Version;
        await Practices.DeletePracticeAsync(delete, service.As(Town));
        await RefusedAsync(StatusCode.NotFound, () => Practices.GetPracticeAsync(new() { Id = draft.Id }, service.As(Town)).ResponseAsync);
        var list = await Practices.ListPracticesAsync(new() { Territory = Town, Status = status }, service.As(Town));
        Assert.DoesNotContain(draft.Id, list.Practices.Select(found => found.Id));
        await using var db = await service.Services.GetRequiredService<IDbContextFactory<PracticesDb>>().CreateDbContextAsync(Cancellation);
        Assert.False(await db.Comments.AnyAsync(comment => comment.Practice == draft.Id, Cancellation));
        // Pressed twice.
        await Practices.DeletePracticeAsync(delete, service.As(Town));
    }

    [Fact]
    public async Task What_was_published_is_withdrawn_and_not_deleted()
    {
        var practice = await CreateAsync("À garder");
        foreach (
            var write in new Func<Task>[]
            {
                () => Practices.PublishPracticeAsync(new() { Id = practice.Id }, service.As(Town)).ResponseAsync,
                () => Practices.ArchivePracticeAsync(new() { Id = practice.Id }, service.As(Town)).ResponseAsync,
                () => Practices.WithdrawPracticeAsync(new() { Id = practice.Id }, service.As(Town)).ResponseAsync,
            }
        )
        {
            await write();
            Assert.Equal(
                "NOT_A_DRAFT",
                Reason(
                    await RefusedAsync(StatusCode.FailedPrecondition, () =>
                        Practices.DeletePracticeAsync(new() { Id = practice.Id }, service.As(Town)).ResponseAsync
                    )
                )
            );
        }
    }

    [Theory]
    [InlineData(PracticesLeft.Hidden)]
    [InlineData(PracticesLeft.Kept)]
    public async Task A_territory_that_leaves_takes_its_practices_along_or_leaves_them_to_be_read(PracticesLeft wish)
    {
        var town = wish == PracticesLeft.Hidden ? "ZZ204" : "ZZ205";
        await service.DeliverAsync("territories", service.Membership(town));
        await service.DeliverAsync(
            "territories",
            service.Profile(
                new()
                {
                    Territory = town,
                    Name = "Essai",
                    Department = "ZZ",
                    Region = "ZZ",
                }
            )
        );
        var practice = await PublishAsync("Avant de partir", practice => practice.Territory = town);
        var left = await service.LeavingAsync(town);

        await service.DeliverAsync(
            "territories",
            service.Membership(
                new()
                {
                    Territory = town,
                    Status = MembershipStatus.Left,
                    PracticesLeft = wish,
                    EndedOn = "2026-11-01",
                },
                2
            )
        );

        if (wish == PracticesLeft.Kept)
        {
            Assert.Equal("2026-11-01", (await Practices.GetPracticeAsync(new() { Id = practice.Id })).Practice.Place.LeftOn);
            await left.AreAsync();
            return;
        }
        await WholeNode.EventuallyAsync(
            PracticeStatus.Withdrawn,
            async () => (await Practices.GetPracticeAsync(new() { Id = practice.Id }, service.As(town))).Practice.Status,
            TimeSpan.FromSeconds(10)
        );
        await RefusedAsync(StatusCode.NotFound, () => Practices.GetPracticeAsync(new() { Id = practice.Id }).ResponseAsync);
        Assert.Empty((await Practices.ListPracticesAsync(new() { Territory = town })).Practices);
        await left.AreAsync("Practice withdrawn: gone");
    }

    [Fact]
    public async Task A_text_that_is_still_true_is_due_again_in_24_months()
    {
        var published = await PublishAsync("Toujours vraie", practice => practice.ReviewDueOn = "2020-01");
        var request = new ConfirmPracticeRequest { Id = published.Id, Version = published.Record.Version };
        var left = await service.LeavingAsync(Town);

        await RefusedAsync(StatusCode.Unauthenticated, () => Practices.ConfirmPracticeAsync(request).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () => Practices.ConfirmPracticeAsync(request, service.As(Peer)).ResponseAsync);
        var confirmed = (await Practices.ConfirmPracticeAsync(request, service.As(Town))).Practice;

        Assert.Equal(
            ("confirmed", published.Record.Version + 1, Visibility.Public),
            (confirmed.Record.Change, confirmed.Record.Version, confirmed.Record.Visibility)
        );
        Assert.Equal($"{TimeProvider.System.GetUtcNow().AddMonths(24):yyyy-MM}", confirmed.ReviewDueOn);
        Assert.Equal(published.Summary, confirmed.Summary);
        await RefusedAsync(StatusCode.Aborted, () => Practices.ConfirmPracticeAsync(request, service.As(Town)).ResponseAsync);
        await RefusedAsync(StatusCode.InvalidArgument, () =>
            Practices.ConfirmPracticeAsync(new() { Id = published.Id }, service.As(Town)).ResponseAsync
        );

        var draft = await CreateAsync("Pas encore");
        await RefusedAsync(StatusCode.FailedPrecondition, () =>
            Practices.ConfirmPracticeAsync(new() { Id = draft.Id, Version = 1 }, service.As(Town)).ResponseAsync
        );
        await left.AreAsync("Practice confirmed");
    }

    [Fact]
    public async Task A_draft_is_read_by_its_territory_then_by_peers_then_published()
    {
        var left = await service.LeavingAsync(Town);
        var draft = await CreateAsync("À relire");
        await RefusedAsync(StatusCode.PermissionDenied, () => AskAsync(draft, PracticeStatus.InternalReview, Peer));
        await RefusedAsync(StatusCode.InvalidArgument, () => AskAsync(draft, PracticeStatus.Published, Town));

        var internally = await AskAsync(draft, PracticeStatus.InternalReview, Town);
        Assert.Equal(Visibility.Private, internally.Record.Visibility);
        await RefusedAsync(StatusCode.NotFound, () => Practices.GetPracticeAsync(new() { Id = draft.Id }, service.As(Peer)).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Practices.ListPracticesAsync(new() { Status = PracticeStatus.InternalReview, Territory = Town }, service.As(Peer)).ResponseAsync
        );
        Assert.Contains(
            draft.Id,
            (
                await Practices.ListPracticesAsync(new() { Status = PracticeStatus.InternalReview, Territory = Town }, service.As(Town))
            ).Practices.Select(one => one.Id)
        );

        await left.AreAsync();
        var offered = await AskAsync(internally, PracticeStatus.PeerReview, Town);
        await left.AreAsync("Practice offered");
        Assert.Equal(("offered", Visibility.Network), (offered.Record.Change, offered.Record.Visibility));
        Assert.Equal(offered.Record.Version, (await AskAsync(offered, PracticeStatus.PeerReview, Town)).Record.Version);
        Assert.Equal("À relire", (await Practices.GetPracticeAsync(new() { Id = draft.Id }, service.As(Peer))).Practice.Title);
        Assert.Contains(
            draft.Id,
            (await Practices.ListPracticesAsync(new() { Status = PracticeStatus.PeerReview }, service.As(Peer))).Practices.Select(one =>
                one.Id
            )
        );
        await RefusedAsync(StatusCode.NotFound, () => Practices.GetPracticeAsync(new() { Id = draft.Id }).ResponseAsync);
        await RefusedAsync(StatusCode.Unauthenticated, () =>
            Practices.ListPracticesAsync(new() { Status = PracticeStatus.PeerReview }).ResponseAsync
        );
        Assert.DoesNotContain(
            draft.Id,
            (await Practices.ListPracticesAsync(new() { Territory = Town, PageSize = 100 })).Practices.Select(one => one.Id)
        );

        // Peers read; only the owner writes.
        await RefusedAsync(StatusCode.PermissionDenied, () => Practices
                .RevisePracticeAsync(
                    new()
                    {
                        Id = draft.Id,
                        Practice = new(offered) { Title = "Autre" },
                        Version = offered.Record.Version,
                    },
                    service.As(Peer)
                )
                .ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Peer)).ResponseAsync
        );
        var revised = (
            await Practices.RevisePracticeAsync(
                new()
                {
                    Id = draft.Id,
                    Practice = new(offered) { Title = "Relue" },
                    Version = offered.Record.Version,
                },
                service.As(Town)
            )
        ).Practice;
        Assert.Equal((PracticeStatus.PeerReview, Visibility.Network), (revised.Status, revised.Record.Visibility));
        await left.AreAsync("Practice redrafted");

        var published = (await Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town))).Practice;
        Assert.Equal(Visibility.Public, published.Record.Visibility);
        await RefusedAsync(StatusCode.FailedPrecondition, () => AskAsync(published, PracticeStatus.PeerReview, Town));
        await RefusedAsync(StatusCode.FailedPrecondition, () =>
            Practices.RedraftPracticeAsync(new() { Id = draft.Id }, service.As(Town)).ResponseAsync
        );
        await left.AreAsync("Practice published");
    }

    [Fact]
    public async Task A_draft_that_is_taken_back_from_its_readers_is_not_seen_by_them_any_more()
    {
        var offered = await AskAsync(await CreateAsync("Reprise"), PracticeStatus.PeerReview, Town);
        var left = await service.LeavingAsync(Town);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Practices.RedraftPracticeAsync(new() { Id = offered.Id }, service.As(Peer)).ResponseAsync
        );
        var draft = (
            await Practices.RedraftPracticeAsync(new() { Id = offered.Id, Version = offered.Record.Version }, service.As(Town))
        ).Practice;
        Assert.Equal((PracticeStatus.Draft, Visibility.Private), (draft.Status, draft.Record.Visibility));
        await left.AreAsync("Practice redrafted: gone");
        await RefusedAsync(StatusCode.NotFound, () =>
            Practices.GetPracticeAsync(new() { Id = offered.Id }, service.As(Peer)).ResponseAsync
        );
        await RefusedAsync(StatusCode.NotFound, () =>
            Practices.ListPracticeCommentsAsync(new() { Id = offered.Id }, service.As(Peer)).ResponseAsync
        );
    }

    [Fact]
    public async Task Peers_say_once_what_they_think_and_only_members_read_it()
    {
        var offered = await AskAsync(await CreateAsync("Commentée"), PracticeStatus.PeerReview, Town);
        var remark = new CommentPracticeRequest
        {
            Id = offered.Id,
            Territory = Peer,
            Text = "  Et la nuit ?  ",
            RequestId = Guid.CreateVersion7().ToString(),
        };

        await RefusedAsync(StatusCode.Unauthenticated, () => Practices.CommentPracticeAsync(remark).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () => Practices.CommentPracticeAsync(remark, service.As(Town)).ResponseAsync);
        await RefusedAsync(StatusCode.InvalidArgument, () =>
            Practices.CommentPracticeAsync(new(remark) { Text = new string('x', 2_001) }, service.As(Peer)).ResponseAsync
        );
        await RefusedAsync(StatusCode.InvalidArgument, () =>
            Practices.CommentPracticeAsync(new(remark) { Text = " " }, service.As(Peer)).ResponseAsync
        );
        await Practices.CommentPracticeAsync(remark, service.As(Peer));
        await Practices.CommentPracticeAsync(remark, service.As(Peer));

        var told = Assert.Single(await ToldAsync(offered.Id));
        Assert.Equal(
            (NoticeTopics.PracticeRemark.Name, NoticeAudience.Delegation, Town, "Commentée"),
            (told.Topic, told.Audience, told.Territory, told.Sentence.Values[0].Text)
        );
        Assert.DoesNotContain("nuit", told.ToString(), StringComparison.Ordinal);
        var comment = Assert.Single((await Practices.ListPracticeCommentsAsync(new() { Id = offered.Id }, service.As(Town))).Comments);
        Assert.Equal((Peer, "Et la nuit ?"), (comment.Territory, comment.Text));
        await RefusedAsync(StatusCode.Unauthenticated, () => Practices.ListPracticeCommentsAsync(new() { Id = offered.Id }).ResponseAsync);

        var draft = await CreateAsync("Pas donnée à relire");
        await RefusedAsync(StatusCode.NotFound, () =>
            Practices.CommentPracticeAsync(new(remark) { Id = draft.Id }, service.As(Peer)).ResponseAsync
        );
        await RefusedAsync(StatusCode.FailedPrecondition, () =>
            Practices.CommentPracticeAsync(new(remark) { Id = draft.Id, Territory = Town }, service.As(Town)).ResponseAsync
        );
    }

    [Fact]
    public async Task An_archived_practice_is_read_at_its_address_and_not_found_in_the_catalogue()
    {
        var published = await PublishAsync("Archivée");
        var left = await service.LeavingAsync(Town);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Practices.ArchivePracticeAsync(new() { Id = published.Id }, service.As(Peer)).ResponseAsync
        );
        await Practices.ArchivePracticeAsync(new() { Id = published.Id, Version = published.Record.Version }, service.As(Town));
        await left.AreAsync("Practice archived");

        Assert.Equal(PracticeStatus.Archived, (await Practices.GetPracticeAsync(new() { Id = published.Id })).Practice.Status);
        Assert.DoesNotContain(
            published.Id,
            (await Practices.ListPracticesAsync(new() { Territory = Town, PageSize = 100 })).Practices.Select(one => one.Id)
        );
        Assert.Contains(
            published.Id,
            (await Practices.ListPracticesAsync(new() { Territory = Town, Status = PracticeStatus.Archived })).Practices.Select(one =>
                one.Id
            )
        );
        await Practices.PublishPracticeAsync(new() { Id = published.Id }, service.As(Town));
        Assert.Contains(
            published.Id,
            (await Practices.ListPracticesAsync(new() { Territory = Town, PageSize = 100 })).Practices.Select(one => one.Id)
        );
    }

    [Fact]
    public async Task Anybody_reports_once_and_only_the_territory_reads_and_closes_it()
    {
        var practice = await PublishAsync("Signalée");
        var report = new ReportPracticeRequest
        {
            Id = practice.Id,
            Kind = ReportKind.Outdated,
            Text = "C’est fermé.",
            RequestId = Guid.CreateVersion7().ToString(),
        };
        await Practices.ReportPracticeAsync(report);
        await Practices.ReportPracticeAsync(report);

        Assert.Equal(
            (NoticeTopics.PracticeReport.Name, "Signalée"),
            (Assert.Single(await ToldAsync(practice.Id)) is var told ? told.Topic : "", told.Sentence.Values[0].Text)
        );
        var listed = Assert.Single(await ReportsAsync(practice.Id));
        Assert.Equal(("Signalée", ReportKind.Outdated, "C’est fermé.", ""), (listed.Title, listed.Kind, listed.Text, listed.ClosedOn));
        await RefusedAsync(StatusCode.Unauthenticated, () => Practices.ListPracticeReportsAsync(new() { Territory = Town }).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Practices.ListPracticeReportsAsync(new() { Territory = Town }, service.As(Peer)).ResponseAsync
        );

        var close = new ClosePracticeReportRequest { Id = listed.Id, Word = "Corrigé." };
        await RefusedAsync(StatusCode.Unauthenticated, () => Practices.ClosePracticeReportAsync(close).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () => Practices.ClosePracticeReportAsync(close, service.As(Peer)).ResponseAsync);
        await RefusedAsync(StatusCode.NotFound, () =>
            Practices.ClosePracticeReportAsync(new(close) { Id = "nope" }, service.As(Town)).ResponseAsync
        );
        await Practices.ClosePracticeReportAsync(close, service.As(Town));
        var closed = Assert.Single(await ReportsAsync(practice.Id));
        Assert.Equal("Corrigé.", closed.Word);
        Assert.NotEmpty(closed.ClosedOn);
    }

    [Fact]
    public async Task What_is_not_public_is_not_reported_and_a_report_says_something()
    {
        var draft = await CreateAsync("Cachée");
        var report = new ReportPracticeRequest
        {
            Id = draft.Id,
            Kind = ReportKind.Wrong,
            Text = "Faux.",
        };
        await RefusedAsync(StatusCode.NotFound, () => Practices.ReportPracticeAsync(report).ResponseAsync);
        report.Id = (await PublishAsync("Montrée")).Id;
        Assert.Equal(
            ["kind"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Practices.ReportPracticeAsync(new(report) { Kind = ReportKind.Unspecified }).ResponseAsync
                )
            )
        );
        Assert.Equal(
            ["text"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () => Practices.ReportPracticeAsync(new(report) { Text = "" }).ResponseAsync)
            )
        );
        Assert.Equal(
            ["text"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Practices.ReportPracticeAsync(new(report) { Text = new string('x', 1_001) }).ResponseAsync
                )
            )
        );
    }

    [Fact]
    public async Task Too_many_reports_of_a_day_are_kindly_refused()
    {
        var report = new ReportPracticeRequest
        {
            Id = (await PublishAsync("Très signalée")).Id,
            Kind = ReportKind.Wrong,
            Text = "Faux.",
        };
        for (var at = 0; at < Reports.MostADay; at++)
        {
            await Practices.ReportPracticeAsync(report);
        }
        await RefusedAsync(StatusCode.ResourceExhausted, () => Practices.ReportPracticeAsync(report).ResponseAsync);
        Assert.Equal(Reports.MostADay, (await ReportsAsync(report.Id)).Count);
    }

    [Fact]
    public async Task What_readers_and_peers_wrote_is_erased_after_twelve_months()
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var scope = service.Services.CreateAsyncScope();
        await using var db = await service.Services.GetRequiredService<IDbContextFactory<PracticesDb>>().CreateDbContextAsync(Cancellation);
        foreach (var (id, day) in new[] { ("erase-old", now.AddMonths(-12).AddDays(-2)), ("erase-young", now.AddMonths(-12).AddDays(2)) })
        {
            db.Reports.Add(
                new()
                {
                    Id = id,
                    Practice = "p",
                    Territory = "ZZ009",
                    Kind = ReportKind.Wrong,
                    Text = "t",
                    Day = $"{day:yyyy-MM-dd}",
                }
            );
            db.Comments.Add(
                new()
                {
                    Id = id,
                    Practice = "erased",
                    Territory = "ZZ009",
                    Text = "t",
                    Written = day.ToUnixTimeMilliseconds(),
                }
            );
        }
        await db.SaveChangesAsync(Cancellation);

        await ActivatorUtilities.CreateInstance<Erasure>(service.Services).EraseAsync(Cancellation);

        Assert.Equal(
            ["erase-young"],
            await db.Reports.Where(report => report.Territory == "ZZ009").Select(report => report.Id).ToListAsync(Cancellation)
        );
        Assert.Equal(
            ["erase-young"],
            await db.Comments.Where(comment => comment.Practice == "erased").Select(comment => comment.Id).ToListAsync(Cancellation)
        );
    }

    [Fact]
    public async Task The_answers_of_a_search_are_counted_by_territory_under_all_its_filters()
    {
        foreach (var (territory, count) in new[] { ("ZZ101", 3), ("ZZ102", 1) })
        {
            for (var at = 0; at < count; at++)
            {
                await PublishAsync($"Cartographiée {at}", practice => (practice.Territory, practice.Maturity) = (territory, "MASSIFIEE"));
            }
        }
        await PublishAsync("Cartographiée autrement", practice => practice.Territory = "ZZ102");

        var all = await Practices.ListPracticesAsync(
            new()
            {
                Query = "cartographiée",
                CountTerritories = true,
                PageSize = 1,
            }
        );
        Assert.Equal([("ZZ101", 3), ("ZZ102", 2)], all.Territories.Select(one => (one.Territory, one.Count)));
        Assert.Equal((2, 5), (all.TerritorySize, all.TotalSize));
        var some = await Practices.ListPracticesAsync(
            new()
            {
                Query = "cartographiée",
                Maturity = { "MASSIFIEE" },
                CountTerritories = true,
            }
        );
        Assert.Equal([("ZZ101", 3), ("ZZ102", 1)], some.Territories.Select(one => (one.Territory, one.Count)));
        Assert.Empty((await Practices.ListPracticesAsync(new() { Query = "cartographiée" })).Territories);
    }

    [Fact]
    public async Task A_practice_that_is_to_be_read_again_is_told_once_for_each_date()
    {
        var practice = await CreateAsync("À relire", told => told.ReviewDueOn = "2031-04");
        await Practices.PublishPracticeAsync(new() { Id = practice.Id }, service.As(Town));
        foreach (var (day, times) in new[] { ("2031-03-31", 0), ("2031-04-01", 1), ("2031-05-01", 1) })
        {
            using var reminders = ActivatorUtilities.CreateInstance<ReviewReminders>(
                service.Services,
                new FakeTimeProvider(DateTimeOffset.Parse(day + "T10:00:00Z", System.Globalization.CultureInfo.InvariantCulture))
            );
            await reminders.RemindAsync(Cancellation);
            Assert.Equal(times, (await ToldAsync(practice.Id)).Count);
        }
        Assert.Equal(NoticeTopics.PracticeReviewDue.Name, (await ToldAsync(practice.Id))[0].Topic);
    }

    [Fact]
    public async Task An_address_that_stands_in_what_readers_and_peers_wrote_is_told_and_erased_with_its_account()
    {
        const string email = "jo_elle@mairie.example";
        var people = new PeopleService.PeopleServiceClient(service.Channel);
        Metadata node = new() { { "dapr-api-token", ServiceUnderTest<PracticesDb>.SidecarToken } };
        var practice = await PublishAsync("Avec une adresse");
        foreach (
            var text in new[]
            {
                "Écrivez à Jo_Elle@mairie.example, vite.",
                "Écrivez à marie.jo_elle@mairie.example",
                "jozelle@mairie.example",
            }
        )
        {
            await Practices.ReportPracticeAsync(
                new()
                {
                    Id = practice.Id,
                    Kind = ReportKind.Outdated,
                    Text = text,
                    RequestId = Guid.CreateVersion7().ToString(),
                }
            );
        }

        await RefusedAsync(StatusCode.PermissionDenied, () => people.TellAsync(new() { Email = email }, service.As(Town)).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () => people.EraseAsync(new() { Email = email }, service.As(Town)).ResponseAsync);
        Assert.Empty((await people.TellAsync(new() { Person = "somebody" }, node)).Data);
        var told = Assert.Single((await people.TellAsync(new() { Person = "somebody", Email = email }, node)).Data);
        Assert.Equal(Purposes.Reports.Code, told.Purpose);
        Assert.Contains("vite", told.Content.ToString(), StringComparison.Ordinal);

        await people.EraseAsync(new() { Person = "somebody", Email = email }, node);
        await people.EraseAsync(new() { Person = "somebody", Email = email }, node);
        Assert.Empty((await people.TellAsync(new() { Email = email }, node)).Data);
        Assert.Equal(
            ["jozelle@mairie.example", "Écrivez à […], vite.", "Écrivez à marie.jo_elle@mairie.example"],
            (await ReportsAsync(practice.Id)).Select(report => report.Text).Order(StringComparer.Ordinal)
        );
    }

    /// <summary>What the service told of a practice, once all of it is told.</summary>
    private async Task<List<NotifyRequest>> ToldAsync(string practice)
    {
        await service.Services.GetRequiredService<Notices<PracticesDb>>().TellDueAsync(Cancellation);
        return
        [
            .. service
                .Services.GetRequiredService<IdentityFake>()
                .Told.Where(told => told.Subject == practice)
                .DistinctBy(told => told.Event),
        ];
    }

    private async Task<List<PracticeReport>> ReportsAsync(string practice) =>
        [
            .. (await Practices.ListPracticeReportsAsync(new() { Territory = Town }, service.As(Town))).Reports.Where(report =>
                report.Practice == practice
            ),
        ];

    private async Task<Practice> AskAsync(Practice practice, PracticeStatus review, string caller) =>
        (
            await Practices.AskReviewAsync(
                new()
                {
                    Id = practice.Id,
                    Version = practice.Record.Version,
                    Review = review,
                },
                service.As(caller)
            )
        ).Practice;

    private async Task<Practice> PublishAsync(string title, Action<Practice>? change = null)
    {
        var draft = await CreateAsync(title, change);
        return (await Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(draft.Territory))).Practice;
    }

    private async Task<Practice> CreateAsync(string title, Action<Practice>? change = null)
    {
        var practice = new Practice
        {
            Territory = Town,
            Title = title,
            Summary = "Ce que la commune a fait, en deux phrases.",
            Themes = { "ALIM" },
            Maturity = "EXPERIMENTATION",
            Context = "Une commune, un terrain, une école.",
            Difficulties = "Le gel de printemps.",
            SuccessConditions = "Un terrain près de l’école.",
            Licence = "CC-BY-SA-4.0",
            Sources =
            {
                new Fabrique.Records.V1.Source { Code = "B", Title = "Bilan de la commune" },
            },
        };
        change?.Invoke(practice);
        return (await Practices.CreatePracticeAsync(new() { Practice = practice }, service.As(practice.Territory))).Practice;
    }
}
