using Fabrique.Identity.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

public sealed class MembershipsOnSqliteTests(ServiceOnSqlite<TerritoriesDb> service)
    : MembershipsSuite(service),
        IClassFixture<ServiceOnSqlite<TerritoriesDb>>;

public sealed class MembershipsOnPostgreSqlTests(ServiceOnPostgreSql<TerritoriesDb> service)
    : MembershipsSuite(service),
        IClassFixture<ServiceOnPostgreSql<TerritoriesDb>>;

/// <summary>How territories join, stay and leave, over gRPC and REST.</summary>
public abstract class MembershipsSuite(ServiceUnderTest<TerritoriesDb> service)
{
    private static readonly Metadata Nobody = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private MembershipService.MembershipServiceClient Memberships => new(service.Channel);

    private IdentityFake Identity => service.Services.GetRequiredService<IdentityFake>();

    private Metadata Facilitator => service.As(new Grant(Grant.Facilitator, Grant.Everywhere));

    [Fact]
    public async Task A_territory_joins_step_by_step_and_is_public_from_the_day_it_is_active()
    {
        const string town = "ZZ003";
        var left = await service.LeavingAsync(town);
        var asked = await Memberships.SubmitMembershipAsync(
            new() { Territory = town, Profile = "PILOTE" },
            service.As(new Grant("account", ""))
        );
        Assert.Equal((true, MembershipStatus.Submitted, "Rive-Témoin"), (asked.Created, asked.Membership.Status, asked.Membership.Name));
        var again = await Memberships.SubmitMembershipAsync(new() { Territory = town }, service.As(new Grant("account", "")));
        Assert.Equal((false, ""), (again.Created, again.Membership.Profile));
        await RefusedAsync(StatusCode.NotFound, () => Memberships.GetMembershipAsync(new() { Territory = town }, Nobody).ResponseAsync);

        await Memberships.ExamineMembershipAsync(new() { Territory = town }, Facilitator);
        await Memberships.AcceptMembershipAsync(new() { Territory = town }, Facilitator);
        Identity.Families[town] = ["ELU"];
        var signing = new SignCharterRequest
        {
            Territory = town,
            Version = "1",
            Signatory = new() { Name = "Camille Essai", Function = "maire" },
            Deliberation = "2026-17",
        };
        var signed = (await Memberships.SignCharterAsync(signing, service.As(town))).Membership;
        Assert.Equal((MembershipStatus.CharterToSign, "AGENT"), (signed.Status, Assert.Single(signed.Missing)));
        var incomplete = await RefusedAsync(StatusCode.FailedPrecondition, () =>
            Memberships.ActivateMembershipAsync(new() { Territory = town }, service.As(town)).ResponseAsync
        );
        Assert.Equal("DELEGATION_INCOMPLETE", Reason(incomplete));

        await left.AreAsync();
        Identity.Families[town] = ["ELU", "AGENT"];
        var active = (await Memberships.ActivateMembershipAsync(new() { Territory = town }, service.As(town))).Membership;
        Assert.Equal(
            (MembershipStatus.Active, Visibility.Public, "Camille Essai"),
            (active.Status, active.Record.Visibility, active.Signatory.Name)
        );

        using var http = service.Http();
        var seen = await http.GetStringAsync($"/api/v1/territories/{town}/membership", Cancellation);
        Assert.Contains("MEMBERSHIP_STATUS_ACTIVE", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("Camille", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("Camille", await RecordAsync(town), StringComparison.Ordinal);

        await Memberships.EraseSignatoryAsync(new() { Territory = town }, service.As(town));
        Assert.Null((await Memberships.GetMembershipAsync(new() { Territory = town }, service.As(town))).Membership.Signatory);
        await left.AreAsync("Membership activated");
    }

    [Fact]
    public async Task A_signature_is_kept_when_nobody_can_say_who_the_delegation_is()
    {
        const string town = "ZZ004";
        await AcceptedAsync(town);
        Identity.Families[town] = ["ELU", "AGENT"];
        Identity.IsAway = true;
        try
        {
            var signing = new SignCharterRequest
            {
                Territory = town,
                Version = "1",
                Signatory = new() { Name = "Camille Essai", Function = "maire" },
            };
            var away = await RefusedAsync(StatusCode.Unavailable, () =>
                Memberships.SignCharterAsync(signing, service.As(town)).ResponseAsync
            );
            Assert.Equal("DELEGATION_UNKNOWN", Reason(away));
        }
        finally
        {
            Identity.IsAway = false;
        }
        var kept = (await Memberships.GetMembershipAsync(new() { Territory = town }, service.As(town))).Membership;
        Assert.Equal((MembershipStatus.CharterToSign, "1", "Camille Essai"), (kept.Status, kept.CharterVersion, kept.Signatory.Name));
        Assert.Equal(
            MembershipStatus.Active,
            (await Memberships.ActivateMembershipAsync(new() { Territory = town }, service.As(town))).Membership.Status
        );
    }

    [Fact]
    public async Task A_territory_is_admitted_in_one_step_whatever_was_asked_before()
    {
        foreach (var (town, asked) in new[] { ("62413", false), ("59512", true) })
        {
            if (asked)
            {
                await Memberships.SubmitMembershipAsync(new() { Territory = town }, service.As(new Grant("account", "")));
                await Memberships.ExamineMembershipAsync(new() { Territory = town }, Facilitator);
            }
            var request = new AdmitMembershipRequest { Territory = town, Profile = "PILOTE" };
            await RefusedAsync(StatusCode.PermissionDenied, () =>
                Memberships.AdmitMembershipAsync(request, service.As(new Grant(Grant.Facilitator, "R76"))).ResponseAsync
            );
            await RefusedAsync(StatusCode.PermissionDenied, () =>
                Memberships.AdmitMembershipAsync(request, service.As(town)).ResponseAsync
            );
            var placeless = await RefusedAsync(StatusCode.InvalidArgument, () =>
                Memberships.AdmitMembershipAsync(new() { Territory = town }, Facilitator).ResponseAsync
            );
            Assert.Equal(["profile"], Fields(placeless));
            var cohortless = await RefusedAsync(StatusCode.InvalidArgument, () =>
                Memberships.AdmitMembershipAsync(new(request) { Cohort = "AUCUNE" }, Facilitator).ResponseAsync
            );
            Assert.Equal(["cohort"], Fields(cohortless));

            var admitted = (await Memberships.AdmitMembershipAsync(request, Facilitator)).Membership;
            Assert.Equal(
                (MembershipStatus.CharterToSign, "PILOTE", "accepted"),
                (admitted.Status, admitted.Profile, admitted.Record.Change)
            );
            // Again, as a program does it, and with another place: nothing is changed.
            using var http = service.Http(Facilitator.GetValue("authorization")!["Bearer ".Length..]);
            using var body = new StringContent(
                """{"profile":"ALLIE"}""",
                new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")
            );
            using var again = await http.PostAsync(
                new Uri($"/api/v1/territories/{town}/membership:admit", UriKind.Relative),
                body,
                Cancellation
            );
            var answer = await again.Content.ReadAsStringAsync(Cancellation);
            Assert.Contains("\"profile\":\"PILOTE\"", answer.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
        var nowhere = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Memberships.AdmitMembershipAsync(new() { Territory = "00000", Profile = "PILOTE" }, Facilitator).ResponseAsync
        );
        Assert.Equal(["territory"], Fields(nowhere));
    }

    [Fact]
    public async Task Each_step_is_told_to_the_delegation_even_when_nobody_listened_at_the_time()
    {
        const string town = "ZZ101";
        const string other = "ZZ102";
        await AwayAsync(() => Memberships.SleepMembershipAsync(new() { Territory = town }, Facilitator).ResponseAsync);
        // In its turn, which being away has put off.
        var later = ActivatorUtilities.CreateInstance<Notices<TerritoriesDb>>(
            service.Services,
            new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(20))
        );
        await later.TellDueAsync(Cancellation);
        var told = Assert.Single(Identity.Told.Where(told => told.Territory == town).DistinctBy(told => told.Event));
        Assert.Equal(
            (NoticeTopics.Membership.Name, town, NoticeTarget.Of(Membership.Descriptor, town)),
            (told.Topic, told.Subject, told.Target)
        );
        Assert.Contains("en sommeil", told.Sentence.Format, StringComparison.Ordinal);
        Assert.Equal(town, Assert.Single(told.Sentence.Values).Territory);
        Assert.Equal(NoticeAudience.Delegation, told.Audience);

        // What nobody heard in two days is given up.
        await AwayAsync(async () =>
        {
            await Memberships.SleepMembershipAsync(new() { Territory = other }, Facilitator);
            var late = ActivatorUtilities.CreateInstance<Notices<TerritoriesDb>>(
                service.Services,
                new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(2).AddMinutes(1))
            );
            await late.TellDueAsync(Cancellation);
        });
        await later.TellDueAsync(Cancellation);
        Assert.DoesNotContain(Identity.Told, told => told.Territory == other);

        async Task AwayAsync(Func<Task> work)
        {
            Identity.IsAway = true;
            try
            {
                await work();
            }
            finally
            {
                Identity.IsAway = false;
            }
        }
    }

    [Fact]
    public async Task A_member_sleeps_wakes_and_leaves_and_may_ask_again()
    {
        const string town = "ZZ005";
        await ActiveAsync(town);
        var departing = await service.LeavingAsync(town);
        Assert.Equal(
            MembershipStatus.Asleep,
            (await Memberships.SleepMembershipAsync(new() { Territory = town }, Facilitator)).Membership.Status
        );
        await departing.AreAsync("Membership fell-asleep");
        Assert.Equal(
            MembershipStatus.Active,
            (await Memberships.WakeMembershipAsync(new() { Territory = town }, service.As(town))).Membership.Status
        );
        await departing.AreAsync("Membership woke");
        var referent = service.As(new Grant(Grant.Referent, town));
        Assert.Equal(
            ["practices"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Memberships.LeaveMembershipAsync(new() { Territory = town }, referent).ResponseAsync
                )
            )
        );
        var left = (
            await Memberships.LeaveMembershipAsync(new() { Territory = town, Practices = PracticesLeft.Hidden }, referent)
        ).Membership;
        Assert.Equal(
            (MembershipStatus.Left, PracticesLeft.Hidden, Visibility.Public),
            (left.Status, left.PracticesLeft, left.Record.Visibility)
        );
        Assert.Equal(
            "WRONG_STATUS",
            Reason(
                await RefusedAsync(StatusCode.FailedPrecondition, () =>
                    Memberships.WakeMembershipAsync(new() { Territory = town }, referent).ResponseAsync
                )
            )
        );
        await departing.AreAsync("Membership left");
        Assert.True((await Memberships.SubmitMembershipAsync(new() { Territory = town }, referent)).Created);
    }

