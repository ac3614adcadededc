using Fabrique.Identity;
using Fabrique.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static Fabrique.Tests.Answers;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

public sealed class MandatesOnSqliteTests(ServiceOnSqlite<IdentityDb> service)
    : MandatesSuite(service),
        IClassFixture<ServiceOnSqlite<IdentityDb>>;

[Trait("Databases", "all")]
public sealed class MandatesOnPostgreSqlTests(ServiceOnPostgreSql<IdentityDb> service)
    : MandatesSuite(service),
        IClassFixture<ServiceOnPostgreSql<IdentityDb>>;

/// <summary>Mandates end on a day, and a delegation always has somebody who leads it.</summary>
public abstract class MandatesSuite(ServiceUnderTest<IdentityDb> service)
{
    private static readonly Timestamp Tomorrow = TimeProvider.System.GetUtcNow().AddDays(1).ToTimestamp();
    private static readonly Timestamp Yesterday = TimeProvider.System.GetUtcNow().AddDays(-1).ToTimestamp();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IdentityService.IdentityServiceClient Identity => new(service.Channel);

    [Fact]
    public async Task A_mandate_ends_on_the_day_that_the_referent_says_and_is_shown_until_then()
    {
        const string town = "ZZ031";
        var elected = await MakeAsync(new Grant(Grant.Delegate, town, "ELU"));
        var referent = service.As(new Grant(Grant.Referent, town));
        var set = (
            await Identity.SetMandateAsync(
                new()
                {
                    Territory = town,
                    Person = elected,
                    Until = Tomorrow,
                },
                referent
            )
        ).Delegate;
        Assert.Equal((Tomorrow.Seconds, "ELU"), (set.Grant.Until.Seconds, set.Grant.Family));
        Assert.Equal(
            Tomorrow.Seconds,
            Assert.Single((await Identity.ListDelegatesAsync(new() { Territory = town }, referent)).Delegates).Grant.Until.Seconds
        );
        Assert.Equal(["until"], Fields(await RefusedAsync(StatusCode.InvalidArgument, () => Identity
                        .SetMandateAsync(
                            new()
                            {
                                Territory = town,
                                Person = elected,
                                Until = Yesterday,
                            },
                            referent
                        )
                        .ResponseAsync)));
        Assert.Null((await Identity.SetMandateAsync(new() { Territory = town, Person = elected }, referent)).Delegate.Grant.Until);

        await EndAsync(elected);
        Assert.Empty((await Identity.ListDelegatesAsync(new() { Territory = town }, referent)).Delegates);
        await RefusedAsync(StatusCode.NotFound, () => Identity
                .SetMandateAsync(
                    new()
                    {
                        Territory = town,
                        Person = elected,
                        Until = Tomorrow,
                    },
                    referent
                )
                .ResponseAsync);
    }

