using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Fabrique.Records.V1;
using Grpc.Core;
using Grpc.Net.Client;
using static Fabrique.Tests.Answers;
using static Fabrique.Tests.PracticeWriters;

namespace Fabrique.Tests;

public sealed class NodeInMemoryTests(NodeInMemory node) : NodeSuite(node), IClassFixture<NodeInMemory>;

public sealed class NodeOnRabbitMqTests(NodeOnRabbitMq node) : NodeSuite(node), IClassFixture<NodeOnRabbitMq>
{
    [Fact]
    public async Task It_says_that_it_uses_RabbitMQ() =>
        Assert.Contains("RabbitMQ", await Node.RunAsync("status"), StringComparison.OrdinalIgnoreCase);
}

public sealed class NodeOnPostgreSqlTests(NodeOnPostgreSql node) : NodeSuite(node), IClassFixture<NodeOnPostgreSql>
{
    [Fact]
    public async Task It_says_that_it_uses_PostgreSQL_and_how_many_processes_and_hides_the_password()
    {
        var status = await Node.RunAsync("status");
        Assert.Contains("PostgreSQL at 127.0.0.1:", status, StringComparison.Ordinal);
        Assert.Superset(new HashSet<string> { "practices", "practices-2", "territories", "territories-2" }, Node.Processes.ToHashSet());
        Assert.Empty(Directory.GetFiles(Node.Data, "practices.db"));
        var password = new Npgsql.NpgsqlConnectionStringBuilder(((NodeOnPostgreSql)Node).Server).Password!;
        var told = Directory.GetFiles(Path.Combine(Node.Data, "logs")).Append(Path.Combine(Node.Data, "run", "node.json")).ToList();
        Assert.True(told.Count > 6);
        Assert.DoesNotContain(told, file => File.ReadAllText(file).Contains(password, StringComparison.Ordinal));
    }
}

/// <summary>What a whole node does, whichever broker carries its messages and whichever database keeps its records.</summary>
public abstract class NodeSuite(WholeNode node)
{
    private const string Loos = "62528";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected WholeNode Node { get; } = node;

