using Fabrique.Records.V1;
using Fabrique.Territories;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

public sealed class PerimetersOnSqliteTests(ServiceOnSqlite<TerritoriesDb> service)
    : PerimetersSuite(service),
        IClassFixture<ServiceOnSqlite<TerritoriesDb>>;

[Trait("Databases", "all")]
public sealed class PerimetersOnPostgreSqlTests(ServiceOnPostgreSql<TerritoriesDb> service)
    : PerimetersSuite(service),
        IClassFixture<ServiceOnPostgreSql<TerritoriesDb>>;

/// <summary>Territories that no official list has: declared, confirmed, found, and in the network like any other.</summary>
public abstract class PerimetersSuite(ServiceUnderTest<TerritoriesDb> service)
{
    // An active member of the fixture, its grouping, and a town next to it.
    private const string Brest = "29019";
    private static readonly string[] Around = [Brest, "29235", "29075"];

    private PerimeterService.PerimeterServiceClient Perimeters => new(service.Channel);

    private TerritoryService.TerritoryServiceClient Territories => new(service.Channel);

    private Metadata Facilitator => service.As(new Grant(Grant.Facilitator, "R53"));

    [Fact]
    public async Task A_perimeter_is_nobodys_until_it_is_confirmed_and_then_a_territory_like_any_other()
    {
        var declared = (
            await Perimeters.DeclarePerimeterAsync(Ask("PETR du Pays de l’Essai", "200000008", "PETR"), service.As(Brest))
        ).Perimeter;
        Assert.Equal(
            ("200000008", PerimeterStatus.Declared, Visibility.Private, "29", "Brest"),
            (declared.Id, declared.Status, declared.Record.Visibility, declared.Department, declared.DeclaredByName)
        );
        await RefusedAsync(StatusCode.NotFound, () =>
            Perimeters.GetPerimeterAsync(new() { Id = declared.Id }, service.As("59350")).ResponseAsync
        );
        await RefusedAsync(StatusCode.NotFound, () => Territories.GetTerritoryAsync(new() { Id = declared.Id }).ResponseAsync);
        Assert.DoesNotContain((await Territories.ListTerritoriesAsync(new() { Query = "pays de l'essai" })).Territories, found =>
            found.Id == declared.Id
        );
        Assert.Contains((await Perimeters.ListPerimetersAsync(new(), Facilitator)).Perimeters, perimeter => perimeter.Id == declared.Id);

        await Perimeters.ConfirmPerimeterAsync(new() { Id = declared.Id }, Facilitator);
        await Perimeters.ConfirmPerimeterAsync(new() { Id = declared.Id }, Facilitator);
        foreach (var query in new[] { "petr du pays de l'essai", "pays essai", "200 000 008" })
        {
            Assert.Equal(declared.Id, (await Territories.ListTerritoriesAsync(new() { Query = query })).Territories[0].Id);
        }
        var near = await Territories.ListTerritoriesAsync(new() { Query = "PETR du pays de l'esai" });
        Assert.Equal((declared.Id, true), (near.Territories[0].Id, near.Approximate));
        Assert.Empty((await Territories.ListTerritoriesAsync(new() { Query = "PETR du pays de l'esai", Kind = { "PNR" } })).Territories);
        var territory = (await Territories.GetTerritoryAsync(new() { Id = declared.Id })).Territory;
        var towns = await Task.WhenAll(Around.Select(async town => (await Territories.GetTerritoryAsync(new() { Id = town })).Territory));
        Assert.Equal(
            (3, towns.Sum(town => town.Population), "Finistère"),
            (territory.MemberCount, territory.Population, territory.Department.Name)
        );
        Assert.Equal((3, 3), (territory.Perimeter.Population.Known, territory.Perimeter.Population.Parts));
        Assert.InRange(territory.Coordinates.Latitude, 48.3, 48.6);
        Assert.Contains((await Territories.ListTerritoriesAsync(new() { Kind = { "PETR" }, Department = "29" })).Territories, found =>
            found.Id == declared.Id && found.Perimeter.Members.Count == 0
        );
        Assert.NotEmpty((await Territories.ListSimilarTerritoriesAsync(new() { Id = declared.Id })).Similar);

        var memberships = new MembershipService.MembershipServiceClient(service.Channel);
        var own = service.As(declared.Id);
        await memberships.SubmitMembershipAsync(new() { Territory = declared.Id, Profile = "PILOTE" }, own);
        await memberships.ExamineMembershipAsync(new() { Territory = declared.Id }, Facilitator);
        await memberships.AcceptMembershipAsync(new() { Territory = declared.Id }, Facilitator);
        service.Services.GetRequiredService<IdentityFake>().Families[declared.Id] = ["ELU", "AGENT"];
        await memberships.SignCharterAsync(
            new()
            {
                Territory = declared.Id,
                Version = "1",
                Signatory = new() { Name = "Camille Essai", Function = "présidente" },
            },
            own
        );
        var told = (
            await Territories.UpdateProfileAsync(
                new()
                {
                    Id = declared.Id,
                    Profile = new() { Introduction = "Un pays." },
                },
                own
            )
        ).Territory;
        Assert.Equal(("PETR du Pays de l’Essai", "PETR", true), (told.Profile.Name, told.Profile.Kind, told.Joined));
        Assert.Contains((await Territories.ListTerritoriesAsync(new() { Joined = true, PageSize = 100 })).Territories, found =>
            found.Id == declared.Id
        );
    }