    [Fact]
    public async Task An_invitation_promises_a_right_until_the_end_of_the_mandate()
    {
        const string town = "ZZ032";
        var referent = service.As(new Grant(Grant.Referent, town));
        var grant = new Identity.V1.Grant
        {
            Role = Grant.Delegate,
            Scope = town,
            Family = "ELU",
            Until = Tomorrow,
        };
        var invited = (
            await Identity.CreateInvitationAsync(new() { Email = "elue-invitee@example.org", Grant = grant }, referent)
        ).Invitation;
        Assert.Equal(Tomorrow.Seconds, invited.Grant.Until.Seconds);
        await using var scope = service.Services.CreateAsyncScope();
        var link = await scope
            .ServiceProvider.GetRequiredService<IdentityDb>()
            .Links.AsNoTracking()
            .SingleAsync(link => link.Id == invited.Id, Cancellation);
        var person = await MakeAsync();
        await scope.ServiceProvider.GetRequiredService<Accounts>().AcceptAsync(new Person { Id = person }, link, tell: false);
        Assert.Equal(
            Tomorrow.Seconds,
            Assert.Single((await Identity.ListDelegatesAsync(new() { Territory = town }, referent)).Delegates).Grant.Until.Seconds
        );
        grant.Until = Yesterday;
        Assert.Equal(
            ["grant.until"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Identity.CreateInvitationAsync(new() { Email = "elue-tardive@example.org", Grant = grant }, referent).ResponseAsync
                )
            )
        );
    }

    [Fact]
    public async Task The_lead_is_passed_in_one_step_and_whoever_led_stays_a_delegate()
    {
        const string town = "ZZ033";
        var (first, second) = (
            await MakeAsync(new Grant(Grant.Referent, town, "ELU")),
            await MakeAsync(new Grant(Grant.Delegate, town, "AGENT"))
        );
        var referent = service.As(new Grant(Grant.Referent, town));
        var before = await RightsAsync(first);
        for (var press = 1; press <= 2; press++)
        {
            var leads = (await Identity.PassLeadAsync(new() { Territory = town, Person = second }, referent)).Delegate;
            Assert.Equal((second, Grant.Referent, "AGENT"), (leads.Person, leads.Grant.Role, leads.Grant.Family));
        }
        var people = (await Identity.ListDelegatesAsync(new() { Territory = town }, referent)).Delegates.ToDictionary(
            person => person.Person,
            person => (person.Grant.Role, person.Grant.Family)
        );
        Assert.Equal((2, (Grant.Delegate, "ELU"), (Grant.Referent, "AGENT")), (people.Count, people[first], people[second]));
        // Open sessions of both hear of it.
        Assert.True(await RightsAsync(first) > before);

        var stranger = await MakeAsync(new Grant(Grant.Delegate, "ZZ034", "AGENT"));
        await RefusedAsync(StatusCode.NotFound, () =>
            Identity.PassLeadAsync(new() { Territory = town, Person = stranger }, referent).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.PassLeadAsync(new() { Territory = town, Person = first }, service.As(town)).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.PassLeadAsync(new() { Territory = town, Person = first }, service.As(new Grant(Grant.Referent, "ZZ034"))).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.SetMandateAsync(new() { Territory = town, Person = first }, service.As(town)).ResponseAsync
        );
    }

    [Fact]
    public async Task A_facilitator_sees_whose_lead_has_ended_and_names_another()
    {
        const string town = "ZZ035";
        var facilitator = service.As(new Grant(Grant.Facilitator, Grant.Everywhere));
        var (gone, officer) = (
            await MakeAsync(new Grant(Grant.Referent, town, "ELU")),
            await MakeAsync(new Grant(Grant.Delegate, town, "AGENT"))
        );
        await EndAsync(gone);
        var lead = Assert.Single((await Identity.ListLeadsAsync(new() { Territory = { town, "ZZ036" } }, facilitator)).Leads);
        Assert.Equal((town, false), (lead.Territory, lead.IsLed));
        Assert.NotNull(lead.Until);

        await Identity.PassLeadAsync(new() { Territory = town, Person = officer }, facilitator);
        Assert.True(Assert.Single((await Identity.ListLeadsAsync(new() { Territory = { town } }, facilitator)).Leads).IsLed);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.ListLeadsAsync(new() { Territory = { town } }, service.As(town)).ResponseAsync
        );
        await RefusedAsync(StatusCode.InvalidArgument, () =>
            Identity.ListLeadsAsync(new() { Territory = { Enumerable.Repeat(town, 101) } }, facilitator).ResponseAsync
        );

        // Whoever comes back is a delegate again, although the right as referent has ended.
        await using var scope = service.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<RightsKeeper>().GiveAsync("", gone, new Grant(Grant.Delegate, town, "ELU"));
        Assert.Equal(
            Grant.Referent,
            (await Identity.PassLeadAsync(new() { Territory = town, Person = gone }, facilitator)).Delegate.Grant.Role
        );
    }

    private async Task<string> MakeAsync(params Grant[] grants) => (await TestAccounts.MakeAsync(service, TestAccounts.New(), grants)).Id;

    /// <summary>The mandates of a person have ended.</summary>
    private async Task EndAsync(string person)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var until = Yesterday.ToDateTimeOffset().ToUnixTimeMilliseconds();
        await scope
            .ServiceProvider.GetRequiredService<IdentityDb>()
            .Grants.Where(grant => grant.Person == person)
            .ExecuteUpdateAsync(row => row.SetProperty(grant => grant.Until, until), Cancellation);
    }

    private async Task<long> RightsAsync(string person)
    {
        await using var scope = service.Services.CreateAsyncScope();
        return await scope
            .ServiceProvider.GetRequiredService<IdentityDb>()
            .Users.Where(one => one.Id == person)
            .Select(one => one.Rights)
            .SingleAsync(Cancellation);
    }
}