    [Fact]
    public async Task Each_call_is_refused_to_whoever_has_no_right_there()
    {
        const string town = "ZZ006";
        await RefusedAsync(StatusCode.Unauthenticated, () => Memberships.SubmitMembershipAsync(new() { Territory = town }).ResponseAsync);
        await AcceptedAsync(town);
        var elsewhere = service.As("29019");
        var otherRegion = service.As(new Grant(Grant.Facilitator, "R53"));
        (Metadata Who, Func<Metadata, Task> Call)[] calls =
        [
            (elsewhere, who => Memberships.ListMembershipsAsync(new(), who).ResponseAsync),
            (otherRegion, who => Memberships.ExamineMembershipAsync(new() { Territory = town }, who).ResponseAsync),
            (otherRegion, who => Memberships.RefuseMembershipAsync(new() { Territory = town, Reason = "x" }, who).ResponseAsync),
            (otherRegion, who => Memberships.AcceptMembershipAsync(new() { Territory = town }, who).ResponseAsync),
            (otherRegion, who => Memberships.PlaceMembershipAsync(new() { Territory = town }, who).ResponseAsync),
            (otherRegion, who => Memberships.SleepMembershipAsync(new() { Territory = town }, who).ResponseAsync),
            (Facilitator, who => Memberships.SignCharterAsync(new() { Territory = town }, who).ResponseAsync),
            (elsewhere, who => Memberships.SignCharterAsync(new() { Territory = town }, who).ResponseAsync),
            (elsewhere, who => Memberships.ActivateMembershipAsync(new() { Territory = town }, who).ResponseAsync),
            (elsewhere, who => Memberships.WakeMembershipAsync(new() { Territory = town }, who).ResponseAsync),
            (service.As(town), who => Memberships.LeaveMembershipAsync(new() { Territory = town }, who).ResponseAsync),
            (elsewhere, who => Memberships.EraseSignatoryAsync(new() { Territory = town }, who).ResponseAsync),
        ];
        foreach (var (who, call) in calls)
        {
            await RefusedAsync(StatusCode.PermissionDenied, () => call(who));
            await RefusedAsync(StatusCode.Unauthenticated, () => call(Nobody));
        }
        await RefusedAsync(StatusCode.NotFound, () => Memberships.GetMembershipAsync(new() { Territory = town }, elsewhere).ResponseAsync);
    }