    [Fact]
    public async Task A_name_with_a_slip_gives_each_territory_once_the_perimeters_that_look_like_it_first()
    {
        // As far from it as a commune's name is.
        await ConfirmedAsync("Plouzanné", "200000131");
        var (all, token) = (new List<string>(), "");
        do
        {
            var page = await Territories.ListTerritoriesAsync(
                new()
                {
                    Query = "plouzamné",
                    PageSize = 2,
                    PageToken = token,
                }
            );
            Assert.True(page.Approximate);
            all.AddRange(page.Territories.Select(territory => territory.Id));
            (token, var total) = (page.NextPageToken, page.TotalSize);
            Assert.True(token.Length > 0 || all.Count == total);
        } while (token.Length > 0);
        Assert.Equal("200000131", all[0]);
        Assert.Contains("29212", all);
        Assert.Equal(all.Count, all.Distinct().Count());
    }

    [Fact]
    public async Task Pages_of_a_search_hold_each_territory_once_with_perimeters_after_those_that_answer_as_well()
    {
        await ConfirmedAsync("Plouzané et ses voisins", "200000016");
        var (all, token) = (new List<string>(), "");
        do
        {
            var page = await Territories.ListTerritoriesAsync(
                new()
                {
                    Query = "plou",
                    PageSize = 7,
                    PageToken = token,
                }
            );
            Assert.InRange(page.Territories.Count, 1, 7);
            all.AddRange(page.Territories.Select(territory => territory.Id));
            (token, var total) = (page.NextPageToken, page.TotalSize);
            Assert.True(token.Length > 0 || all.Count == total);
        } while (token.Length > 0);
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Contains("200000016", all);
        Assert.NotEqual("200000016", all[0]);
    }

    [Fact]
    public async Task Who_is_in_it_changes_on_a_day_by_its_own_delegation_and_is_remembered()
    {
        var perimeter = await ConfirmedAsync("Syndicat des trois essais", "200000024");
        var own = service.As(perimeter.Id);
        var asked = new RevisePerimeterRequest
        {
            Id = perimeter.Id,
            Name = "Syndicat des essais",
            Members = { Brest, "29235" },
            On = "2024-01-01",
            Version = perimeter.Record.Version,
        };
        await RefusedAsync(StatusCode.PermissionDenied, () => Perimeters.RevisePerimeterAsync(asked, service.As(Brest)).ResponseAsync);
        var revised = (await Perimeters.RevisePerimeterAsync(asked, own)).Perimeter;
        Assert.Equal(
            ("2024-01-01", "Syndicat des essais"),
            (revised.Members.Single(member => member.Territory == "29075").To, revised.Name)
        );
        Assert.Equal(
            "STALE_VERSION",
            Reason(await RefusedAsync(StatusCode.Aborted, () => Perimeters.RevisePerimeterAsync(asked, own).ResponseAsync))
        );
        Assert.Equal(2, (await Territories.GetTerritoryAsync(new() { Id = perimeter.Id })).Territory.MemberCount);
        asked.Version = revised.Record.Version;
        asked.On = "2020-01-01";
        Assert.Equal(
            ["on"],
            Fields(await RefusedAsync(StatusCode.InvalidArgument, () => Perimeters.RevisePerimeterAsync(asked, own).ResponseAsync))
        );
    }

    [Fact]
    public async Task The_same_body_is_declared_once_and_a_name_that_is_near_is_asked_about()
    {
        var first = await ConfirmedAsync("Parc naturel de la Rade", "200000032");
        Assert.Equal(
            "ALREADY_DECLARED",
            Reason(
                await RefusedAsync(StatusCode.AlreadyExists, () =>
                    Perimeters.DeclarePerimeterAsync(Ask("Autre nom", "200 000 032"), service.As(Brest)).ResponseAsync
                )
            )
        );
        var near = Ask("Parc naturel de la rades", "200000040");
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Perimeters.DeclarePerimeterAsync(near, service.As(Brest)).ResponseAsync
        );
        Assert.Equal(["distinct"], Fields(refused));
        near.Distinct = true;
        var second = (await Perimeters.DeclarePerimeterAsync(near, service.As(Brest))).Perimeter;
        Assert.Contains(
            (await Perimeters.ListPerimetersAsync(new(), Facilitator)).Perimeters.Single(one => one.Id == second.Id).Near,
            name => name.StartsWith(first.Name, StringComparison.Ordinal)
        );

