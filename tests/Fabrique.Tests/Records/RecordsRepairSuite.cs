using CsCheck;
using Dapr.AspNetCore;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Fabrique.Tests.RecordsSuite;

namespace Fabrique.Tests;

public sealed class RecordsRepairOnSqliteTests : RecordsRepairSuite
{
    protected override Task<string?> DatabaseAsync() => Task.FromResult<string?>(null);
}

public sealed class RecordsRepairOnPostgreSqlTests(PostgreSqlServer server) : RecordsRepairSuite
{
    protected override async Task<string?> DatabaseAsync() => await server.StartForAsync("repair");
}

/// <summary>How a store mends what was lost, put aside or damaged, and how a follower catches up.</summary>
public abstract class RecordsRepairSuite
{
    private const string SidecarToken = "token of the sidecar";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A database of its own for each call.</summary>
    protected abstract Task<string?> DatabaseAsync();

    [Fact]
    public async Task A_damaged_index_is_derived_again_while_the_service_answers()
    {
        await using var node = await StartAsync();
        foreach (var at in Enumerable.Range(0, 450))
        {
            await node.WriteAsync($"{at:000}", $"title {at:000}");
        }
        await node.LookAsync(db => db.Items.Where(item => item.Id.CompareTo("100") < 0).ExecuteDeleteAsync());
        await node.Records.RebuildIndexAsync(Cancellation);
        // Whatever is asked meanwhile is answered, and what was whole stays.
        do
        {
            Assert.InRange((await node.TitlesAsync()).Count, 350, 450);
        } while (await IndexedAsync(node) < 450);
        Assert.Equal(450, (await node.TitlesAsync()).Count);
        Assert.Equal(450, await node.LookAsync(db => db.Store.Select(store => store.LastSequence).SingleAsync()));

        static Task<long> IndexedAsync(RecordsNode node) => node.LookAsync(db => db.Indexes.Select(index => index.Sequence).SingleAsync());
    }

    [Fact]
    public async Task A_record_that_the_index_cannot_take_keeps_none_of_the_others_out()
    {
        await using var node = await StartAsync();
        var (peer, _) = await PeerAsync(node);
        Assert.Equal(
            (2, 1),
            await node.IngestAsync(Titled(peer, "a", "good"), Titled(peer, "b", "what breaks the index"), Titled(peer, "c", "better"))
        );
        Assert.Equal(["good", "better"], await node.TitlesAsync());
        Assert.Equal(["Unusable"], await node.QuarantineAsync());
        Assert.Equal((0, 1), await node.Records.ReplayAsync([], Cancellation));
    }

    [Fact]
    public async Task What_came_before_its_key_leaves_the_quarantine_once_the_key_is_trusted()
    {
        await using var node = await StartAsync();
        using var peer = NodeKey.Ephemeral();
        using var stranger = NodeKey.Ephemeral();
        await node.Records.BindHomeAsync("62528", "practices", peer.Node, Cancellation);
        Assert.Equal(
            (0, 3),
            await node.IngestAsync(Titled(peer, "a", "early"), Titled(peer, "b", "early too"), Titled(stranger, "c", "forged"))
        );

        await node.Records.TrustAsync(peer.Node, peer.KeyId, peer.PublicKey(), Cancellation);
        Assert.Equal((2, 1), await node.Records.ReplayAsync([], Cancellation));
        Assert.Equal(["early", "early too"], await node.TitlesAsync());
        Assert.Equal(["UnknownKey"], await node.QuarantineAsync());
        Assert.Equal(1, await node.Records.DiscardAsync([], Cancellation));
        Assert.Empty(await node.QuarantineAsync());
    }

    [Fact]
    public async Task A_replay_never_puts_an_older_version_over_a_newer_one()
    {
        await using var node = await StartAsync();
        using var peer = NodeKey.Ephemeral();
        await node.Records.BindHomeAsync("62528", "practices", peer.Node, Cancellation);
        await node.IngestAsync(Titled(peer, "a", "old"));
        await node.Records.TrustAsync(peer.Node, peer.KeyId, peer.PublicKey(), Cancellation);
        await node.IngestAsync(Titled(peer, "a", "new", version: 2));
        Assert.Equal((1, 0), await node.Records.ReplayAsync([], Cancellation));
        Assert.Equal(["new"], await node.TitlesAsync());
    }

