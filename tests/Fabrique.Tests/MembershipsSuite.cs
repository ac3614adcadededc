using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

public sealed class MembershipsOnSqliteTests(ServiceOnSqlite<TerritoriesDb> service) : MembershipsSuite(service), IClassFixture<ServiceOnSqlite<TerritoriesDb>>;

public sealed class MembershipsOnPostgreSqlTests(ServiceOnPostgreSql<TerritoriesDb> service) : MembershipsSuite(service), IClassFixture<ServiceOnPostgreSql<TerritoriesDb>>;

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
        const string town = "62413";
        var asked = await Memberships.SubmitMembershipAsync(new() { Territory = town, Profile = "PILOTE" }, service.As(new Grant("account", "")));
        Assert.Equal((true, MembershipStatus.Submitted, "Harnes"), (asked.Created, asked.Membership.Status, asked.Membership.Name));
        var again = await Memberships.SubmitMembershipAsync(new() { Territory = town }, service.As(new Grant("account", "")));
        Assert.Equal((false, ""), (again.Created, again.Membership.Profile));
        await RefusedAsync(StatusCode.NotFound, () => Memberships.GetMembershipAsync(new() { Territory = town }, Nobody).ResponseAsync);

        await Memberships.ExamineMembershipAsync(new() { Territory = town }, Facilitator);
        await Memberships.AcceptMembershipAsync(new() { Territory = town }, Facilitator);
        Identity.Families[town] = ["ELU"];
        var signing = new SignCharterRequest { Territory = town, Version = "1", Signatory = new() { Name = "Camille Essai", Function = "maire" }, Deliberation = "2026-17" };
        var signed = (await Memberships.SignCharterAsync(signing, service.As(town))).Membership;
        Assert.Equal((MembershipStatus.CharterToSign, "AGENT"), (signed.Status, Assert.Single(signed.Missing)));
        var incomplete = await RefusedAsync(StatusCode.FailedPrecondition, () => Memberships.ActivateMembershipAsync(new() { Territory = town }, service.As(town)).ResponseAsync);
        Assert.Equal("DELEGATION_INCOMPLETE", Reason(incomplete));

        Identity.Families[town] = ["ELU", "AGENT"];
        var active = (await Memberships.ActivateMembershipAsync(new() { Territory = town }, service.As(town))).Membership;
        Assert.Equal((MembershipStatus.Active, Visibility.Public, "Camille Essai"), (active.Status, active.Record.Visibility, active.Signatory.Name));

        using var http = service.Http();
        var seen = await http.GetStringAsync($"/api/v1/territories/{town}/membership", Cancellation);
        Assert.Contains("MEMBERSHIP_STATUS_ACTIVE", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("Camille", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("Camille", await RecordAsync(town), StringComparison.Ordinal);

        await Memberships.EraseSignatoryAsync(new() { Territory = town }, service.As(town));
        Assert.Null((await Memberships.GetMembershipAsync(new() { Territory = town }, service.As(town))).Membership.Signatory);
    }

    [Fact]
    public async Task A_signature_is_kept_when_nobody_can_say_who_the_delegation_is()
    {
        const string town = "62510";
        await AcceptedAsync(town);
        Identity.Families[town] = ["ELU", "AGENT"];
        Identity.IsAway = true;
        try
        {
            var signing = new SignCharterRequest { Territory = town, Version = "1", Signatory = new() { Name = "Camille Essai", Function = "maire" } };
            var away = await RefusedAsync(StatusCode.Unavailable, () => Memberships.SignCharterAsync(signing, service.As(town)).ResponseAsync);
            Assert.Equal("DELEGATION_UNKNOWN", Reason(away));
        }
        finally
        {
            Identity.IsAway = false;
        }
        var kept = (await Memberships.GetMembershipAsync(new() { Territory = town }, service.As(town))).Membership;
        Assert.Equal((MembershipStatus.CharterToSign, "1", "Camille Essai"), (kept.Status, kept.CharterVersion, kept.Signatory.Name));
        Assert.Equal(MembershipStatus.Active, (await Memberships.ActivateMembershipAsync(new() { Territory = town }, service.As(town))).Membership.Status);
    }

    [Fact]
    public async Task A_member_sleeps_wakes_and_leaves_and_may_ask_again()
    {
        const string town = "62427";
        await ActiveAsync(town);
        Assert.Equal(MembershipStatus.Asleep, (await Memberships.SleepMembershipAsync(new() { Territory = town }, Facilitator)).Membership.Status);
        Assert.Equal(MembershipStatus.Active, (await Memberships.WakeMembershipAsync(new() { Territory = town }, service.As(town))).Membership.Status);
        var referent = service.As(new Grant(Grant.Referent, town));
        Assert.Equal(["practices"], Fields(await RefusedAsync(StatusCode.InvalidArgument, () => Memberships.LeaveMembershipAsync(new() { Territory = town }, referent).ResponseAsync)));
        var left = (await Memberships.LeaveMembershipAsync(new() { Territory = town, Practices = PracticesLeft.Hidden }, referent)).Membership;
        Assert.Equal((MembershipStatus.Left, PracticesLeft.Hidden, Visibility.Public), (left.Status, left.PracticesLeft, left.Record.Visibility));
        Assert.Equal("WRONG_STATUS", Reason(await RefusedAsync(StatusCode.FailedPrecondition, () => Memberships.WakeMembershipAsync(new() { Territory = town }, referent).ResponseAsync)));
        Assert.True((await Memberships.SubmitMembershipAsync(new() { Territory = town }, referent)).Created);
    }

    [Fact]
    public async Task Each_call_is_refused_to_whoever_has_no_right_there()
    {
        const string town = "62065";
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
        await Memberships.SubmitMembershipAsync(new() { Territory = "29232" }, service.As("29232"));
        await Memberships.SubmitMembershipAsync(new() { Territory = "59350" }, service.As("59350"));
        var brittany = await ListAsync(new(), new Grant(Grant.Facilitator, "R53"));
        Assert.Contains("29232", brittany);
        Assert.DoesNotContain("59350", brittany);
        var everywhere = await ListAsync(new() { Status = { MembershipStatus.Submitted }, PageSize = 1 }, new Grant(Grant.Facilitator, Grant.Everywhere));
        Assert.Contains("29232", everywhere);
        Assert.Contains("59350", everywhere);
        Assert.Equal(everywhere.Distinct().Count(), everywhere.Count);
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
        }
        while (request.PageToken.Length > 0);
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
        await Memberships.SignCharterAsync(new() { Territory = town, Version = "1", Signatory = new() { Name = "Camille Essai", Function = "maire" } }, service.As(town));
    }

    private async Task<string> RecordAsync(string town)
    {
        await using var db = await service.Services.GetRequiredService<IDbContextFactory<TerritoriesDb>>().CreateDbContextAsync(Cancellation);
        var envelope = await db.Records.Where(row => row.Id == town && row.Kind == RecordKinds.KindOf<Membership>()).Select(row => row.Envelope).SingleAsync(Cancellation);
        return System.Text.Encoding.UTF8.GetString(envelope);
    }
}