    [Fact]
    public async Task A_facilitator_lists_what_waits_in_the_regions_and_cohorts_that_are_theirs()
    {
        foreach (var town in new[] { "29103", "ZZ007" })
        {
            await Memberships.SubmitMembershipAsync(new() { Territory = town }, service.As(town));
        }
        var brittany = await ListAsync(new(), new Grant(Grant.Facilitator, "R53"));
        Assert.Contains("29103", brittany);
        Assert.DoesNotContain("ZZ007", brittany);
        var everywhere = await ListAsync(new() { PageSize = 1 }, new Grant(Grant.Facilitator, Grant.Everywhere));
        Assert.Contains("29103", everywhere);
        Assert.Contains("ZZ007", everywhere);
        Assert.DoesNotContain(
            "59350",
            await ListAsync(new() { Status = { MembershipStatus.Submitted } }, new Grant(Grant.Facilitator, Grant.Everywhere))
        );
        Assert.Equal(everywhere.Distinct().Count(), everywhere.Count);
    }

    [Fact]
    public async Task Those_who_lead_a_region_have_no_say_in_the_territories_that_are_in_it()
    {
        const string town = "29233";
        await Memberships.SubmitMembershipAsync(new() { Territory = town }, service.As(town));
        var (region, facilitator) = (service.As(new Grant(Grant.Referent, "R53", "ELU")), service.As(new Grant(Grant.Facilitator, "R53")));
        await RefusedAsync(StatusCode.NotFound, () => Memberships.GetMembershipAsync(new() { Territory = town }, region).ResponseAsync);
        Assert.Equal(town, (await Memberships.GetMembershipAsync(new() { Territory = town }, facilitator)).Membership.Territory);
        await Memberships.ExamineMembershipAsync(new() { Territory = town }, facilitator);
        await Memberships.AcceptMembershipAsync(new() { Territory = town, Profile = "PILOTE" }, facilitator);
        var signing = new SignCharterRequest
        {
            Territory = town,
            Version = "1",
            Signatory = new() { Name = "Camille Essai", Function = "présidente" },
        };
        Func<Task>[] calls =
        [
            () => Memberships.SignCharterAsync(signing, region).ResponseAsync,
            () => Memberships.ActivateMembershipAsync(new() { Territory = town }, region).ResponseAsync,
            () => Memberships.WakeMembershipAsync(new() { Territory = town }, region).ResponseAsync,
            () => Memberships.LeaveMembershipAsync(new() { Territory = town, Practices = PracticesLeft.Kept }, region).ResponseAsync,
            () => Memberships.EraseSignatoryAsync(new() { Territory = town }, region).ResponseAsync,
        ];
        foreach (var call in calls)
        {
            await RefusedAsync(StatusCode.PermissionDenied, call);
        }
    }