        // A grouping of the official directory is not declared a second time.
        Assert.Equal(
            ["siren"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Perimeters.DeclarePerimeterAsync(Ask("Brest", "242900314"), service.As(Brest)).ResponseAsync
                )
            )
        );
        await Perimeters.RefusePerimeterAsync(new() { Id = second.Id, Reason = "Le même parc" }, Facilitator);
        Assert.Equal("Le même parc", (await Perimeters.GetPerimeterAsync(new() { Id = second.Id }, service.As(Brest))).Perimeter.Reason);
    }

    [Fact]
    public async Task Each_call_is_refused_to_whoever_has_no_right_there()
    {
        var declared = (await Perimeters.DeclarePerimeterAsync(Ask("Syndicat gardé", "200000057"), service.As(Brest))).Perimeter;
        var elsewhere = service.As(new Grant(Grant.Facilitator, "R32"));
        await RefusedAsync(StatusCode.Unauthenticated, () => Perimeters.DeclarePerimeterAsync(Ask("Sans nom", "")).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Perimeters.DeclarePerimeterAsync(Ask("Pas le mien", "200000065"), service.As("59350")).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Perimeters.ConfirmPerimeterAsync(new() { Id = declared.Id }, elsewhere).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Perimeters.ConfirmPerimeterAsync(new() { Id = declared.Id }, service.As(Brest)).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Perimeters.RefusePerimeterAsync(new() { Id = declared.Id, Reason = "x" }, elsewhere).ResponseAsync
        );
        await RefusedAsync(StatusCode.NotFound, () => Perimeters.GetPerimeterAsync(new() { Id = declared.Id }, elsewhere).ResponseAsync);
        Assert.DoesNotContain((await Perimeters.ListPerimetersAsync(new(), elsewhere)).Perimeters, perimeter =>
            perimeter.Id == declared.Id
        );

        // A member that is not active, or not in it, declares nothing; somebody who writes for nobody may, and a facilitator looks at it.
        var asleep = Ask("Autre", "200000065");
        asleep.DeclaredBy = "29235";
        Assert.Equal(
            "MEMBERSHIP_NOT_ACTIVE",
            Reason(
                await RefusedAsync(StatusCode.FailedPrecondition, () =>
                    Perimeters.DeclarePerimeterAsync(asleep, service.As("29235")).ResponseAsync
                )
            )
        );
        var outside = Ask("Autre", "200000065");
        outside.Members.Remove(Brest);
        Assert.Equal(
            ["members"],
            Fields(
                await RefusedAsync(StatusCode.InvalidArgument, () =>
                    Perimeters.DeclarePerimeterAsync(outside, service.As(Brest)).ResponseAsync
                )
            )
        );
        outside.DeclaredBy = "";
        Assert.Equal("", (await Perimeters.DeclarePerimeterAsync(outside, service.As(new Grant("account", "")))).Perimeter.DeclaredBy);
    }

    [Fact]
    public async Task Whoever_asks_where_a_territory_stands_opens_nothing()
    {
        var memberships = new MembershipService.MembershipServiceClient(service.Channel);
        var account = service.As(new Grant("account", ""));
        var asked = await memberships.SubmitMembershipAsync(new() { Territory = "29189", ValidateOnly = true }, account);
        Assert.Equal((true, MembershipStatus.Unspecified), (asked.Created, asked.Membership.Status));
        await memberships.SubmitMembershipAsync(new() { Territory = "29189" }, account);
        asked = await memberships.SubmitMembershipAsync(new() { Territory = "29189", ValidateOnly = true }, account);
        Assert.Equal((false, MembershipStatus.Submitted), (asked.Created, asked.Membership.Status));
    }

    private async Task<Perimeter> ConfirmedAsync(string name, string siren)
    {
        var declared = (await Perimeters.DeclarePerimeterAsync(Ask(name, siren), service.As(Brest))).Perimeter;
        return (await Perimeters.ConfirmPerimeterAsync(new() { Id = declared.Id }, Facilitator)).Perimeter;
    }

    private static DeclarePerimeterRequest Ask(string name, string siren, string kind = "SYN") =>
        new()
        {
            Kind = kind,
            Name = name,
            Siren = siren,
            Members = { Around },
            ValidFrom = "2020-01-01",
            DeclaredBy = Brest,
        };
}
