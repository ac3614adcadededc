using System.Net;
using Fabrique.Identity;
using Fabrique.Identity.V1;
using Fabrique.Practices.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static Fabrique.Tests.Answers;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

public sealed class NoticesOnSqliteTests(ServiceOnSqlite<IdentityDb> service)
    : NoticesSuite(service),
        IClassFixture<ServiceOnSqlite<IdentityDb>>;

[Trait("Databases", "all")]
public sealed class NoticesOnPostgreSqlTests(ServiceOnPostgreSql<IdentityDb> service)
    : NoticesSuite(service),
        IClassFixture<ServiceOnPostgreSql<IdentityDb>>;

/// <summary>What people are told by mail: who, how soon, how often, and how it ends.</summary>
public abstract class NoticesSuite(ServiceUnderTest<IdentityDb> service)
{
    // Far ahead, so that the service's own jobs find nothing due; ten in the morning in Paris.
    private readonly FakeTimeProvider _clock = new(
        new DateTimeOffset(TimeProvider.System.GetUtcNow().Year + 1, 6, 15, 8, 0, 0, TimeSpan.Zero)
    );
    private static int _town;
    private readonly string _territory = $"ZZ{Interlocked.Increment(ref _town) + 500}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IdentityService.IdentityServiceClient Identity => new(service.Channel);

    private static Metadata Sidecar => new() { { "dapr-api-token", ServiceUnderTest<IdentityDb>.SidecarToken } };