    [Fact]
    public async Task A_territory_for_which_somebody_signs_in_stays_awake_and_one_that_nobody_visits_sleeps()
    {
        var (visited, forgotten) = ("ZZ008", "ZZ009");
        await ActiveAsync(visited);
        await ActiveAsync(forgotten);
        var later = TimeProvider.System.GetUtcNow().AddMonths(12).AddDays(1);
        Identity.SeenOn[visited] = $"{later.AddDays(-3):yyyy-MM-dd}";
        Identity.SeenOn[forgotten] = $"{later.AddMonths(-13):yyyy-MM-dd}";
        using var dormancy = ActivatorUtilities.CreateInstance<Dormancy>(service.Services, new FakeTimeProvider(later));
        await dormancy.SleepAsync(Cancellation);

        var awake = (await Memberships.GetMembershipAsync(new() { Territory = visited }, service.As(visited))).Membership;
        Assert.Equal((MembershipStatus.Active, Identity.SeenOn[visited]), (awake.Status, awake.ActiveOn));
        Assert.Equal(
            MembershipStatus.Asleep,
            (await Memberships.GetMembershipAsync(new() { Territory = forgotten }, service.As(forgotten))).Membership.Status
        );
    }

    [Fact]
    public async Task Only_a_member_tells_its_trajectory_and_leaving_may_take_it_away()
    {
        const string town = "ZZ010";
        var territories = new TerritoryService.TerritoryServiceClient(service.Channel);
        var telling = new UpdateProfileRequest
        {
            Id = town,
            Profile = new() { Introduction = "Une ville inventée." },
        };
        Assert.Equal(
            "MEMBERSHIP_NOT_ACTIVE",
            Reason(
                await RefusedAsync(StatusCode.FailedPrecondition, () =>
                    territories.UpdateProfileAsync(telling, service.As(town)).ResponseAsync
                )
            )
        );
        await ActiveAsync(town);
        await territories.UpdateProfileAsync(telling, service.As(town));
        var shown = (await territories.GetTerritoryAsync(new() { Id = town })).Territory;
        Assert.Equal((true, "PILOTE", "Une ville inventée."), (shown.Joined, shown.Membership.Profile, shown.Profile.Introduction));
        Assert.Null(shown.Membership.Signatory);

        var left = await service.LeavingAsync(town);
        await Memberships.LeaveMembershipAsync(
            new() { Territory = town, Practices = PracticesLeft.Hidden },
            service.As(new Grant(Grant.Referent, town))
        );
        await left.AreAsync("Membership left", "Profile hidden: gone");
        var gone = (await territories.GetTerritoryAsync(new() { Id = town })).Territory;
        Assert.Equal((false, MembershipStatus.Left), (gone.Joined, gone.Membership.Status));
        Assert.Null(gone.Profile);
    }

