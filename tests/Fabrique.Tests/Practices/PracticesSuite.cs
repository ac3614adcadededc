using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static Fabrique.Tests.Answers;
using Record = Fabrique.Records.V1.Record;

namespace Fabrique.Tests;

public sealed class PracticesOnSqliteTests(ServiceOnSqlite<PracticesDb> service)
    : PracticesSuite(service),
        IClassFixture<ServiceOnSqlite<PracticesDb>>;

[Trait("Databases", "all")]
public sealed class PracticesOnPostgreSqlTests(ServiceOnPostgreSql<PracticesDb> service)
    : PracticesSuite(service),
        IClassFixture<ServiceOnPostgreSql<PracticesDb>>;

/// <summary>The catalogue over gRPC and REST, with the thirty practices of Loos-en-Gohelle in it.</summary>
public abstract class PracticesSuite(ServiceUnderTest<PracticesDb> service)
{
    private const string Loos = "62528";
    private const string Town = "59350";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private PracticeService.PracticeServiceClient Practices => new(service.Channel);

    [Fact]
    public async Task A_practice_goes_from_draft_to_published_to_revised_to_withdrawn_and_back()
    {
        var draft = await CreateAsync(Publishable("Le verger des écoles"));
        Assert.Equal(PracticeStatus.Draft, draft.Status);
        Assert.Equal(1, draft.Record.Version);
        Assert.Equal(Visibility.Private, draft.Record.Visibility);
        await RefusedAsync(StatusCode.NotFound, () => Practices.GetPracticeAsync(new() { Id = draft.Id }).ResponseAsync);

        var published = (await Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town))).Practice;
        Assert.Equal(PracticeStatus.Published, published.Status);
        Assert.NotEmpty(published.ReviewDueOn);
        Assert.Equal("published", (await Practices.GetPracticeAsync(new() { Id = draft.Id })).Practice.Record.Change);
        Assert.Contains(draft.Id, await FoundAsync("verger écoles"));

        var again = (await Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town))).Practice;
        Assert.Equal(published.Record.Version, again.Record.Version);

        var edited = new Practice(published) { Title = "Le verger et la mare des écoles" };
        var revised = (
            await Practices.RevisePracticeAsync(
                new()
                {
                    Id = draft.Id,
                    Practice = edited,
                    Version = published.Record.Version,
                },
                service.As(Town)
            )
        ).Practice;
        Assert.Equal(("revised", PracticeStatus.Published), (revised.Record.Change, revised.Status));
        Assert.Contains(draft.Id, await FoundAsync("mare"));

        var withdrawn = (
            await Practices.WithdrawPracticeAsync(new() { Id = draft.Id, Reason = "le verger a gelé" }, service.As(Town))
        ).Practice;
        Assert.Equal("le verger a gelé", withdrawn.WithdrawalReason);
        Assert.DoesNotContain(draft.Id, await FoundAsync("verger"));
        await RefusedAsync(StatusCode.NotFound, () => Practices.GetPracticeAsync(new() { Id = draft.Id }).ResponseAsync);
        await RefusedAsync(StatusCode.FailedPrecondition, () =>
            Practices.WithdrawPracticeAsync(new() { Id = draft.Id }, service.As(Town)).ResponseAsync
        );

        await Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town));
        var back = (await Practices.GetPracticeAsync(new() { Id = draft.Id })).Practice;
        Assert.Empty(back.WithdrawalReason);
    }

    [Fact]
    public async Task Every_published_version_is_read_again_until_the_practice_is_taken_back()
    {
        var practice = await CreateAsync(Publishable("Première"));
        practice = (await Practices.PublishPracticeAsync(new() { Id = practice.Id }, service.As(Town))).Practice;
        foreach (var title in new[] { "Deuxième", "Troisième" })
        {
            practice = (
                await Practices.RevisePracticeAsync(
                    new()
                    {
                        Id = practice.Id,
                        Practice = new(practice) { Title = title },
                        Version = practice.Record.Version,
                    },
                    service.As(Town)
                )
            ).Practice;
        }

        var first = await Practices.ListPracticeVersionsAsync(new() { Id = practice.Id, PageSize = 2 });
        var rest = await Practices.ListPracticeVersionsAsync(
            new()
            {
                Id = practice.Id,
                PageSize = 2,
                PageToken = first.NextPageToken,
            }
        );
        Assert.Equal([4L, 3, 2], first.Versions.Concat(rest.Versions).Select(version => version.Version));
        // What was saved before it was published is nobody else's to count.
        Assert.Equal([3, 2, 1], first.Versions.Concat(rest.Versions).Select(version => version.Publication));
        Assert.Equal(3, (await Practices.GetPracticeAsync(new() { Id = practice.Id })).Practice.Record.Publication);
        Assert.Equal(1, (await Practices.GetPracticeAsync(new() { Id = practice.Id, Version = 2 })).Practice.Record.Publication);
        Assert.Empty(rest.NextPageToken);
        Assert.Equal("Première", (await Practices.GetPracticeAsync(new() { Id = practice.Id, Version = 2 })).Practice.Title);
        Assert.Equal("Troisième", (await Practices.GetPracticeAsync(new() { Id = practice.Id, Version = 4 })).Practice.Title);
        foreach (var never in new[] { 1, 5, -1 })
        {
            await RefusedAsync(StatusCode.NotFound, () =>
                Practices.GetPracticeAsync(new() { Id = practice.Id, Version = never }, service.As(Town)).ResponseAsync
            );
        }

        await Practices.WithdrawPracticeAsync(new() { Id = practice.Id }, service.As(Town));
        await RefusedAsync(StatusCode.NotFound, () => Practices.ListPracticeVersionsAsync(new() { Id = practice.Id }).ResponseAsync);
        await RefusedAsync(StatusCode.NotFound, () => Practices.GetPracticeAsync(new() { Id = practice.Id, Version = 2 }).ResponseAsync);
        Assert.Single((await Practices.ListPracticeVersionsAsync(new() { Id = practice.Id }, service.As(Town))).Versions);
    }

    [Theory]
    [InlineData("context"), InlineData("difficulties"), InlineData("successConditions"), InlineData("licence"), InlineData("sources")]
    [InlineData("summary"), InlineData("themes"), InlineData("maturity")]
    public async Task Nothing_is_published_without_what_peers_need(string field)
    {
        var practice = Publishable("Incomplète");
        Practice.Descriptor.Fields.InFieldNumberOrder().Single(candidate => candidate.JsonName == field).Accessor.Clear(practice);
        var draft = await CreateAsync(practice);
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town)).ResponseAsync
        );
        Assert.Equal([field], Fields(refused));

        var published = await CreateAsync(Publishable("Complète"));
        published = (await Practices.PublishPracticeAsync(new() { Id = published.Id }, service.As(Town))).Practice;
        refused = await RefusedAsync(StatusCode.InvalidArgument, () => Practices
                .RevisePracticeAsync(
                    new()
                    {
                        Id = published.Id,
                        Practice = practice,
                        Version = published.Record.Version,
                    },
                    service.As(Town)
                )
                .ResponseAsync);
        Assert.Equal([field], Fields(refused));
    }

    [Fact]
    public async Task A_stopped_practice_is_published_with_its_lessons()
    {
        var practice = Publishable("Arrêtée");
        practice.Maturity = "ARRETEE";
        var draft = await CreateAsync(practice);
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town)).ResponseAsync
        );
        Assert.Equal(["lessons"], Fields(refused));
    }

    [Fact]
    public async Task A_figure_without_unit_period_and_source_is_refused_field_by_field()
    {
        var practice = Publishable("Chiffrée");
        practice.Figures.Add(
            new Figure
            {
                Label = "panneaux",
                Value = 22,
                Source = "X",
            }
        );
        practice.Figures[0].Verified = true;
        var draft = await CreateAsync(practice);
        Assert.False(draft.Figures[0].Verified, "nobody verifies one's own figures");
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town)).ResponseAsync
        );
        Assert.Equal(["figures[0].period", "figures[0].source", "figures[0].unit"], Fields(refused).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_draft_only_needs_a_title_and_takes_no_code_that_does_not_exist()
    {
        Assert.Equal("fr", (await CreateAsync(new Practice { Territory = Town, Title = "  Une idée\0  " })).Language);
        var wrong = new Practice
        {
            Territory = Town,
            Themes = { "NOPE" },
            Maturity = "?",
            Sdgs = { 18 },
            StartedOn = "2019-13",
            Summary = new string('x', 301),
        };
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () => CreateAsync(wrong));
        Assert.Equal(["maturity", "sdgs", "startedOn", "summary", "themes", "title"], Fields(refused).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_empty_code_is_no_code_and_a_figure_without_source_is_not_published()
    {
        var practice = Publishable("Sans thème");
        practice.Themes.Clear();
        practice.Themes.Add("");
        practice.Sources[0].Code = "";
        practice.Figures.Add(
            new Figure
            {
                Label = "arbres",
                Value = 3,
                Unit = "arbres",
                Period = "2020",
            }
        );
        var draft = await CreateAsync(practice);
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town)).ResponseAsync
        );
        Assert.Equal(["figures[0].source", "themes"], Fields(refused).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_this_release_does_not_know_is_not_signed_by_it()
    {
        var practice = Practice.Parser.ParseFrom([
            .. new Practice { Territory = Town, Title = "Plus tard" }.ToByteArray(),
            0xa2,
            0x06,
            0x01,
            0x78,
        ]);
        Assert.NotEqual(new Practice { Territory = Town, Title = "Plus tard" }.CalculateSize(), practice.CalculateSize());
        var draft = await CreateAsync(practice);
        draft.Place = null;
        Assert.Equal(Practice.Parser.WithDiscardUnknownFields(true).ParseFrom(draft.ToByteArray()).CalculateSize(), draft.CalculateSize());
    }

    [Fact]
    public async Task A_list_takes_a_reasonable_number_of_codes()
    {
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            Practices.ListPracticesAsync(new() { Theme = { Enumerable.Repeat("ENER", 5000) } }).ResponseAsync
        );
        Assert.Equal(["theme"], Fields(refused));
    }

    [Fact]
    public async Task A_practice_that_does_not_exist_is_not_found_by_whoever_may_write_elsewhere() =>
        await RefusedAsync(StatusCode.NotFound, () =>
            Practices.PublishPracticeAsync(new() { Id = "nope" }, service.As(Town)).ResponseAsync
        );

    [Fact]
    public async Task A_stale_edit_is_a_conflict_and_nothing_is_lost()
    {
        var first = await CreateAsync(new Practice { Territory = Town, Title = "Une" });
        var version = first.Record.Version;
        await Practices.RevisePracticeAsync(
            new()
            {
                Id = first.Id,
                Practice = new Practice { Title = "Deux" },
                Version = version,
            },
            service.As(Town)
        );
        var refused = await RefusedAsync(StatusCode.Aborted, () => Practices
                .RevisePracticeAsync(
                    new()
                    {
                        Id = first.Id,
                        Practice = new Practice { Title = "Trois" },
                        Version = version,
                    },
                    service.As(Town)
                )
                .ResponseAsync);
        Assert.Equal("STALE_VERSION", refused.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);
        Assert.Equal("2", refused.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Metadata["currentVersion"]);
        Assert.Equal("Deux", (await Practices.GetPracticeAsync(new() { Id = first.Id }, service.As(Town))).Practice.Title);
    }

    [Fact]
    public async Task The_same_request_twice_writes_once()
    {
        var request = new CreatePracticeRequest
        {
            RequestId = Guid.CreateVersion7().ToString(),
            Practice = new Practice { Territory = Town, Title = "Double clic" },
        };
        var first = (await Practices.CreatePracticeAsync(request, service.As(Town))).Practice;
        var second = (await Practices.CreatePracticeAsync(request, service.As(Town))).Practice;
        Assert.Equal((first.Id, 1), (second.Id, second.Record.Version));

        request.Practice.Territory = Loos;
        await RefusedAsync(StatusCode.AlreadyExists, () => Practices.CreatePracticeAsync(request, service.As(Loos)).ResponseAsync);
    }

    [Fact]
    public async Task Writing_needs_a_token_of_the_territory()
    {
        var draft = await CreateAsync(Publishable("À nous"));
        var writes = new Func<Metadata?, Task>[]
        {
            headers =>
                Practices
                    .CreatePracticeAsync(
                        new()
                        {
                            Practice = new Practice { Territory = Town, Title = "x" },
                        },
                        headers
                    )
                    .ResponseAsync,
            headers =>
                Practices
                    .RevisePracticeAsync(
                        new()
                        {
                            Id = draft.Id,
                            Practice = new Practice { Title = "x" },
                            Version = 1,
                        },
                        headers
                    )
                    .ResponseAsync,
            headers => Practices.PublishPracticeAsync(new() { Id = draft.Id }, headers).ResponseAsync,
            headers => Practices.WithdrawPracticeAsync(new() { Id = draft.Id }, headers).ResponseAsync,
            headers => Practices.ListPracticesAsync(new() { Territory = Town, Status = PracticeStatus.Draft }, headers).ResponseAsync,
        };
        using var stranger = NodeKey.Ephemeral();
        var forged = NodeToken.Issue(stranger, [new Grant(Grant.Delegate, Town)], TimeSpan.FromHours(1), TimeProvider.System);
        foreach (var write in writes)
        {
            await RefusedAsync(StatusCode.Unauthenticated, () => write(null));
            await RefusedAsync(StatusCode.Unauthenticated, () => write(Bearer(forged)));
            await RefusedAsync(StatusCode.Unauthenticated, () => write(Bearer(service.Token(Town, TimeSpan.FromHours(-1)))));
            await RefusedAsync(StatusCode.PermissionDenied, () => write(service.As(Loos)));
        }
        var unchanged = (await Practices.GetPracticeAsync(new() { Id = draft.Id }, service.As(Town))).Practice;
        Assert.Equal(1, unchanged.Record.Version);
        await RefusedAsync(StatusCode.NotFound, () => Practices.GetPracticeAsync(new() { Id = draft.Id }, service.As(Loos)).ResponseAsync);

        static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };
    }

    [Theory]
    [
        InlineData("panneaux solaires"),
        InlineData("panneau solaire"),
        InlineData("PANNEAUX SOLAIRES"),
        InlineData("des panneaux solaires sur les toits")
    ]
    public async Task The_citizens_solar_plan_is_found_first(string query) =>
        Assert.Contains(
            "panneaux solaires",
            (await Practices.ListPracticesAsync(new() { Query = query })).Practices[0].Title,
            StringComparison.Ordinal
        );

    [Fact]
    public async Task The_territory_of_Loos_has_thirty_practices_and_every_page_shows_others()
    {
        var seen = new List<string>();
        var request = new ListPracticesRequest { Territory = Loos, PageSize = 7 };
        do
        {
            var page = await Practices.ListPracticesAsync(request);
            Assert.Equal(30, page.TotalSize);
            seen.AddRange(page.Practices.Select(practice => practice.Id));
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        Assert.Equal(30, seen.Distinct().Count());
        Assert.Equal(30, seen.Count);
    }

    [Fact]
    public async Task A_facet_counts_what_choosing_it_gives()
    {
        var all = await Practices.ListPracticesAsync(new() { Territory = Loos });
        Assert.Equal(["theme", "principle", "maturity", "region", "situation"], all.Facets.Select(facet => facet.Name));
        foreach (var theme in all.Facets[0].Values)
        {
            var chosen = await Practices.ListPracticesAsync(new() { Territory = Loos, Theme = { theme.Code } });
            Assert.Equal(theme.Count, chosen.TotalSize);
            Assert.Equal(all.Facets[0].Values, chosen.Facets[0].Values);
        }
    }

    [Fact]
    public async Task The_region_of_a_practice_follows_its_territorys_profile()
    {
        using var peer = NodeKey.Ephemeral();
        var records = service.Services.GetRequiredService<RecordStore<PracticesDb>>();
        await records.TrustAsync(peer.Node, peer.KeyId, peer.PublicKey(), Cancellation);
        await records.BindHomeAsync("29019", "territories", peer.Node, Cancellation);
        var practice = Publishable("Au bout de la terre");
        practice.Territory = "29019";
        var draft = (await Practices.CreatePracticeAsync(new() { Practice = practice }, service.As("29019"))).Practice;
        await Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As("29019"));
        Assert.Null((await Practices.GetPracticeAsync(new() { Id = draft.Id })).Practice.Place);

        var envelope = Envelope.Seal(
            new Record
            {
                Kind = RecordKind.NameOf<Profile>(),
                Id = "29019",
                Territory = "29019",
                Home = peer.Node,
                Version = 1,
                ChangedAt = Timestamp.FromDateTime(DateTime.UnixEpoch),
                Visibility = Visibility.Public,
                Body = new Profile
                {
                    Territory = "29019",
                    Name = "Brest",
                    Department = "29",
                    Region = "53",
                }.ToByteString(),
            },
            peer
        );
        // Two large ones beside it: together more than a request otherwise holds.
        await service.DeliverAsync("territories", new byte[600_000], envelope, new byte[600_001]);

        Assert.Equal("Brest", (await Practices.GetPracticeAsync(new() { Id = draft.Id })).Practice.Place.Name);
        var list = await Practices.ListPracticesAsync(new() { Region = { "53" } });
        Assert.Equal([draft.Id], list.Practices.Select(found => found.Id));
        Assert.Contains(list.Facets[3].Values, value => value is { Code: "53", Count: 1 });
    }

    [Fact]
    public async Task A_new_member_is_called_by_its_name_before_it_tells_anything_of_itself()
    {
        const string town = "02565";
        using var peer = NodeKey.Ephemeral();
        var records = service.Services.GetRequiredService<RecordStore<PracticesDb>>();
        await records.TrustAsync(peer.Node, peer.KeyId, peer.PublicKey(), Cancellation);
        await records.BindHomeAsync(town, "territories", peer.Node, Cancellation);
        var practice = Publishable("Un lavoir");
        practice.Territory = town;
        var id = (await Practices.CreatePracticeAsync(new() { Practice = practice }, service.As(town))).Practice.Id;
        await service.DeliverAsync(
            "territories",
            Of(
                1,
                new Membership
                {
                    Territory = town,
                    Status = MembershipStatus.Active,
                    Kind = "COM",
                    Name = "Œuilly",
                    Department = "02",
                    Region = "32",
                }
            )
        );
        await Practices.PublishPracticeAsync(new() { Id = id }, service.As(town));

        var place = new Place
        {
            Name = "Œuilly",
            Department = "02",
            Region = "32",
        };
        Assert.Equal(place, (await Practices.GetPracticeAsync(new() { Id = id })).Practice.Place);
        var found = await Practices.ListPracticesAsync(new() { Region = { "32" }, Query = "oeuilly" });
        Assert.Equal((id, place), (found.Practices.Single().Id, found.Practices.Single().Place));
        using var export = Practices.ExportPractices(new() { Territory = town });
        Assert.True(await export.ResponseStream.MoveNext(Cancellation));
        Assert.Equal(place, export.ResponseStream.Current.Practice.Place);

        // A profile that comes and goes takes nothing away.
        await service.DeliverAsync(
            "territories",
            Of(
                1,
                new Profile
                {
                    Territory = town,
                    Name = "Œuilly-sur-Aisne",
                    Department = "02",
                    Region = "32",
                }
            )
        );
        Assert.Equal("Œuilly-sur-Aisne", (await Practices.GetPracticeAsync(new() { Id = id })).Practice.Place.Name);
        Assert.Equal([id], await OfTownAsync("aisne"));
        await service.DeliverAsync("territories", Of<Profile>(2, null));
        Assert.Equal("02", (await Practices.GetPracticeAsync(new() { Id = id })).Practice.Place.Department);
        Assert.Equal([id], await OfTownAsync("œuilly"));

        async Task<IEnumerable<string>> OfTownAsync(string query) =>
            (await Practices.ListPracticesAsync(new() { Query = query, Territory = town })).Practices.Select(found => found.Id);

        byte[] Of<TBody>(long version, TBody? body)
            where TBody : class, IMessage<TBody>, new() =>
            Envelope.Seal(
                new Record
                {
                    Kind = RecordKind.NameOf<TBody>(),
                    Id = town,
                    Territory = town,
                    Home = peer.Node,
                    Version = version,
                    ChangedAt = Timestamp.FromDateTime(DateTime.UnixEpoch),
                    Visibility = Visibility.Public,
                    Deleted = body is null,
                    Body = body?.ToByteString() ?? ByteString.Empty,
                },
                peer
            );
    }

    [Theory]
    [
        InlineData("\" OR *"),
        InlineData("NEAR(a b) AND NOT"),
        InlineData("title:x"),
        InlineData("'; DROP TABLE practices; --"),
        InlineData("🌻"),
        InlineData("le la les"),
        InlineData("\ud800")
    ]
    public async Task Any_text_is_only_text(string query)
    {
        using var http = service.Http();
        using var answer = await http.GetAsync($"/api/v1/practices?query={Uri.EscapeDataString(query)}", Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(30, (await Practices.ListPracticesAsync(new() { Territory = Loos })).TotalSize);
    }

    [Fact]
    public async Task The_REST_API_tells_the_same_story()
    {
        using var http = service.Http(service.Token(Town));
        using var created = await http.PostAsJsonAsync(
            "/api/v1/practices",
            new { title = "Par le réseau", territory = Town },
            Cancellation
        );
        var id = (string?)(await JsonAsync(created))["id"];
        using var refused = await http.PostAsync($"/api/v1/practices/{id}:publish", Json("{}"), Cancellation);
        var problem = await ProblemAsync(refused, 400);
        Assert.Contains(problem["errors"]!.AsArray(), error => (string?)error!["field"] == "difficulties");

        var read = await JsonAsync(await http.GetAsync($"/api/v1/practices/{id}", Cancellation));
        foreach (var (name, value) in JsonNode.Parse(Publishable("Par le réseau, complète").ToString())!.AsObject())
        {
            read[name] = value?.DeepClone();
        }
        using var revised = await http.PutAsync($"/api/v1/practices/{id}", Json(read.ToJsonString()), Cancellation);
        Assert.Equal(HttpStatusCode.OK, revised.StatusCode);
        using var published = await http.PostAsync($"/api/v1/practices/{id}:publish", Json("{}"), Cancellation);
        Assert.Equal("PRACTICE_STATUS_PUBLISHED", (string?)(await JsonAsync(published))["status"]);

        var list = await JsonAsync(await http.GetAsync($"/api/v1/practices?territory={Town}&query=r%C3%A9seau&pageSize=1", Cancellation));
        Assert.Equal(id, (string?)list["practices"]![0]!["id"]);
        Assert.NotNull(list["nextPageToken"]);
        Assert.NotNull(list["totalSize"]);
        Assert.NotNull(list["facets"]);
    }

    [Fact]
    public async Task Bad_requests_are_named_problems_and_leak_nothing()
    {
        using var anonymous = service.Http();
        using var http = service.Http(service.Token(Town));
        await ProblemAsync(
            await anonymous.PostAsync("/api/v1/practices", Json($$"""{"title":"x","territory":"{{Town}}"}"""), Cancellation),
            401,
            "TOKEN_REQUIRED"
        );
        await ProblemAsync(
            await http.PostAsync("/api/v1/practices", Json($$"""{"title":"x","territory":"{{Loos}}"}"""), Cancellation),
            403,
            "NOT_YOUR_TERRITORY"
        );
        await ProblemAsync(await http.PostAsync("/api/v1/practices", Json("""{"title":"x","""), Cancellation), 400);
        await ProblemAsync(await http.PostAsync("/api/v1/practices", Json("""{"title":{"a":1}}"""), Cancellation), 400);
        await ProblemAsync(
            await http.PostAsync("/api/v1/practices", Json($$"""{"title":"{{new string('x', 10 << 20)}}"}"""), Cancellation),
            413
        );
        await ProblemAsync(
            await http.GetAsync($"/api/v1/practices?query={new string('a', 10_000)}", Cancellation),
            400,
            "INVALID_FIELDS",
            "query"
        );
        await ProblemAsync(await http.GetAsync("/api/v1/practices?pageSize=101", Cancellation), 400, "INVALID_FIELDS", "pageSize");
        await ProblemAsync(await http.GetAsync("/api/v1/practices?pageToken=%00", Cancellation), 400, "INVALID_FIELDS", "pageToken");
        await ProblemAsync(await http.GetAsync("/api/v1/practices/nope", Cancellation), 404, "NOT_FOUND");
        await ProblemAsync(await http.GetAsync("/api/v1/nothing", Cancellation), 404);
        await ProblemAsync(await http.DeleteAsync("/api/v1/practices", Cancellation), 405);
    }

    private async Task<Practice> CreateAsync(Practice practice) =>
        (await Practices.CreatePracticeAsync(new() { Practice = practice }, service.As(Town))).Practice;

    private async Task<IEnumerable<string>> FoundAsync(string query) =>
        (
            await Practices.ListPracticesAsync(
                new()
                {
                    Query = query,
                    Territory = Town,
                    PageSize = 100,
                }
            )
        ).Practices.Select(practice => practice.Id);

    private static Practice Publishable(string title) =>
        new()
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
                new Source { Code = "B", Title = "Bilan de la commune" },
            },
        };
}