    [Fact]
    public async Task News_are_told_at_once_once_a_day_or_never_as_each_reader_chose_and_in_their_language()
    {
        var (soon, daily, never) = (await MakeAsync("en"), await MakeAsync(), await MakeAsync());
        await ChooseAsync(soon, NoticeTopics.PracticeRemark, NoticePace.AtOnce);
        await ChooseAsync(never, NoticeTopics.PracticeRemark, NoticePace.Never);
        await TellAsync(NoticeTopics.PracticeRemark, "pratique-1", Remark("Un prêt de vélos"));
        await TellAsync(NoticeTopics.PracticeReport, "pratique-2", Report("Une cantine"));

        var mail = Assert.Single(await MailsAsync(soon));
        Assert.Equal("A peer left a remark on “Un prêt de vélos”.", mail.Subject);
        Assert.Contains("http://127.0.0.1:8080/en/vers/fabrique.practices.v1.Practice/x", mail.Text, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8080/en/compte/courriels", mail.Text, StringComparison.Ordinal);
        Assert.Empty(await MailsAsync(daily));

        // Not before seven in the morning, then all in one mail, and nothing when there is nothing.
        _clock.Advance(TimeSpan.FromHours(20));
        await DigestAsync();
        Assert.Empty(await MailsAsync(daily));
        _clock.Advance(TimeSpan.FromHours(1));
        await DigestAsync();
        var digest = Assert.Single(await MailsAsync(daily));
        Assert.Equal("Fabrique : 2 nouvelles pour vous".Replace(" :", "\u00a0:", StringComparison.Ordinal), digest.Subject);
        Assert.Contains("Un prêt de vélos", digest.Text, StringComparison.Ordinal);
        Assert.Contains("Une cantine", digest.Text, StringComparison.Ordinal);
        Assert.Single(await MailsAsync(never));
        Assert.DoesNotContain("vélos", (await MailsAsync(never))[0].Text, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromDays(1));
        await DigestAsync();
        Assert.Single(await MailsAsync(daily));
    }

    [Fact]
    public async Task Of_one_subject_nobody_reads_twice_a_day_and_the_latest_is_what_counts()
    {
        var reader = await MakeAsync();
        await TellAsync(NoticeTopics.Membership, "adhesion", ToSign);
        await TellAsync(NoticeTopics.Membership, "adhesion", Active);
        await TellAsync(NoticeTopics.Membership, "adhesion", Asleep);
        Assert.Contains("charte", Assert.Single(await MailsAsync(reader)).Subject, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromHours(21));
        await DigestAsync();
        var mails = await MailsAsync(reader);
        Assert.Equal(2, mails.Count);
        Assert.Contains("en sommeil", mails[1].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("membre actif", mails[1].Text, StringComparison.Ordinal);

        // It was told this morning: what happens now waits for tomorrow.
        await TellAsync(NoticeTopics.Membership, "adhesion", Active);
        Assert.Equal(2, (await MailsAsync(reader)).Count);
    }

    [Fact]
    public async Task Nobody_gets_five_mails_on_a_day()
    {
        var reader = await MakeAsync();
        await ChooseAsync(reader, NoticeTopics.PracticeReport, NoticePace.AtOnce);
        for (var practice = 0; practice < 9; practice++)
        {
            await TellAsync(NoticeTopics.PracticeReport, $"pratique-{practice}", Report($"Pratique {practice}"));
        }
        Assert.Equal(3, (await MailsAsync(reader)).Count);
        _clock.Advance(TimeSpan.FromHours(21));
        for (var practice = 0; practice < 9; practice++)
        {
            await TellAsync(NoticeTopics.PracticeReport, $"matin-{practice}", Report($"Matin {practice}"));
        }
        await DigestAsync();
        Assert.Equal(7, (await MailsAsync(reader)).Count);
    }

    [Fact]
    public async Task The_same_event_told_again_changes_nothing()
    {
        var reader = await MakeAsync();
        var told = Notice(NoticeTopics.PracticeRemark, "pratique", Remark("Une fois"));
        await TellAsync(told);
        await TellAsync(told);
        _clock.Advance(TimeSpan.FromHours(21));
        await DigestAsync();
        await TellAsync(told);
        _clock.Advance(TimeSpan.FromHours(24));
        await DigestAsync();
        Assert.Contains("Une fois", Assert.Single(await MailsAsync(reader)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_kept_before_a_notice_carried_its_sentence_is_still_told()
    {
        var reader = await MakeAsync();
        await using (var scope = service.Services.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
            db.Notices.Add(
                new()
                {
                    Id = Guid.CreateVersion7().ToString(),
                    Person = reader.Id,
                    Topic = NoticeTopics.PracticeReport.Name,
                    Subject = "avant",
                    Territory = _territory,
                    Title = "Une cantine",
                    Path = "/",
                    Event = "avant",
                }
            );
            await db.SaveChangesAsync(Cancellation);
        }
        // The number 2 was the membership's, which is told at once.
        var request = Request(Notice(NoticeTopics.Membership, "adhesion", Active));
        (request.EarlierTopic, request.EarlierState, request.EarlierPath) = (2, "Asleep", "/mon-territoire");
        (request.Topic, request.Sentence, request.Target) = ("", null, null);
        await Identity.NotifyAsync(request, Sidecar, cancellationToken: Cancellation);
        _clock.Advance(TimeSpan.FromHours(21));
        await DigestAsync();
        var mails = await MailsAsync(reader);
        var told = mails.Single(mail => mail.Subject.Contains("en sommeil", StringComparison.Ordinal));
        Assert.Contains("http://127.0.0.1:8080/mon-territoire\n", told.Text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains(mails, mail => mail.Text.Contains("erreur dans «\u00a0Une cantine\u00a0»", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_audience_is_those_whose_rights_are_there_without_whoever_did_it()
    {
        var (referent, @delegate) = (await MakeAsync(), await MakeAsync(role: Grant.Delegate));
        var (regional, elsewhere) = (
            await MakeAsync(role: Grant.Facilitator, scope: "R32"),
            await MakeAsync(role: Grant.Facilitator, scope: "R76")
        );
        await using var scope = service.Services.CreateAsyncScope();
        var keeper = Keeper(scope);
        Assert.Equal([referent.Id], await keeper.ReadersAsync(NoticeAudience.Referent, _territory, [], Cancellation));
        Assert.Equal(
            new[] { referent.Id, @delegate.Id }.Order(),
            (await keeper.ReadersAsync(NoticeAudience.Delegation, _territory, [], Cancellation)).Order()
        );
        var facilitators = await keeper.ReadersAsync(NoticeAudience.Facilitators, _territory, ["R32"], Cancellation);
        Assert.Contains(regional.Id, facilitators);
        Assert.DoesNotContain(elsewhere.Id, facilitators);
        // Where nobody leads, those who facilitate answer.
        Assert.Contains(regional.Id, await keeper.ReadersAsync(NoticeAudience.Referent, "ZZ499", ["R32"], Cancellation));

        await Identity.NotifyAsync(
            Request(Notice(NoticeTopics.Membership, "x", Active), except: referent.Id),
            Sidecar,
            cancellationToken: Cancellation
        );
        Assert.Empty(await MailsAsync(referent));
        // The code of the territory came through the call, and nobody here knows its name.
        Assert.StartsWith($"{_territory} est membre", Assert.Single(await MailsAsync(@delegate)).Subject, StringComparison.Ordinal);

        // A right that ended takes along what was still to be told.
        await Identity.NotifyAsync(
            Request(Notice(NoticeTopics.PracticeRemark, "y", Remark("Remarque"))),
            Sidecar,
            cancellationToken: Cancellation
        );
        await scope.ServiceProvider.GetRequiredService<RightsKeeper>().EndAsync("", @delegate.Id, Grant.Delegate, _territory);
        Assert.False(
            await scope
                .ServiceProvider.GetRequiredService<IdentityDb>()
                .Notices.AnyAsync(notice => notice.Person == @delegate.Id && notice.SentOn == "", Cancellation)
        );
    }

    [Fact]
    public async Task Only_the_nodes_own_services_tell_and_what_they_leave_out_is_named()
    {
        Assert.Equal(
            "NODE_ONLY",
            Reason(
                await RefusedAsync(StatusCode.PermissionDenied, () =>
                    Identity
                        .NotifyAsync(
                            Request(Notice(NoticeTopics.PracticeRemark, "x", Remark("x"))),
                            service.As(new Grant(Grant.Steward, "x")),
                            cancellationToken: Cancellation
                        )
                        .ResponseAsync
                )
            )
        );
        var wrong = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Identity.NotifyAsync(new() { EarlierPath = "//ailleurs.example" }, Sidecar, cancellationToken: Cancellation).ResponseAsync
        );
        Assert.Equal(["topic", "sentence", "audience", "territory", "subject", "event", "happenedAt", "target"], Fields(wrong));

        // A sentence is formatted for each reader, long after it came: what does not fit is refused here.
        foreach (var format in new[] { "", "{0} et {1}", "{0", "{0,900000}", "{0:N0}", "{}", new string('x', 301) })
        {
            var notice = Request(Notice(NoticeTopics.PracticeRemark, "x", Remark("x")));
            notice.Sentence.Format = format;
            Assert.StartsWith(
                "sentence",
                Fields(
                        await RefusedAsync(StatusCode.InvalidArgument, () =>
                            Identity.NotifyAsync(notice, Sidecar, cancellationToken: Cancellation).ResponseAsync
                        )
                    )
                    .Single(),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task A_request_to_act_for_a_territory_is_told_to_whoever_leads_its_delegation()
    {
        var (referent, asks) = (await MakeAsync(), await MakeAsync(role: Grant.Observer, scope: "*"));
        await ChooseAsync(referent, NoticeTopics.JoinRequest, NoticePace.AtOnce);
        var headers = await TestAccounts.HeadersAsync(service, asks);
        await Identity.CreateJoinRequestAsync(
            new()
            {
                Territory = _territory,
                Family = "AGENT",
                Function = "essai",
            },
            headers,
            cancellationToken: Cancellation
        );
        await Identity.CreateJoinRequestAsync(
            new()
            {
                Territory = _territory,
                Family = "AGENT",
                Function = "essai corrigé",
            },
            headers,
            cancellationToken: Cancellation
        );
        var mail = Assert.Single(await MailsAsync(referent));
        Assert.Contains($"demande à agir pour {_territory}", mail.Subject, StringComparison.Ordinal);
        Assert.DoesNotContain(asks.Name, mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Those_who_facilitate_a_region_hear_of_the_requests_in_it_and_answer_them_and_no_others()
    {
        var (facilitator, asks) = (
            await MakeAsync(role: Grant.Facilitator, scope: "R53"),
            await MakeAsync(role: Grant.Observer, scope: "*")
        );
        await ChooseAsync(facilitator, NoticeTopics.JoinRequest, NoticePace.AtOnce);
        var headers = await TestAccounts.HeadersAsync(service, asks);
        var (town, (brittany, normandy)) = (
            $"29{_town:000}",
            (service.As(new Grant(Grant.Facilitator, "R53")), service.As(new Grant(Grant.Facilitator, "R28")))
        );
        var request = (
            await Identity.CreateJoinRequestAsync(
                new()
                {
                    Territory = town,
                    Family = "AGENT",
                    Function = "essai",
                },
                headers,
                cancellationToken: Cancellation
            )
        ).Request;
        var elsewhere = (
            await Identity.CreateJoinRequestAsync(
                new()
                {
                    Territory = _territory,
                    Family = "AGENT",
                    Function = "essai",
                },
                headers,
                cancellationToken: Cancellation
            )
        ).Request;
        Assert.Single(await MailsAsync(facilitator));

        Assert.Contains(request.Id, await WaitingAsync(brittany));
        Assert.DoesNotContain(elsewhere.Id, await WaitingAsync(brittany));
        Assert.DoesNotContain(request.Id, await WaitingAsync(normandy));
        Func<Metadata, Task>[] calls =
        [
            who => Identity.ListJoinRequestsAsync(new() { Territory = town }, who).ResponseAsync,
            who => Identity.ListDelegatesAsync(new() { Territory = town }, who).ResponseAsync,
            who => Identity.DecideJoinRequestAsync(new() { Id = request.Id, Accept = true }, who).ResponseAsync,
            who =>
                Identity
                    .CreateInvitationAsync(
                        new()
                        {
                            Email = "pair@example.org",
                            Grant = new()
                            {
                                Role = Grant.Delegate,
                                Scope = town,
                                Family = "ELU",
                            },
                        },
                        who
                    )
                    .ResponseAsync,
        ];
        foreach (var call in calls)
        {
            await RefusedAsync(StatusCode.PermissionDenied, () => call(normandy));
            // Who leads the region as a territory is no facilitator of it.
            await RefusedAsync(StatusCode.PermissionDenied, () => call(service.As(new Grant(Grant.Referent, "R53", "ELU"))));
            await call(brittany);
        }
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.DecideJoinRequestAsync(new() { Id = elsewhere.Id, Accept = true }, brittany).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.ListJoinRequestsAsync(new(), service.As(new Grant(Grant.Referent, "R53", "ELU"))).ResponseAsync
        );

        async Task<List<string>> WaitingAsync(Metadata who)
        {
            var (found, token) = (new List<string>(), "");
            do
            {
                var page = await Identity.ListJoinRequestsAsync(new() { PageSize = 100, PageToken = token }, who);
                found.AddRange(page.Requests.Select(one => one.Id));
                token = page.NextPageToken;
            } while (token.Length > 0);
            return found;
        }
    }

    [Fact]
    public async Task A_mandate_that_ends_is_told_once_to_whoever_holds_it_and_to_whoever_leads()
    {
        var (referent, leaving) = (
            await MakeAsync(),
            await MakeAsync(role: Grant.Delegate, until: TimeProvider.System.GetUtcNow().AddDays(29))
        );
        var later = await MakeAsync(role: Grant.Delegate, until: TimeProvider.System.GetUtcNow().AddDays(40));
        var post = ActivatorUtilities.CreateInstance<NoticePost>(service.Services, TimeProvider.System);
        await post.TellMandatesAsync(Cancellation);
        await post.TellMandatesAsync(Cancellation);
        await using var scope = service.Services.CreateAsyncScope();
        var told = await scope
            .ServiceProvider.GetRequiredService<IdentityDb>()
            .Notices.AsNoTracking()
            .Where(notice => notice.Territory == _territory)
            .ToListAsync(Cancellation);
        Assert.Equal(new[] { referent.Id, leaving.Id }.Order(), told.Select(notice => notice.Person).Order());
        Assert.DoesNotContain(told, notice => notice.Person == later.Id);
        var names = new Dictionary<string, string> { [_territory] = "Bourg" };
        Assert.Contains(
            "Votre mandat pour Bourg",
            NoticeTexts.Sentence(told.Single(notice => notice.Person == leaving.Id), names),
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"Le mandat de {leaving.Name} pour Bourg prend fin le ",
            NoticeTexts.Sentence(told.Single(notice => notice.Person == referent.Id), names),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_link_in_the_mail_ends_such_mails_when_somebody_says_so_once_without_signing_in()
    {
        var reader = await MakeAsync();
        await TellAsync(NoticeTopics.Membership, "adhesion", Active);
        var mail = Assert.Single(await MailsAsync(reader));
        var page = new Uri(mail.Unsubscribe).AbsolutePath[..^Unsubscribing.OneClick.Length];
        using var visitor = new Visitor(service.Address);

        // Mail programs open every link: nothing happens, and it lets nobody in.
        var asked = await visitor.GetAsync(page);
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.Redirect),
            (asked.Status, (await visitor.GetAsync(page + Unsubscribing.OneClick)).Status)
        );
        Assert.Equal(HttpStatusCode.Gone, (await visitor.GetAsync(page.Replace("desabonnement", "lien", StringComparison.Ordinal))).Status);
        Assert.Equal(NoticePace.AtOnce, await PaceAsync(reader, NoticeTopics.Membership));

        Assert.Contains(
            "ne viendront plus",
            (await visitor.PressAsync(asked, "Ne plus recevoir ces messages")).Text,
            StringComparison.Ordinal
        );
        Assert.Equal(NoticePace.Never, await PaceAsync(reader, NoticeTopics.Membership));
        Assert.Equal(NoticePace.Daily, await PaceAsync(reader, NoticeTopics.PracticeReport));
        Assert.Equal(HttpStatusCode.Gone, (await visitor.GetAsync(page)).Status);
        await TellAsync(NoticeTopics.Membership, "autre", Asleep);
        Assert.Single(await MailsAsync(reader));
    }

    [Fact]
    public async Task A_mail_program_ends_the_digest_with_one_click()
    {
        var reader = await MakeAsync();
        await TellAsync(NoticeTopics.PracticeRemark, "pratique", Remark("Remarque"));
        _clock.Advance(TimeSpan.FromHours(21));
        await DigestAsync();
        var address = new Uri(Assert.Single(await MailsAsync(reader)).Unsubscribe).AbsolutePath;
        using var visitor = new Visitor(service.Address);
        Assert.Equal(
            HttpStatusCode.Gone,
            (
                await visitor.PostAsync(
                    address.Replace("/un-clic", "x/un-clic", StringComparison.Ordinal),
                    [new("List-Unsubscribe", "One-Click")]
                )
            ).Status
        );
        Assert.Equal(HttpStatusCode.NoContent, (await visitor.PostAsync(address, [new("List-Unsubscribe", "One-Click")])).Status);
        Assert.Equal(
            (NoticePace.Never, NoticePace.AtOnce),
            (await PaceAsync(reader, NoticeTopics.PracticeRemark), await PaceAsync(reader, NoticeTopics.Membership))
        );
        Assert.Equal(HttpStatusCode.Gone, (await visitor.PostAsync(address, [new("List-Unsubscribe", "One-Click")])).Status);
    }

    private NoticeKeeper Keeper(AsyncServiceScope scope)
    {
        var mails = ActivatorUtilities.CreateInstance<Mails>(scope.ServiceProvider, _clock);
        return ActivatorUtilities.CreateInstance<NoticeKeeper>(
            scope.ServiceProvider,
            _clock,
            mails,
            ActivatorUtilities.CreateInstance<Links>(scope.ServiceProvider, TimeProvider.System)
        );
    }

    private static NoticeSentence Remark(string title) => NoticeSentence.Saying($"Un pair a laissé une remarque sur « {title} ».");

    private static NoticeSentence Report(string title) => NoticeSentence.Saying($"Un lecteur signale une erreur dans « {title} ».");

    private NoticeSentence ToSign =>
        NoticeSentence.Saying($"La demande d’adhésion de {new TerritoryName(_territory)} est acceptée : il reste à signer la charte.");

    private NoticeSentence Active => NoticeSentence.Saying($"{new TerritoryName(_territory)} est membre actif du réseau.");

    private NoticeSentence Asleep =>
        NoticeSentence.Saying(
            $"L’adhésion de {new TerritoryName(_territory)} est en sommeil, faute de nouvelles. Une personne de la délégation la réveille d’un geste."
        );

    private NoticeRow Notice(NoticeTopic topic, string subject, NoticeSentence sentence) =>
        new()
        {
            Id = "",
            Topic = topic.Name,
            Subject = subject,
            Territory = _territory,
            Sentence = NoticeTexts.Kept(sentence),
            Path = NoticeTarget.Of(Practice.Descriptor, "x").Path!,
            Event = Guid.CreateVersion7().ToString(),
            HappenedAt = _clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };

    private static NotifyRequest Request(NoticeRow notice, string except = "") =>
        new()
        {
            Topic = notice.Topic,
            Sentence = NoticeSentence.Parser.ParseJson(notice.Sentence),
            Audience = NoticeAudience.Delegation,
            Territory = notice.Territory,
            Subject = notice.Subject,
            Target = NoticeTarget.Of(Practice.Descriptor, "x"),
            Event = notice.Event,
            HappenedAt = DateTimeOffset.FromUnixTimeMilliseconds(notice.HappenedAt).ToTimestamp(),
            ExceptPerson = except,
        };

    private Task TellAsync(NoticeTopic topic, string subject, NoticeSentence sentence) => TellAsync(Notice(topic, subject, sentence));

    private async Task TellAsync(NoticeRow notice)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var keeper = Keeper(scope);
        await keeper.KeepAsync(
            notice,
            new Dictionary<string, string> { [_territory] = "Bourg-Exemple" },
            await keeper.ReadersAsync(NoticeAudience.Delegation, _territory, [], Cancellation),
            Cancellation
        );
    }

    private async Task DigestAsync()
    {
        await using var asking = service.Services.CreateAsyncScope();
        foreach (var person in await Keeper(asking).DueAsync(1000, Cancellation))
        {
            await using var scope = service.Services.CreateAsyncScope();
            await Keeper(scope).SendDigestAsync(person, Cancellation);
        }
    }

    private async Task ChooseAsync(Person person, NoticeTopic topic, string pace)
    {
        await using var scope = service.Services.CreateAsyncScope();
        await Keeper(scope).ChooseAsync(person.Id, new Dictionary<string, string> { [topic.Name] = pace }, Cancellation);
    }

    private async Task<string> PaceAsync(Person person, NoticeTopic topic)
    {
        await using var scope = service.Services.CreateAsyncScope();
        return (await Keeper(scope).ChoicesAsync(person.Id, Cancellation))[topic.Name];
    }

    /// <summary>What was written to a person: those of the test's clock wait, the others are in the mailbox.</summary>
    private async Task<List<MailRow>> MailsAsync(Person person)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var waiting = await db
            .Mails.AsNoTracking()
            .Where(mail => mail.Recipient == person.Email)
            .OrderBy(mail => mail.Id)
            .ToListAsync(Cancellation);
        var sent = new List<MailRow>();
        foreach (var file in service.Services.GetRequiredService<MailSender>().Mailbox!.GetFiles("*.eml"))
        {
            var mail = await MimeKit.MimeMessage.LoadAsync(file.FullName, Cancellation);
            if (mail.To.Mailboxes.Any(mailbox => mailbox.Address == person.Email))
            {
                sent.Add(
                    new()
                    {
                        Id = Path.GetFileNameWithoutExtension(file.Name),
                        Recipient = person.Email!,
                        Subject = mail.Subject!,
                        Text = mail.TextBody!,
                        Html = mail.HtmlBody!,
                    }
                );
            }
        }
        // One that has just been written to the mailbox may be among those that wait, too.
        return [.. sent.Concat(waiting).DistinctBy(mail => mail.Id)];
    }

    private async Task<Person> MakeAsync(
        string language = "fr",
        string role = Grant.Referent,
        string? scope = null,
        DateTimeOffset? until = null
    )
    {
        await using var services = service.Services.CreateAsyncScope();
        var person = TestAccounts.New();
        (person.Name, person.Language) = ($"Camille {person.Email![^20..^12]}", language);
        await TestAccounts.MakeAsync(services, person);
        var grant = new Grant(role, scope ?? _territory, role is Grant.Delegate or Grant.Referent ? "AGENT" : "");
        await services
            .ServiceProvider.GetRequiredService<RightsKeeper>()
            .GiveAsync("", person.Id, grant, "", until?.ToUnixTimeMilliseconds());
        return person;
    }
}