    [Fact]
    public async Task Nothing_of_an_invented_territory_leaves_the_node()
    {
        const string town = "ZZ011";
        await ActiveAsync(town);
        var feed = new FeedService.FeedServiceClient(service.Channel);
        var read = new List<string>();
        using var call = feed.Read(new ReadRequest(), Nobody, cancellationToken: Cancellation);
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation))
        {
            if (response.Envelope.Length > 0)
            {
                read.Add(Envelope.Read(response.Envelope.ToByteArray()).Territory);
            }
        }
        Assert.Contains("62528", read);
        Assert.DoesNotContain(read, Fictional.Is);
    }

    [Fact]
    public async Task A_cohort_is_opened_filled_and_read_by_anybody()
    {
        var cohorts = new CohortService.CohortServiceClient(service.Channel);
        var cohort = new Cohort
        {
            Code = "essai-2026",
            Name = "Cohorte d’essai",
            StartsOn = "2026-01-10",
            EndsOn = "2026-12-10",
        };
        foreach (
            var who in new[]
            {
                Nobody,
                service.As("ZZ012"),
                service.As(new Grant(Grant.Facilitator, "R53")),
                service.As(new Grant(Grant.Facilitator, "autre-cohorte")),
            }
        )
        {
            await RefusedAsync(who == Nobody ? StatusCode.Unauthenticated : StatusCode.PermissionDenied, () =>
                cohorts.SaveCohortAsync(new() { Cohort = cohort }, who).ResponseAsync
            );
        }
        var opened = (await cohorts.SaveCohortAsync(new() { Cohort = cohort }, Facilitator)).Cohort;
        Assert.Equal(
            ["code"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    cohorts.SaveCohortAsync(new() { Cohort = cohort }, Facilitator).ResponseAsync
                )
            )
        );
        var renamed = new SaveCohortRequest
        {
            Cohort = new(cohort) { Name = "Cohorte essayée" },
            Version = opened.Record.Version,
        };
        await cohorts.SaveCohortAsync(renamed, service.As(new Grant(Grant.Facilitator, "essai-2026")));
        Assert.Equal("STALE_VERSION", Reason(await RefusedAsync(StatusCode.Aborted, () => cohorts
                        .SaveCohortAsync(
                            new()
                            {
                                Cohort = new(cohort) { Name = "Trop tard" },
                                Version = opened.Record.Version,
                            },
                            Facilitator
                        )
                        .ResponseAsync)));

        await ActiveAsync("ZZ012");
        Assert.Equal(
            ["cohort"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Memberships.PlaceMembershipAsync(new() { Territory = "ZZ012", Cohort = "jamais-ouverte" }, Facilitator).ResponseAsync
                )
            )
        );
        await Memberships.PlaceMembershipAsync(new() { Territory = "ZZ012", Cohort = "essai-2026" }, Facilitator);
        var read = await cohorts.GetCohortAsync(new() { Code = "essai-2026" });
        Assert.Equal(("Cohorte essayée", 1, "ZZ012"), (read.Cohort.Name, read.Cohort.MemberCount, Assert.Single(read.Members).Territory));
        Assert.Contains(await ListAsync(new(), new Grant(Grant.Facilitator, "essai-2026")), code => code == "ZZ012");
        Assert.Contains((await cohorts.ListCohortsAsync(new())).Cohorts, one => one is { Code: "essai-2026", MemberCount: 1 });
    }

    [Fact]
    public async Task A_cohort_that_makes_no_sense_is_refused_field_by_field()
    {
        var cohorts = new CohortService.CohortServiceClient(service.Channel);
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () => cohorts
                .SaveCohortAsync(
                    new()
                    {
                        Cohort = new()
                        {
                            Code = "R32",
                            StartsOn = "2026",
                            EndsOn = "2025-01-01",
                            Region = "ZZZ",
                            Description = new string('x', 2001),
                        },
                    },
                    Facilitator
                )
                .ResponseAsync);
        Assert.Equal(["code", "description", "endsOn", "name", "region", "startsOn"], Fields(refused).Order(StringComparer.Ordinal));
        await RefusedAsync(StatusCode.NotFound, () => cohorts.GetCohortAsync(new() { Code = "jamais-ouverte" }).ResponseAsync);
    }

    [Fact]
    public async Task Loos_en_Gohelle_is_a_member_whose_charter_nobody_dates()
    {
        var loos = (await Memberships.GetMembershipAsync(new() { Territory = "62528" })).Membership;
        Assert.Equal((MembershipStatus.Active, "PIONNIER", "", ""), (loos.Status, loos.Profile, loos.CharterSignedOn, loos.StartedOn));
        Assert.NotEmpty(loos.Known);
        Assert.NotEmpty(loos.Sources);
    }

    [Fact]
    public async Task The_charter_is_read_in_both_languages()
    {
        var french = (await Memberships.GetCharterAsync(new())).Charter;
        Assert.Equal(("1", "fr"), (french.Version, french.Language));
        var english = (await Memberships.GetCharterAsync(new() { Version = "1" }, new Metadata { { "accept-language", "en" } })).Charter;
        Assert.Equal(("en", "Charter of the network"), (english.Language, english.Title));
        await RefusedAsync(StatusCode.NotFound, () => Memberships.GetCharterAsync(new() { Version = "99" }).ResponseAsync);
    }

    private async Task<List<string>> ListAsync(ListMembershipsRequest request, Grant grant)
    {
        var found = new List<string>();
        do
        {
            var page = await Memberships.ListMembershipsAsync(request, service.As(grant));
            found.AddRange(page.Memberships.Select(membership => membership.Territory));
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        return found;
    }

    private async Task AcceptedAsync(string town)
    {
        await Memberships.SubmitMembershipAsync(new() { Territory = town, Profile = "PILOTE" }, service.As(town));
        await Memberships.ExamineMembershipAsync(new() { Territory = town }, Facilitator);
        await Memberships.AcceptMembershipAsync(new() { Territory = town }, Facilitator);
    }

    private async Task ActiveAsync(string town)
    {
        await AcceptedAsync(town);
        Identity.Families[town] = ["ELU", "AGENT"];
        await Memberships.SignCharterAsync(
            new()
            {
                Territory = town,
                Version = "1",
                Signatory = new() { Name = "Camille Essai", Function = "maire" },
            },
            service.As(town)
        );
    }

    private async Task<string> RecordAsync(string town)
    {
        await using var db = await service
            .Services.GetRequiredService<IDbContextFactory<TerritoriesDb>>()
            .CreateDbContextAsync(Cancellation);
        var envelope = await db
            .Records.Where(row => row.Id == town && row.Kind == RecordKind.NameOf<Membership>())
            .Select(row => row.Envelope)
            .SingleAsync(Cancellation);
        return System.Text.Encoding.UTF8.GetString(envelope);
    }
}