    [Fact]
    public async Task The_quarantine_is_for_the_stewards_of_this_node_only()
    {
        await using var node = await StartAsync();
        using var stranger = NodeKey.Ephemeral();
        foreach (var at in Enumerable.Range(0, 5))
        {
            await node.IngestAsync(Titled(stranger, $"{at}", "forged"));
        }
        await node.WriteAsync("own", "kept");
        using var channel = GrpcChannel.ForAddress(node.Address);
        var maintenance = new MaintenanceService.MaintenanceServiceClient(channel);

        await RefusedAsync(StatusCode.Unauthenticated, null);
        await RefusedAsync(StatusCode.PermissionDenied, As(node.Key, Grant.Delegate, "62528"));
        await RefusedAsync(StatusCode.PermissionDenied, As(node.Key, Grant.Steward, stranger.Node));
        await RefusedAsync(StatusCode.Unauthenticated, As(stranger, Grant.Steward, node.Key.Node));

        var steward = As(node.Key, Grant.Steward, node.Key.Node);
        var first = await maintenance.ListQuarantineAsync(new() { PageSize = 3 }, steward);
        var rest = await maintenance.ListQuarantineAsync(new() { PageSize = 3, PageToken = first.NextPageToken }, steward);
        Assert.Equal((5, 3, 2, ""), (first.TotalSize, first.Items.Count, rest.Items.Count, rest.NextPageToken));
        var items = first.Items.Concat(rest.Items).ToList();
        Assert.Equal(5, items.DistinctBy(item => item.Id).Count());
        Assert.All(items, item =>
            Assert.Equal(
                ("UnknownKey", "test", $"{stranger.Node}/{stranger.KeyId}", "62528"),
                (item.Reason, item.Source, item.Signer, item.Territory)
            )
        );

        var nothing = await Assert.ThrowsAsync<RpcException>(() => maintenance.DiscardQuarantineAsync(new(), steward).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, nothing.StatusCode);
        Assert.Equal(1, (await maintenance.DiscardQuarantineAsync(new() { Ids = { items[0].Id } }, steward)).Discarded);
        Assert.Equal(4, (await maintenance.ReplayQuarantineAsync(new(), steward)).Kept);
        Assert.Equal(4, (await maintenance.DiscardQuarantineAsync(new() { All = true }, steward)).Discarded);
        Assert.Equal(["kept"], await node.TitlesAsync());

        async Task RefusedAsync(StatusCode code, Metadata? headers)
        {
            Func<Task>[] calls =
            [
                () => maintenance.ListQuarantineAsync(new(), headers).ResponseAsync,
                () => maintenance.ReplayQuarantineAsync(new(), headers).ResponseAsync,
                () => maintenance.DiscardQuarantineAsync(new() { All = true }, headers).ResponseAsync,
                () => maintenance.RebuildIndexAsync(new(), headers).ResponseAsync,
                () => maintenance.RenewEpochAsync(new(), headers).ResponseAsync,
            ];
            foreach (var call in calls)
            {
                Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
            }
            Assert.Equal(5, (await node.QuarantineAsync()).Count);
        }
    }