    [Fact]
    public async Task A_published_practice_is_in_the_catalogue_at_once_and_soon_on_the_territorys_page()
    {
        using var http = await Node.HttpAsync("59350");
        var id = await PublishAsync(http, "59350", "Un marché de nuit");
        var list = await JsonAsync(await http.GetAsync("/api/v1/practices?query=march%C3%A9+nuit", Cancellation));
        Assert.Equal(id, (string?)list["practices"]![0]!["id"]);
        await WholeNode.EventuallyAsync(1, async () => await CountAsync(http, "59350"), TimeSpan.FromSeconds(20));
        Assert.Contains(
            "Un marché de nuit",
            WebUtility.HtmlDecode(await http.GetStringAsync("/territoires/59350", Cancellation)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Whoever_reads_without_an_account_sees_what_was_published_within_a_second()
    {
        using var http = await Node.HttpAsync("33063");
        using var reader = await Node.HttpAsync();
        // Kept by the gateway before, and asked for again and again while the practice goes its way.
        Assert.DoesNotContain(
            "Une fête du vélo",
            await reader.GetStringAsync("/pratiques?territoire=33063", Cancellation),
            StringComparison.Ordinal
        );
        await PublishAsync(http, "33063", "Une fête du vélo");
        await WholeNode.EventuallyAsync(
            true,
            async () =>
                WebUtility
                    .HtmlDecode(await reader.GetStringAsync("/pratiques?territoire=33063", Cancellation))
                    .Contains("Une fête du vélo", StringComparison.Ordinal),
            TimeSpan.FromSeconds(1)
        );
        await WholeNode.EventuallyAsync(
            true,
            async () => (await reader.GetAsync("/pratiques?territoire=33063", Cancellation)).Headers.Age is not null,
            TimeSpan.FromSeconds(10)
        );
    }

    [Fact]
    public async Task The_territory_of_Loos_comes_with_its_trajectory_and_thirty_practices()
    {
        using var http = await Node.HttpAsync();
        var found = await JsonAsync(await http.GetAsync("/api/v1/territories?query=loos-en-g", Cancellation));
        Assert.Equal(Loos, (string?)found["territories"]![0]!["id"]);
        await WholeNode.EventuallyAsync(30, () => CountAsync(http, Loos), TimeSpan.FromSeconds(20));
        var loos = await JsonAsync(await http.GetAsync($"/api/v1/territories/{Loos}", Cancellation));
        Assert.Contains(loos["profile"]!["milestones"]!.AsArray(), milestone => (string?)milestone!["date"] == "2014-10-07");
        var solar = await JsonAsync(await http.GetAsync("/api/v1/practices?query=panneaux+solaires", Cancellation));
        Assert.Contains("panneaux solaires", (string?)solar["practices"]![0]!["title"], StringComparison.Ordinal);
        Assert.Equal(30, (int?)(await JsonAsync(await http.GetAsync($"/api/v1/practices?territory={Loos}", Cancellation)))["totalSize"]);
    }

    [Fact]
    public async Task Whatever_is_killed_while_practices_are_published_nothing_acknowledged_is_missing()
    {
        await using var writers = await PracticeWriters.StartAsync(Node, "35238");
        foreach (var name in Node.Processes.Order().ToList())
        {
            await writers.PublishedMoreAsync(5, TimeSpan.FromSeconds(60));
            Node.Kill(name);
        }
        await writers.ConvergedAsync(TimeSpan.FromSeconds(90));
        Assert.All(
            Node.RunFile()["processes"]!.AsArray().Where(process => (string?)process!["name"] is "practices" or "sidecar"),
            process => Assert.True((int)process!["restarts"]! >= 1)
        );
    }

    [Fact]
    public async Task One_trace_goes_from_the_gateway_to_the_service_through_the_broker_to_the_subscriber()
    {
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        using var http = await Node.HttpAsync("29019");
        var subscriber = "";
        // Now and then the follower, which reads the feed at intervals, is there before the message: then it is another's trace.
        for (var attempt = 1; attempt <= 3 && !subscriber.Contains(trace, StringComparison.Ordinal); attempt++)
        {
            string id;
            // As a client with telemetry does; a header set by hand would lose against that of a test that listens in the same process.
            using (new Activity("publish").SetParentId($"00-{trace}-b7ad6b7169203331-01").Start())
            {
                id = await PublishAsync(http, "29019", $"Une trace {attempt}");
            }
            await WholeNode.EventuallyAsync(attempt, () => CountAsync(http, "29019"), TimeSpan.FromSeconds(10));
            Assert.Contains(trace, (await TraceAsync("practices", id)).Single(), StringComparison.Ordinal);
            subscriber = (await TraceAsync("territories", id)).Single();
        }
        Assert.Contains(trace, subscriber, StringComparison.Ordinal);

        Task<List<string>> TraceAsync(string database, string id) =>
            Node.ReadAsync(database, $"SELECT trace FROM records WHERE id = '{id}'");
    }

    [Fact]
    public async Task The_feed_of_a_service_is_read_through_the_gateway_and_shows_what_is_public()
    {
        using var http = await Node.HttpAsync("44109");
        using var draft = await http.PostAsJsonAsync(
            "/api/v1/practices",
            new { title = "Un brouillon", territory = "44109" },
            Cancellation
        );
        var id = (string?)(await JsonAsync(draft))["id"];
        using var channel = GrpcChannel.ForAddress(Node.GrpcAddress);
        using var stream = new FeedService.FeedServiceClient(channel).Read(
            new ReadRequest(),
            new Metadata { { "fabrique-area", "practices" } },
            cancellationToken: Cancellation
        );
        var records = await stream
            .ResponseStream.ReadAllAsync(Cancellation)
            .Where(item => !item.Envelope.IsEmpty)
            .ToListAsync(Cancellation);
        Assert.True(records.Count >= 30);
        Assert.DoesNotContain(records, item => item.Envelope.ToStringUtf8().Contains(id!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_service_could_not_take_in_is_listed_and_looked_at_again_and_erased_by_its_id()
    {
        var forged = RandomNumberGenerator.GetBytes(16);
        var id = Convert.ToHexStringLower(SHA256.HashData(forged))[..12];
        using var http = new HttpClient();
        using var message = new HttpRequestMessage(HttpMethod.Post, $"{Node.Running("sidecar")["address"]}/v1.0/publish/pubsub/practices")
        {
            Headers = { { "dapr-api-token", (string)Node.Running("practices")["token"]! } },
            Content = new ByteArrayContent(forged) { Headers = { ContentType = new("application/octet-stream") } },
        };
        (await http.SendAsync(message, Cancellation)).EnsureSuccessStatusCode();

        await WholeNode.EventuallyAsync(
            true,
            async () => (await Node.RunAsync("quarantine", "list")).Contains(id, StringComparison.Ordinal),
            TimeSpan.FromSeconds(30)
        );
        Assert.Matches($@"(?m)^territories +{id} +\d\S+ \d\S+ +Malformed", await Node.RunAsync("quarantine", "list"));
        Assert.Equal("territories: 0 taken in, 1 still in quarantine\n", await Node.RunAsync("quarantine", "replay", id));
        Assert.Contains(
            "--all",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => Node.RunAsync("quarantine", "discard"))).Message,
            StringComparison.Ordinal
        );
        Assert.Equal("territories: 1 erased\n", await Node.RunAsync("quarantine", "discard", id, "--service", "territories"));
        Assert.DoesNotContain(id, await Node.RunAsync("quarantine", "list"), StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<InvalidOperationException>(() => Node.RunAsync("quarantine", "replay", id));
        Assert.Contains($"Nothing in quarantine has an id that begins with {id}", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_index_of_a_service_is_built_again_while_it_answers()
    {
        using var http = await Node.HttpAsync("67482");
        var id = await PublishAsync(http, "67482", "Une cantine de quartier");
        Assert.Contains("The index of practices is built again", await Node.RunAsync("rebuild", "practices"), StringComparison.Ordinal);
        var list = await JsonAsync(await http.GetAsync("/api/v1/practices?query=cantine+quartier", Cancellation));
        Assert.Equal(id, (string?)list["practices"]![0]!["id"]);
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => Node.RunAsync("rebuild", "portal"));
        Assert.Contains("portal is no service that keeps records, but territories, practices", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_door_of_the_node_protects_and_names_what_is_wrong()
    {
        using var http = await Node.HttpAsync();
        using var home = await http.GetAsync("/", Cancellation);
        Assert.Equal(HttpStatusCode.OK, home.StatusCode);
        Assert.Contains("default-src 'self'", home.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", home.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(home.Headers.Contains("Server"));

        using var secure = await http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Forwarded-Proto", "https" } } },
            Cancellation
        );
        Assert.Contains("max-age", secure.Headers.GetValues("Strict-Transport-Security").Single(), StringComparison.Ordinal);
        Assert.False(home.Headers.Contains("Strict-Transport-Security"));
        Assert.All(Directory.GetFiles(Node.Data, "*.db"), file =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file))
        );

        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);

        using var compressed = await http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept-Encoding", "br" } } },
            Cancellation
        );
        Assert.Equal(["br"], compressed.Content.Headers.ContentEncoding);

        // As curl does: a large body waits for a word of the server, which refuses it unread; whoever may not write is told so first.
        using var member = await Node.HttpAsync("29019");
        foreach (var (client, status) in new[] { (http, 401), (member, 413) })
        {
            using var large = new HttpRequestMessage(HttpMethod.Post, "/api/v1/practices")
            {
                Content = Json(new string('x', 10 << 20)),
                Headers = { ExpectContinue = true },
            };
            await ProblemAsync(await client.SendAsync(large, Cancellation), status);
        }
        await ProblemAsync(await member.PostAsync("/api/v1/practices", Json("{"), Cancellation), 400);
        await ProblemAsync(
            await http.GetAsync($"/api/v1/practices?query={new string('a', 10_000)}", Cancellation),
            400,
            "INVALID_FIELDS",
            "query"
        );
        using var inside = await http.GetAsync("/dapr/subscribe", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, inside.StatusCode);
        using var delivery = await http.PostAsync("/records/practices", Json("{}"), Cancellation);
        Assert.True((int)delivery.StatusCode is >= 400 and < 500);
    }
}
