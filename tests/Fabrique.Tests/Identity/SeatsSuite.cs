using CsCheck;
using Fabrique.Identity;
using Fabrique.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static Fabrique.Tests.Answers;
using GrantMessage = Fabrique.Identity.V1.Grant;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

public sealed class SeatsOnSqliteTests(ServiceOnSqlite<IdentityDb> service)
    : SeatsSuite(service),
        IClassFixture<ServiceOnSqlite<IdentityDb>>;

[Trait("Databases", "all")]
public sealed class SeatsOnPostgreSqlTests(ServiceOnPostgreSql<IdentityDb> service)
    : SeatsSuite(service),
        IClassFixture<ServiceOnPostgreSql<IdentityDb>>;

/// <summary>
/// Who comes to have a seat in a delegation: nobody by their own decision, nobody twice, and nobody without the delegation hearing of it.
/// </summary>
public abstract class SeatsSuite(ServiceUnderTest<IdentityDb> service)
{
    private static int _town = 700;
    private readonly string _territory = $"ZZ{Interlocked.Increment(ref _town)}";

    private static readonly Grant Everywhere = new(Grant.Facilitator, Grant.Everywhere);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IdentityService.IdentityServiceClient Identity => new(service.Channel);

    [Fact]
    public async Task Nobody_decides_their_own_request_and_somebody_else_may()
    {
        var (asks, other) = (await MakeAsync(Everywhere), await MakeAsync(Everywhere));
        var request = await AskAsync(asks, _territory);
        foreach (var accept in new[] { true, false })
        {
            await NotForYourselfAsync(async () =>
                await Identity.DecideJoinRequestAsync(
                    new()
                    {
                        Id = request,
                        Accept = accept,
                        Reason = "essai",
                    },
                    await TestAccounts.HeadersAsync(service, asks, Everywhere)
                )
            );
        }
        Assert.Empty((await Identity.GetDelegationAsync(new() { Territory = _territory }, service.As(Everywhere))).Families);
        await Identity.DecideJoinRequestAsync(
            new() { Id = request, Accept = true },
            await TestAccounts.HeadersAsync(service, other, Everywhere)
        );
        Assert.Equal(1, (await Identity.GetDelegationAsync(new() { Territory = _territory }, service.As(Everywhere))).Families["AGENT"]);
    }

    [Fact]
    public async Task Nobody_gives_themself_a_right_invites_themself_or_makes_their_own_mandate_longer()
    {
        var (leads, facilitates) = (new Grant(Grant.Referent, _territory, "AGENT"), await MakeAsync(Everywhere));
        var (referent, facilitator) = (await MakeAsync(leads), await TestAccounts.HeadersAsync(service, facilitates, Everywhere));
        await NotForYourselfAsync(async () =>
            await Identity.GiveGrantAsync(new() { Person = facilitates.Id, Grant = Told(Grant.Delegate, _territory) }, facilitator)
        );
        await NotForYourselfAsync(async () =>
            await Identity.GiveGrantAsync(new() { Email = facilitates.Email, Grant = Told(Grant.Referent, _territory) }, facilitator)
        );
        var mine = await TestAccounts.HeadersAsync(service, referent, leads);
        await NotForYourselfAsync(async () =>
            await Identity.CreateInvitationAsync(
                new() { Email = referent.Email!.ToUpperInvariant(), Grant = Told(Grant.Delegate, _territory) },
                mine
            )
        );
        await Identity.SetMandateAsync(Mandate(referent, days: 30), mine);
        await Identity.SetMandateAsync(Mandate(referent, days: 20), mine);
        await NotForYourselfAsync(async () => await Identity.SetMandateAsync(Mandate(referent, days: 40), mine));
        await NotForYourselfAsync(async () => await Identity.SetMandateAsync(new() { Territory = _territory, Person = referent.Id }, mine));

        var both = await MakeAsync(Everywhere, new Grant(Grant.Delegate, _territory, "ELU"));
        await NotForYourselfAsync(async () =>
            await Identity.PassLeadAsync(
                new() { Territory = _territory, Person = both.Id },
                await TestAccounts.HeadersAsync(service, both, Everywhere)
            )
        );
    }