    [Fact]
    public async Task The_quarantine_keeps_the_latest_of_each_source_and_says_how_many_went()
    {
        await using var node = await StartAsync();
        await node.Records.IngestAsync("another source", [new Arrival(new byte[] { 1 })], Cancellation);
        var most = RecordStore<TestDb>.MostQuarantined;
        var rubbish = Enumerable.Range(0, most + 5).Select(at => BitConverter.GetBytes(at)).ToArray();
        await node.IngestAsync(rubbish[..5]);
        await node.IngestAsync(rubbish[5..^1]);
        Assert.Equal((most + 1, 4), await KeptAsync());
        await node.IngestAsync(rubbish[^1]);
        Assert.Equal((most + 1, 5), await KeptAsync());
        var kept = await node.LookAsync(db => db.Quarantine.Where(row => row.Source == "test").Select(row => row.Envelope).ToListAsync());
        Assert.Equal(rubbish[5..].Select(Convert.ToHexString).Order(), kept.Select(Convert.ToHexString).Order());

        // Few, but large.
        var large = (int)(RecordStore<TestDb>.MostQuarantinedBytes / Envelope.MaxSize);
        foreach (var at in Enumerable.Range(0, large + 2))
        {
            await node.Records.IngestAsync("large", [new Arrival(new byte[Envelope.MaxSize + at])], Cancellation);
        }
        Assert.Equal((most + 1 + large, 7), await KeptAsync());

        async Task<(int, long)> KeptAsync()
        {
            var figures = (await node.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation))
                .Entries["relay"]
                .Data;
            return ((int)figures["quarantined"], (long)figures["quarantineDropped"]);
        }
    }

    [Fact]
    public async Task What_nobody_looked_at_for_a_season_leaves_the_quarantine()
    {
        var clock = new Later();
        await using var node = await RecordsNode.StartAsync(database: await DatabaseAsync(), configure: builder =>
            builder.Services.AddSingleton<TimeProvider>(clock)
        );
        await node.IngestAsync([1]);
        clock.By = RecordStore<TestDb>.QuarantineTime - TimeSpan.FromHours(1);
        await node.IngestAsync([2]);
        Assert.Equal(2, (await node.QuarantineAsync()).Count);
        clock.By += TimeSpan.FromHours(2);
        await node.IngestAsync([3]);
        Assert.Equal(2, (await node.QuarantineAsync()).Count);
    }

    [Fact]
    public async Task A_kind_that_is_newer_than_this_service_is_passed_on_and_those_of_other_areas_are_not()
    {
        await using var node = await StartAsync();
        var (peer, known) = await PeerAsync(node);
        await node.Records.BindHomeAsync("62528", "gardens", peer.Node, Cancellation);
        var newer = Seal(peer, record => (record.Kind, record.Body) = ("fabrique.practices.v2.Practice", ByteString.CopyFrom(0xff)));
        var other = Seal(peer, record => record.Kind = "fabrique.gardens.v1.Garden");
        Assert.Equal((3, 0), await node.IngestAsync(known, newer, other));

        Assert.Equal([known, newer], await ReadAsync(node, new ReadRequest()));
        Assert.Equal([newer], await ReadAsync(node, new ReadRequest { Kinds = { "fabrique.practices.v2.Practice" } }));
        Assert.Empty(await ReadAsync(node, new ReadRequest { Kinds = { "fabrique.gardens.v1.Garden" } }));
    }

    [Fact]
    public async Task The_feed_shows_the_network_what_is_for_it_and_strangers_what_is_public()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "for anybody", Visibility.Public);
        await node.WriteAsync("b", "for peers", Visibility.Network);
        await node.WriteAsync("c", "for nobody", Visibility.Private);
        await node.WriteAsync("d", "for anybody, then for peers", Visibility.Public);
        await node.WriteAsync("d", "for peers now", Visibility.Network);

        Assert.Equal(["a: for anybody", "d: gone"], await SeenAsync(null));
        Assert.Equal(["a: for anybody", "d: gone"], await SeenAsync("another token"));
        Assert.Equal(["a: for anybody", "b: for peers", "d: for peers now"], await SeenAsync(SidecarToken));

        async Task<List<string>> SeenAsync(string? presented) =>
            [
                .. (await ReadAsync(node, new ReadRequest(), presented is null ? null : new Metadata { { "dapr-api-token", presented } }))
                    .Select(envelope => Envelope.Open(envelope, node.Registry))
                    .Select(record => $"{record.Id}: {(record.Deleted ? "gone" : Practice.Parser.ParseFrom(record.Body).Title)}"),
            ];
    }

    [Fact]
    public async Task A_signature_that_a_service_of_the_node_verified_is_not_verified_again_and_its_key_must_be_trusted_still()
    {
        await using var node = await StartAsync();
        var (peer, known) = await PeerAsync(node);
        using var stranger = NodeKey.Ephemeral();
        var (whole, foreign) = (Titled(peer, "a", "title"), Titled(stranger, "b", "title"));
        byte[] broken = [.. whole[..^1], (byte)~whole[^1]];
        Assert.Equal((1, 0), await node.IngestAsync(known));

        Assert.Equal("BadSignature", await TriedAsync(broken, null));
        Assert.Equal("BadSignature", await TriedAsync(broken, peer.Mac(broken)));
        Assert.Equal("BadSignature", await TriedAsync(broken, node.Key.Mac(whole)));
        Assert.Equal("UnknownKey", await TriedAsync(foreign, node.Key.Mac(foreign)));
        Assert.Equal("stored", await TriedAsync(broken, node.Key.Mac(broken)));

        await node.LookAsync(db =>
            db.NodeKeys.ExecuteUpdateAsync(key => key.SetProperty(row => row.RevokedAt, TimeProvider.System.GetUtcNow().UtcDateTime))
        );
        await node.LookAsync(db => db.Store.ExecuteUpdateAsync(store => store.SetProperty(row => row.Registry, row => row.Registry + 1)));
        var late = Titled(peer, "c", "title");
        Assert.Equal("RevokedKey", await TriedAsync(late, node.Key.Mac(late)));

        async Task<string> TriedAsync(byte[] envelope, byte[]? mac)
        {
            await node.Records.DiscardAsync([], Cancellation);
            var (stored, _) = await node.Records.IngestAsync("test", [new Arrival(envelope, Mac: mac)], Cancellation);
            return stored == 1 ? "stored" : Assert.Single(await node.QuarantineAsync());
        }
    }

    [Fact]
    public async Task The_feed_shows_the_nodes_code_to_its_services_and_to_nobody_else()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "for anybody");
        await node.WriteAsync("b", "for anybody, then for peers");
        await node.WriteAsync("b", "for peers now", Visibility.Network);
        await node.WriteAsync("c", "for peers");
        await node.WriteAsync("c", "for nobody", Visibility.Private);

        var own = await ItemsAsync(node, new ReadRequest(), new Metadata { { "dapr-api-token", SidecarToken } });
        Assert.Equal(3, own.Count);
        Assert.All(own[..2], item => Assert.Equal(node.Key.Mac(item.Envelope.Span), item.Mac.ToByteArray()));
        // The tombstone has none.
        Assert.Empty(own[2].Mac);
        Assert.Equal([0, 0, 0], (await ItemsAsync(node, new ReadRequest())).Select(item => item.Mac.Length));
    }

    [Fact]
    public async Task A_row_that_somebody_changed_is_found_out_by_the_services_that_follow_and_one_without_a_code_is_read()
    {
        await using var home = await StartAsync();
        await home.WriteAsync("a", "first");
        await home.WriteAsync("b", "second");
        await home.WriteAsync("c", "written before there were codes");
        await home.LookAsync(db =>
            db.Records.Where(row => row.Id == "c").ExecuteUpdateAsync(row => row.SetProperty(record => record.Mac, (byte[]?)null))
        );
        var changed = (await home.RowsAsync()).Single(row => row.Id == "b").Envelope;
        changed[changed.AsSpan().IndexOf("second"u8)] ^= 1;
        await home.LookAsync(db =>
            db.Records.Where(row => row.Id == "b").ExecuteUpdateAsync(row => row.SetProperty(record => record.Envelope, changed))
        );

        await using var follower = await FollowAsync(home, await OfTheNodeAsync(home));
        await TitlesAsync(follower, "first", "written before there were codes");
        Assert.Equal(["BadSignature"], await follower.QuarantineAsync());
        // It has verified that signature, and says so to those who follow it.
        Assert.All(await follower.RowsAsync(), row => Assert.Equal(home.Key.Mac(row.Envelope), row.Mac));
    }

    [Fact]
    public async Task A_feed_of_long_texts_is_read_to_its_end_in_its_order()
    {
        await using var node = await StartAsync();
        var titles = Enumerable.Range(0, 60).Select(at => new string((char)('a' + (at % 26)), at % 7 == 0 ? 200_000 : 10)).ToList();
        foreach (var (at, title) in titles.Index())
        {
            await node.WriteAsync($"{at:00}", title);
        }
        Assert.Equal(
            titles,
            (await ReadAsync(node, new ReadRequest())).Select(envelope =>
                Practice.Parser.ParseFrom(Envelope.Open(envelope, node.Registry).Body).Title
            )
        );
    }

    [Fact]
    public async Task A_follower_starts_over_when_the_epoch_is_renewed_and_goes_on_from_its_cursor_otherwise()
    {
        await using var home = await StartAsync();
        await home.WriteAsync("a", "one");
        await using var follower = await FollowAsync(home);
        await TitlesAsync(follower, "one");
        var cursor = await CursorAsync();
        Assert.Equal(1, cursor.Sequence);

        // What was lost below the cursor stays lost, until the home says that its past is another.
        await follower.LookAsync(db => db.Records.ExecuteDeleteAsync());
        await follower.LookAsync(db => db.Items.ExecuteDeleteAsync());
        await home.WriteAsync("b", "two");
        await TitlesAsync(follower, "two");
        var epoch = await home.Records.RenewEpochAsync(Cancellation);
        await TitlesAsync(follower, "one", "two");
        await WholeNode.EventuallyAsync((epoch, 2L), async () => ((await CursorAsync()).Epoch, (await CursorAsync()).Sequence), Limit);

        Task<CursorRow> CursorAsync() => follower.LookAsync(db => db.Cursors.AsNoTracking().SingleAsync());
    }

    [Fact]
    public async Task Whatever_a_home_writes_and_whatever_a_follower_suffers_it_ends_where_the_home_is()
    {
        await using var home = await StartAsync();
        var follower = await FollowAsync(home);
        var versions = new Dictionary<string, long>();
        var step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 5], Gen.Int[1, 3].Select(level => (Visibility)(level * 10)), Gen.Int[0, 1000]);
        await step.List[1, 15]
            .SampleAsync(
                async steps =>
                {
                    foreach (var (what, id, visibility, title) in steps)
                    {
                        switch (what)
                        {
                            case 0:
                                // Restarted in the middle of whatever it was doing.
                                await follower.StopAsync();
                                follower = await FollowAsync(home, follower);
                                break;
                            case 1:
                                await home.Records.RenewEpochAsync(Cancellation);
                                break;
                            case 2:
                                // The fast path brings what it likes, as often as it likes.
                                var sent = (await home.RowsAsync())
                                    .Select(row => row.For(Visibility.Network))
                                    .OfType<byte[]>()
                                    .Where((_, at) => (at + title) % 3 > 0)
                                    .ToArray();
                                await follower.IngestAsync([.. sent.Concat(sent).OrderBy(envelope => envelope[^1] ^ title)]);
                                break;
                            case 3:
                                await follower.Records.RebuildIndexAsync(Cancellation);
                                break;
                            default:
                                await home.WriteAsync($"r{id}", $"{title}", visibility);
                                break;
                        }
                    }
                    var expected = await ShownAsync(home);
                    await WholeNode.EventuallyAsync(expected, () => ShownAsync(follower), Limit);
                    await follower.IndexedAsync();
                    Assert.Equal(
                        (await home.RowsAsync()).Count(row => row.Visibility >= Visibility.Network),
                        (await follower.TitlesAsync()).Count
                    );
                    Assert.Empty(await follower.QuarantineAsync());
                    foreach (var row in await follower.RowsAsync())
                    {
                        var record = Envelope.Open(row.Envelope, follower.Registry);
                        Assert.True(record.Version >= versions.GetValueOrDefault(row.Id));
                        Assert.NotEqual(Visibility.Private, record.Visibility);
                        versions[row.Id] = record.Version;
                    }
                },
                iter: 12,
                threads: 1
            );
        await follower.DisposeAsync();

        static async Task<string> ShownAsync(RecordsNode node) =>
            string.Join(
                '\n',
                (await node.RowsAsync())
                    .Select(row => (row.Id, Envelope: row.For(Visibility.Network)))
                    .Where(shown => shown.Envelope is not null)
                    .OrderBy(shown => shown.Id, StringComparer.Ordinal)
                    .Select(shown => $"{shown.Id} {Convert.ToHexString(shown.Envelope!)}")
            );
    }

    private static byte[] Titled(NodeKey key, string id, string title, long version = 1) =>
        Seal(key, record => (record.Id, record.Version) = (id, version), title);

    private static Metadata As(NodeKey signer, string role, string subject) =>
        new()
        {
            {
                "authorization",
                $"Bearer {NodeToken.Issue(signer, [new Grant(role, subject)], TimeSpan.FromMinutes(5), TimeProvider.System)}"
            },
        };

    private static async Task<List<byte[]>> ReadAsync(RecordsNode node, ReadRequest request, Metadata? headers = null) =>
        [.. (await ItemsAsync(node, request, headers)).Select(item => item.Envelope.ToByteArray())];

    private static async Task<List<ReadResponse>> ItemsAsync(RecordsNode node, ReadRequest request, Metadata? headers = null)
    {
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var stream = new FeedService.FeedServiceClient(channel).Read(request, headers, cancellationToken: Cancellation);
        return await stream.ResponseStream.ReadAllAsync(Cancellation).Where(item => !item.Envelope.IsEmpty).ToListAsync(Cancellation);
    }

    private static Task TitlesAsync(RecordsNode node, params string[] titles) =>
        WholeNode.EventuallyAsync(string.Join(", ", titles), async () => string.Join(", ", await node.TitlesAsync()), Limit);

    [Fact]
    public async Task A_batch_that_could_not_be_stored_is_stored_before_those_behind_it()
    {
        await using var home = await StartAsync();
        for (var at = 0; at < 650; at++)
        {
            await home.WriteAsync($"r{at:000}", at == 300 ? TestPart.FailsOnce : "t");
        }
        await using var follower = await FollowAsync(home);
        await WholeNode.EventuallyAsync(650, async () => (await follower.RowsAsync()).Count, TimeSpan.FromSeconds(60));
        Assert.Equal((await home.RowsAsync()).Select(row => row.Id), (await follower.RowsAsync()).Select(row => row.Id));
        Assert.Equal(
            650,
            await follower.LookAsync(db => db.Cursors.Where(row => row.Feed.EndsWith("Practice")).Select(row => row.Sequence).SingleAsync())
        );
    }

    private async Task<RecordsNode> StartAsync() => await RecordsNode.StartAsync(database: await DatabaseAsync(), configure: Believing);

    /// <summary>A service that keeps replicas of the home's practices and reads its feed all the time.</summary>
    /// <param name="home">Whose feed.</param>
    /// <param name="before">An earlier run of the follower, to go on with its data.</param>
    private async Task<RecordsNode> FollowAsync(RecordsNode home, RecordsNode? before = null)
    {
        if (before is null)
        {
            // It knows the home before it reads its feed: what it could not trust would stay aside.
            before = await RecordsNode.StartAsync(database: await DatabaseAsync());
            await before.Records.TrustAsync(home.Key.Node, home.Key.KeyId, home.Key.PublicKey(), Cancellation);
            await before.Records.BindHomeAsync("62528", "practices", home.Key.Node, Cancellation);
            await before.StopAsync();
        }
        return await RecordsNode.StartAsync(
            before.Folder,
            database: before.Database,
            kinds: kinds => kinds.Follows<Practice>(),
            configure: builder =>
            {
                Believing(builder);
                builder.Configuration["DAPR_GRPC_ENDPOINT"] = home.Address.ToString();
                builder.Configuration["DAPR_API_TOKEN"] = SidecarToken;
                builder.Configuration["Feed:IntervalSeconds"] = "0.05";
            }
        );
    }

    /// <summary>Another service of the home's own node, which has read nothing yet.</summary>
    private async Task<RecordsNode> OfTheNodeAsync(RecordsNode home)
    {
        var folder = Directory.CreateTempSubdirectory("fabrique-records-").FullName;
        File.Copy(Path.Combine(home.Folder, "node.json"), Path.Combine(folder, "node.json"));
        var service = await RecordsNode.StartAsync(folder, database: await DatabaseAsync());
        await service.StopAsync();
        return service;
    }

    private static void Believing(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder) =>
        builder.Services.PostConfigureAll<DaprAuthenticationOptions>(dapr => dapr.Token = SidecarToken);

    /// <summary>The time of day, some time from now.</summary>
    private sealed class Later : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + By;
    }
}