    [Fact]
    public async Task What_lengthens_a_right_ends_it_or_takes_its_invitation_back_asks_what_giving_it_asks()
    {
        var other = await MakeAsync(new Grant(Grant.Referent, _territory, "ELU"));
        var referent = service.As(new Grant(Grant.Referent, _territory));
        await RefusedAsync(StatusCode.PermissionDenied, () => Identity.SetMandateAsync(Mandate(other, days: 3), referent).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.RemoveGrantAsync(new() { Person = other.Id, Grant = Told(Grant.Referent, _territory) }, referent).ResponseAsync
        );
        var invitation = (
            await Identity.CreateInvitationAsync(
                new() { Email = $"meneuse-{_territory}@example.org", Grant = Told(Grant.Referent, _territory) },
                service.As(Everywhere)
            )
        ).Invitation;
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.WithdrawInvitationAsync(new() { Id = invitation.Id }, referent).ResponseAsync
        );
        // The family does not tell a right from another.
        await Identity.RemoveGrantAsync(
            new() { Person = other.Id, Grant = Told(Grant.Referent, _territory, family: "") },
            service.As(Everywhere)
        );
        Assert.Empty((await Identity.ListDelegatesAsync(new() { Territory = _territory }, referent)).Delegates);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("*:Loos-en-Gohelle (62528)")]
    [InlineData("R53")]
    [InlineData("essai-2026")]
    [InlineData("ZZ001:ELU")]
    [InlineData("")]
    public async Task A_delegate_is_one_of_a_territory_that_there_is(string scope)
    {
        var (person, facilitator) = (await MakeAsync(), service.As(Everywhere));
        Assert.Contains(
            "grant.scope",
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Identity.GiveGrantAsync(new() { Person = person.Id, Grant = Told(Grant.Delegate, scope) }, facilitator).ResponseAsync
                )
            )
        );
        Assert.Contains(
            "grant.scope",
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Identity
                        .CreateInvitationAsync(new() { Email = "elue@example.org", Grant = Told(Grant.Delegate, scope) }, facilitator)
                        .ResponseAsync
                )
            )
        );
        Assert.Contains("territory", Fields(await RefusedAsync(StatusCode.InvalidArgument, () => AskAsync(person, scope))));
    }

    [Fact]
    public async Task No_right_is_given_while_nobody_can_say_whether_the_territory_is_there()
    {
        var person = await MakeAsync();
        var refused = await RefusedAsync(StatusCode.Unavailable, () =>
            Identity
                .GiveGrantAsync(new() { Person = person.Id, Grant = Told(Grant.Delegate, DirectoryFake.Away) }, service.As(Everywhere))
                .ResponseAsync
        );
        Assert.Equal("TERRITORIES_AWAY", Reason(refused));
        await RefusedAsync(StatusCode.Unavailable, () => AskAsync(person, DirectoryFake.Away));
    }

    [Fact]
    public void A_right_is_read_as_it_was_written_or_is_none() =>
        Gen.Select(
                Gen.Int[0, Grant.Roles.Count - 1].Select(at => Grant.Roles[at]),
                Gen.String[Gen.OneOf(Gen.Char['0', 'Z'], Gen.Const(':'), Gen.Const('*'), Gen.Const(' ')), 0, 8]
            )
            .Sample(
                (role, scope) =>
                {
                    var grant = new Grant(role, scope, role is Grant.Delegate ? "ELU" : "");
                    Assert.Equal(Grant.Holds(role, scope) ? grant : new Grant("", ""), Grant.Parse(grant.ToString()));
                }
            );

    [Theory]
    [InlineData(Grant.Delegate, "62528", true), InlineData(Grant.Facilitator, "*", true), InlineData(Grant.Facilitator, "R32", true)]
    [InlineData(Grant.Delegate, "*", false), InlineData(Grant.Steward, "*", false), InlineData(Grant.Delegate, "62528\n", false)]
    [InlineData("maire", "62528", false), InlineData(Grant.Facilitator, "*:R32", false), InlineData(Grant.Delegate, "", false)]
    public void A_scope_is_one_word(string role, string scope, bool holds) => Assert.Equal(holds, Grant.Holds(role, scope));

    [Fact]
    public async Task One_person_has_one_seat_whatever_is_given()
    {
        var person = await MakeAsync(new Grant(Grant.Delegate, _territory, "AGENT"));
        var facilitator = service.As(Everywhere);
        await Identity.GiveGrantAsync(new() { Person = person.Id, Grant = Told(Grant.Referent, _territory, "ELU") }, facilitator);
        var seat = Assert.Single((await Identity.ListDelegatesAsync(new() { Territory = _territory }, facilitator)).Delegates).Grant;
        Assert.Equal((Grant.Referent, "ELU"), (seat.Role, seat.Family));
        seat = (await Identity.GiveGrantAsync(new() { Person = person.Id, Grant = Told(Grant.Delegate, _territory, "SOCIO") }, facilitator))
            .Delegate
            .Grant;
        Assert.Equal((Grant.Referent, "ELU"), (seat.Role, seat.Family));

        // An earlier release let a person sit twice.
        await using (var scope = service.Services.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
            db.Grants.Add(
                new GrantRow
                {
                    Person = person.Id,
                    Role = Grant.Delegate,
                    Scope = _territory,
                    Family = "AGENT",
                }
            );
            await db.SaveChangesAsync(Cancellation);
        }
        var delegation = await Identity.GetDelegationAsync(new() { Territory = _territory }, facilitator);
        Assert.Equal("ELU", Assert.Single(delegation.Families).Key);
        Assert.True(delegation.HasReferent);
    }

    [Fact]
    public async Task Whoever_is_invited_or_there_already_is_not_invited_again()
    {
        var (facilitator, there) = (service.As(Everywhere), await MakeAsync(new Grant(Grant.Delegate, _territory, "ELU")));
        var address = $"Marie.{_territory}@Example.org";
        var first = (
            await Identity.CreateInvitationAsync(new() { Email = address, Grant = Told(Grant.Delegate, _territory) }, facilitator)
        ).Invitation;
        foreach (var again in new[] { address, address.ToLowerInvariant(), there.Email! })
        {
            Assert.Contains(
                "email",
                Fields(
                    await RefusedAsync(StatusCode.InvalidArgument, () =>
                        Identity
                            .CreateInvitationAsync(new() { Email = again, Grant = Told(Grant.Delegate, _territory) }, facilitator)
                            .ResponseAsync
                    )
                )
            );
        }
        await Identity.WithdrawInvitationAsync(new() { Id = first.Id }, facilitator);
        await Identity.CreateInvitationAsync(new() { Email = address, Grant = Told(Grant.Delegate, _territory) }, facilitator);
    }

    [Fact]
    public async Task Nobody_has_mails_or_requests_sent_without_end()
    {
        var referent = await MakeAsync(new Grant(Grant.Referent, _territory, "AGENT"));
        var mine = await TestAccounts.HeadersAsync(service, referent, new Grant(Grant.Referent, _territory, "AGENT"));
        for (var sent = 0; sent < 30; sent++)
        {
            var invitation = (
                await Identity.CreateInvitationAsync(
                    new() { Email = $"pair-{sent}@example.org", Grant = Told(Grant.Delegate, _territory) },
                    mine
                )
            ).Invitation;
            // What was taken back was sent all the same.
            await Identity.WithdrawInvitationAsync(new() { Id = invitation.Id }, mine);
        }
        await RefusedAsync(StatusCode.ResourceExhausted, () =>
            Identity
                .CreateInvitationAsync(new() { Email = "pair-30@example.org", Grant = Told(Grant.Delegate, _territory) }, mine)
                .ResponseAsync
        );

        var stranger = $"etrangere-{_territory}@example.org";
        for (var town = 0; town < 5; town++)
        {
            await Identity.CreateInvitationAsync(
                new() { Email = stranger, Grant = Told(Grant.Delegate, $"ZZ8{town:00}") },
                service.As(Everywhere)
            );
        }
        await RefusedAsync(StatusCode.ResourceExhausted, () =>
            Identity
                .CreateInvitationAsync(new() { Email = stranger, Grant = Told(Grant.Delegate, "ZZ899") }, service.As(Everywhere))
                .ResponseAsync
        );

        var asks = await MakeAsync();
        for (var town = 0; town < 5; town++)
        {
            await AskAsync(asks, $"ZZ81{town}");
        }
        await RefusedAsync(StatusCode.ResourceExhausted, () => AskAsync(asks, "ZZ820"));
        // What is open already may be told better.
        await AskAsync(asks, "ZZ810");
    }

    [Fact]
    public async Task A_delegation_hears_of_whoever_comes_to_it_by_a_decision_from_outside()
    {
        var (referent, newcomer, second) = (
            await MakeAsync(new Grant(Grant.Referent, _territory, "AGENT")),
            await MakeAsync(),
            await MakeAsync()
        );
        await Identity.GiveGrantAsync(
            new() { Person = second.Id, Grant = Told(Grant.Delegate, _territory) },
            await TestAccounts.HeadersAsync(service, referent, new Grant(Grant.Referent, _territory, "AGENT"))
        );
        Assert.Empty(await TestAccounts.SubjectsAsync(service, referent));
        await Identity.GiveGrantAsync(new() { Person = newcomer.Id, Grant = Told(Grant.Delegate, _territory) }, service.As(Everywhere));
        Assert.Contains(
            "est entrée dans la délégation",
            Assert.Single(await TestAccounts.SubjectsAsync(service, referent)),
            StringComparison.Ordinal
        );
        Assert.Empty(await TestAccounts.SubjectsAsync(service, newcomer));
    }

    private SetMandateRequest Mandate(Person person, int days) =>
        new()
        {
            Territory = _territory,
            Person = person.Id,
            Until = TimeProvider.System.GetUtcNow().AddDays(days).ToTimestamp(),
        };

    private static GrantMessage Told(string role, string scope, string family = "ELU") =>
        new()
        {
            Role = role,
            Scope = scope,
            Family = family,
        };

    private async Task<string> AskAsync(Person person, string territory) => (
            await Identity.CreateJoinRequestAsync(
                new()
                {
                    Territory = territory,
                    Family = "AGENT",
                    Function = "essai",
                },
                await TestAccounts.HeadersAsync(service, person)
            )
        ).Request.Id;

    private async Task<Person> MakeAsync(params Grant[] grants) => await TestAccounts.MakeAsync(service, TestAccounts.New(), grants);

    private static async Task NotForYourselfAsync(Func<Task> call) =>
        Assert.Equal("NOT_FOR_YOURSELF", Reason(await RefusedAsync(StatusCode.PermissionDenied, call)));
}
