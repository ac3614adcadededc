using CsCheck;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.EntityFrameworkCore;
using Record = Fabrique.Records.V1.Record;

namespace Fabrique.Tests;

public sealed class RecordsOnSqliteTests : RecordsSuite
{
    protected override Task<RecordsNode> StartAsync() => RecordsNode.StartAsync();
}

public sealed class RecordsOnPostgreSqlTests(PostgreSqlServer server) : RecordsSuite
{
    protected override async Task<RecordsNode> StartAsync() =>
        await RecordsNode.StartAsync(database: await server.StartForAsync("records"));
}

/// <summary>What the records of a service promise, whichever database keeps them.</summary>
public abstract class RecordsSuite
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<RecordsNode> StartAsync();

    [Fact]
    public async Task What_was_written_is_read_with_its_version_and_its_index()
    {
        await using var node = await StartAsync();
        Assert.Equal(1, (await node.WriteAsync("a", "one")).Info.Version);
        Assert.Equal(2, (await node.WriteAsync("a", "two")).Info.Version);

        var found = await node.Records.FindAsync<Practice>("a", Cancellation);
        Assert.Equal("two", found?.Body.Title);
        Assert.Equal(2, found?.Info.Version);
        Assert.Equal(node.Key.Node, found?.Info.Home);
        Assert.Equal(["two"], await node.TitlesAsync());
    }

    [Fact]
    public async Task A_rule_that_refuses_leaves_no_trace()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "one");
        await Assert.ThrowsAsync<Refusal>(() =>
            node.Records.WriteAsync<Practice>("a", _ => throw Refusal.Invalid("title", $"no"), Cancellation)
        );
        await Assert.ThrowsAsync<Refusal>(() =>
            node.Records.WriteAsync<Practice>("b", _ => throw Refusal.Invalid("title", $"no"), Cancellation)
        );

        Assert.Equal([1L], (await node.RowsAsync()).Select(row => row.Sequence));
        Assert.Equal(["one"], await node.TitlesAsync());
    }

    [Fact]
    public async Task Writers_at_the_same_time_leave_no_gap_in_the_sequence_and_no_version_twice()
    {
        await using var node = await StartAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), Cancellation, async (at, _) =>
            await node.WriteAsync($"record-{at % 20:00}", $"{at}")
        );

        var rows = await node.RowsAsync();
        Assert.Equal(20, rows.Count);
        Assert.All(rows, row => Assert.Equal(3, row.Version));
        Assert.Equal(60, await node.LookAsync(db => db.Store.Select(store => store.LastSequence).SingleAsync()));
    }

    [Fact]
    public async Task A_change_of_nothing_writes_nothing()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "one");
        var same = await node.Records.WriteAsync<Practice>("a", _ => null, Cancellation);
        Assert.Equal(1, same.Info.Version);
        Assert.Equal(1, (await node.RowsAsync()).Single().Sequence);
    }

    [Fact]
    public async Task A_record_that_becomes_private_leaves_a_tombstone_for_those_who_saw_it()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "shown", Visibility.Public);
        await node.WriteAsync("a", "hidden", Visibility.Private);

        var row = (await node.RowsAsync()).Single();
        var tombstone = Envelope.Open(row.For(Visibility.Public)!, node.Registry);
        Assert.True(tombstone.Deleted);
        Assert.True(tombstone.Body.IsEmpty);
        Assert.Equal(2, tombstone.Version);
        Assert.Equal("hidden", (await node.Records.FindAsync<Practice>("a", Cancellation))?.Body.Title);
    }

    [Fact]
    public async Task A_record_that_was_always_private_is_shown_to_nobody()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "draft", Visibility.Private);
        await node.WriteAsync("a", "draft again", Visibility.Private);
        var row = (await node.RowsAsync()).Single();
        Assert.Null(row.For(Visibility.Network));
        Assert.Null(row.For(Visibility.Public));
    }

    [Fact]
    public async Task A_record_of_the_network_is_not_for_the_public()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "for peers", Visibility.Network);
        var row = (await node.RowsAsync()).Single();
        Assert.NotNull(row.For(Visibility.Network));
        Assert.Null(row.For(Visibility.Public));
    }

    [Fact]
    public async Task An_index_of_another_version_is_rebuilt_from_the_records()
    {
        var first = await StartAsync();
        await first.WriteAsync("a", "one");
        await first.WriteAsync("b", "two");
        await first.LookAsync(db => db.Items.ExecuteDeleteAsync());
        await first.StopAsync();

        var same = await first.AgainAsync();
        Assert.Empty(await same.TitlesAsync());
        await same.StopAsync();

        await using var rebuilt = await first.AgainAsync(indexVersion: "2");
        await rebuilt.IndexedAsync();
        Assert.Equal(["one", "two"], await rebuilt.TitlesAsync());
        Assert.Equal(2, (await rebuilt.WriteAsync("a", "again")).Info.Version);
    }

    [Fact]
    public async Task A_peer_is_believed_where_it_is_at_home_and_nowhere_else()
    {
        await using var node = await StartAsync();
        var (peer, envelope) = await PeerAsync(node);
        Assert.Equal((1, 0), await node.IngestAsync(envelope));
        Assert.Equal(["from the peer"], await node.TitlesAsync());

        var elsewhere = Seal(peer, record => record.Territory = "62750");
        Assert.Equal((0, 1), await node.IngestAsync(elsewhere));
        Assert.Equal(["WrongHome"], await node.QuarantineAsync());
    }

    [Fact]
    public async Task A_home_that_moves_while_a_batch_waits_for_the_one_before_is_asked_again()
    {
        await using var node = await StartAsync();
        var (_, envelope) = await PeerAsync(node);
        // Looked at by now: only to be stored.
        var batch = node.Records.Open([new Arrival(envelope)]);
        await node.Records.BindHomeAsync("62528", "practices", node.Key.Node, Cancellation);
        Assert.Equal((0, 1), await node.Records.TakeInAsync("test", batch, null, Cancellation));
        Assert.Equal(["WrongHome"], await node.QuarantineAsync());
    }

    [Fact]
    public async Task This_node_may_not_write_what_lives_elsewhere()
    {
        await using var node = await StartAsync();
        await PeerAsync(node);
        var refused = await Assert.ThrowsAsync<Refusal>(() => node.WriteAsync("a", "mine"));
        Assert.Equal("NOT_HOME", refused.Reason);
        Assert.Empty(await node.RowsAsync());
    }

    [Fact]
    public async Task An_older_or_equal_version_changes_nothing_and_a_newer_one_does()
    {
        await using var node = await StartAsync();
        var (peer, _) = await PeerAsync(node);
        var versions = Enumerable
            .Range(1, 4)
            .Select(version => Seal(peer, record => record.Version = version, $"version {version}"))
            .ToArray();
        Assert.Equal((1, 0), await node.IngestAsync(versions[2]));
        Assert.Equal((0, 0), await node.IngestAsync(versions[0], versions[1], versions[2]));
        Assert.Equal(["version 3"], await node.TitlesAsync());
        Assert.Equal((1, 0), await node.IngestAsync(versions[1], versions[3], versions[0]));
        Assert.Equal(["version 4"], await node.TitlesAsync());
    }

    [Fact]
    public async Task What_cannot_be_trusted_or_read_is_put_aside_with_its_reason()
    {
        await using var node = await StartAsync();
        var (peer, good) = await PeerAsync(node);
        using var stranger = NodeKey.Ephemeral();

        var forged = Seal(stranger, record => record.Home = peer.Node);
        var changed = (byte[])good.Clone();
        changed[^70] ^= 1;
        var hidden = Seal(peer, record => record.Visibility = Visibility.Private);
        var nameless = Seal(peer, record => record.Id = "");
        var unreadable = Seal(peer, record => record.Body = ByteString.CopyFrom(0xff, 0xff, 0xff));
        var huge = new byte[Envelope.MaxSize + 1];

        Assert.Equal((0, 7), await node.IngestAsync(forged, changed, hidden, nameless, unreadable, huge, [1, 2, 3]));
        Assert.Equal(
            ["BadSignature", "MalformedEnvelope", "MalformedRecord", "Oversized", "PrivateRecord", "UnknownKey", "UnreadableBody"],
            await node.QuarantineAsync()
        );
        Assert.Empty(await node.RowsAsync());
    }

    [Fact]
    public async Task Versions_that_anybody_could_read_are_kept_until_the_record_is_taken_back()
    {
        await using var home = await StartAsync();
        await using var follower = await StartAsync();
        await follower.Records.TrustAsync(home.Key.Node, home.Key.KeyId, home.Key.PublicKey(), Cancellation);
        await follower.Records.BindHomeAsync("62528", "practices", home.Key.Node, Cancellation);
        foreach (
            var (title, visibility) in new[]
            {
                ("draft", Visibility.Private),
                ("one", Visibility.Public),
                ("two", Visibility.Public),
                ("three", Visibility.Public),
            }
        )
        {
            await home.WriteAsync("a", title, visibility);
            await FollowAsync();
        }
        Assert.Equal(["two", "one"], await HistoryAsync(home));
        Assert.Equal(["two", "one"], await HistoryAsync(follower));
        Assert.Equal(3, (await home.Records.HistoryAsync<Practice>("a", long.MaxValue, 1, Cancellation)).Single().Info.Version);
        Assert.Empty(await home.Records.HistoryAsync<Practice>("b", long.MaxValue, 1, Cancellation));

        await home.WriteAsync("a", "taken back", Visibility.Private);
        await FollowAsync();
        Assert.Empty(await HistoryAsync(home));
        Assert.Empty(await HistoryAsync(follower));

        await home.WriteAsync("a", "back again");
        await home.WriteAsync("a", "and better");
        Assert.Equal(["back again"], await HistoryAsync(home));

        async Task FollowAsync() =>
            await follower.IngestAsync([.. (await home.RowsAsync()).Select(row => row.For(Visibility.Public)).OfType<byte[]>()]);

        async Task<List<string>> HistoryAsync(RecordsNode node) =>
            [.. (await node.Records.HistoryAsync<Practice>("a", long.MaxValue, 10, Cancellation)).Select(version => version.Body.Title)];
    }

    [Fact]
    public async Task The_same_bad_envelope_is_put_aside_once()
    {
        await using var node = await StartAsync();
        await node.IngestAsync([1, 2, 3]);
        await node.IngestAsync([1, 2, 3]);
        Assert.Single(await node.QuarantineAsync());
    }

    [Fact]
    public async Task A_kind_that_is_not_known_here_is_kept_as_it_came()
    {
        await using var node = await StartAsync();
        var (peer, _) = await PeerAsync(node);
        await node.Records.BindHomeAsync("62528", "gardens", peer.Node, Cancellation);
        var unknown = Seal(peer, record => (record.Kind, record.Body) = ("fabrique.gardens.v1.Garden", ByteString.CopyFrom(0xff)));
        Assert.Equal((1, 0), await node.IngestAsync(unknown));
        Assert.Equal(unknown, (await node.RowsAsync()).Single().Envelope);
    }

    [Fact]
    public async Task No_changed_byte_ever_gets_in()
    {
        await using var node = await StartAsync();
        var (_, good) = await PeerAsync(node);
        await Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte[1, 255])
            .SampleAsync(
                async (at, mask) =>
                {
                    var changed = (byte[])good.Clone();
                    changed[at] ^= mask;
                    Assert.Equal((0, 1), await node.IngestAsync(changed));
                },
                iter: 300,
                threads: 1
            );
        Assert.Empty(await node.RowsAsync());
    }

    [Fact]
    public async Task Whatever_is_lost_doubled_or_out_of_order_followers_converge_to_the_home()
    {
        await using var home = await StartAsync();
        await using var follower = await StartAsync();
        await follower.Records.TrustAsync(home.Key.Node, home.Key.KeyId, home.Key.PublicKey(), Cancellation);
        var history = new List<byte[]>();

        var write = Gen.Select(Gen.Int[0, 4], Gen.Int[1, 3].Select(level => (Visibility)(level * 10)), Gen.Int[0, 1000]);
        await Gen.Select(write.List[1, 12], Gen.Int[0, int.MaxValue])
            .SampleAsync(
                async (writes, seed) =>
                {
                    await follower.Records.BindHomeAsync("62528", "practices", home.Key.Node, Cancellation);
                    foreach (var (id, visibility, title) in writes)
                    {
                        await home.WriteAsync($"r{id}", $"{title}", visibility);
                        history.AddRange(
                            (await home.RowsAsync())
                                .Where(row => row.Id == $"r{id}")
                                .Select(row => row.For(Visibility.Network))
                                .OfType<byte[]>()
                        );
                    }
                    // The fast path loses, doubles and shuffles; then the feed repairs.
                    var random = new Random(seed);
                    var arrived = history.Concat(history).Where(_ => random.Next(3) > 0).OrderBy(_ => random.Next()).ToArray();
                    await follower.IngestAsync(arrived);
                    await follower.IngestAsync([.. (await home.RowsAsync()).Select(row => row.For(Visibility.Network)).OfType<byte[]>()]);

                    Assert.Equal(await SeenAsync(home), await SeenAsync(follower));
                    Assert.Empty(await follower.QuarantineAsync());
                },
                iter: 20,
                threads: 1
            );

        async Task<List<string>> SeenAsync(RecordsNode node) =>
            [
                .. (await node.RowsAsync())
                    .Select(row => row.For(Visibility.Network))
                    .OfType<byte[]>()
                    .Select(envelope => Envelope.Open(envelope, home.Registry))
                    .Where(record => !record.Deleted)
                    .Select(record => $"{record.Id} {record.Version} {Practice.Parser.ParseFrom(record.Body).Title}")
                    .Order(StringComparer.Ordinal),
            ];
    }

    [Fact]
    public async Task A_feed_is_resumed_where_it_was_left_and_started_over_when_the_epoch_changed()
    {
        await using var node = await StartAsync();
        foreach (var at in Enumerable.Range(1, 5))
        {
            await node.WriteAsync($"{at}", $"{at}", at == 3 ? Visibility.Private : Visibility.Public);
        }
        using var channel = GrpcChannel.ForAddress(node.Address);
        var feed = new FeedService.FeedServiceClient(channel);

        var all = await ReadAsync(new ReadRequest());
        Assert.Equal([1, 2, 4, 5], all.Where(item => !item.Envelope.IsEmpty).Select(item => item.Sequence));
        Assert.Equal(5, all[^1].Sequence);
        Assert.All(all.Where(item => !item.Envelope.IsEmpty), item => Envelope.Open(item.Envelope.Memory, node.Registry));

        var resumed = await ReadAsync(new ReadRequest { Epoch = all[0].Epoch, After = 4 });
        Assert.Equal([5], resumed.Where(item => !item.Envelope.IsEmpty).Select(item => item.Sequence));
        var restored = await ReadAsync(new ReadRequest { Epoch = "another", After = 4 });
        Assert.Equal(4, restored.Count(item => !item.Envelope.IsEmpty));

        var refused = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(new ReadRequest { After = -1 }));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);

        async Task<List<ReadResponse>> ReadAsync(ReadRequest request) =>
            await feed.Read(request, cancellationToken: Cancellation).ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
    }

    [Fact]
    public async Task A_followed_feed_stays_open_and_tells_what_comes()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "one");
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var stream = new FeedService.FeedServiceClient(channel).Read(
            new ReadRequest { Follow = true },
            deadline: DateTime.MaxValue,
            cancellationToken: Cancellation
        );
        Assert.Equal("a", await NextAsync());
        await node.WriteAsync("b", "two");
        Assert.Equal("b", await NextAsync());

        async Task<string> NextAsync()
        {
            while (await stream.ResponseStream.MoveNext(Cancellation))
            {
                if (stream.ResponseStream.Current is { Envelope.IsEmpty: false } item)
                {
                    return Envelope.Open(item.Envelope.Memory, node.Registry).Id;
                }
            }
            return "the stream ended";
        }
    }

    [Fact]
    public async Task A_followed_feed_tells_a_new_position_when_records_of_others_were_taken_in()
    {
        // The gateway lives by it: what the service answers has changed, though nothing in its feed has.
        await using var node = await StartAsync();
        var (peer, _) = await PeerAsync(node);
        await node.Records.BindHomeAsync("62528", "gardens", peer.Node, Cancellation);
        await node.Records.BindHomeAsync("62528", "practices", node.Key.Node, Cancellation);
        await node.WriteAsync("a", "one");
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var stream = new FeedService.FeedServiceClient(channel).Read(
            new ReadRequest { Follow = true, FromEnd = true },
            cancellationToken: Cancellation
        );
        Assert.True(await stream.ResponseStream.MoveNext(Cancellation));
        var before = stream.ResponseStream.Current;

        var garden = Seal(peer, record => (record.Kind, record.Body) = ("fabrique.gardens.v1.Garden", ByteString.CopyFrom(0xff)));
        Assert.Equal((1, 0), await node.IngestAsync(garden));

        Assert.True(await stream.ResponseStream.MoveNext(Cancellation));
        Assert.Equal((true, before.Sequence + 1), (stream.ResponseStream.Current.Envelope.IsEmpty, stream.ResponseStream.Current.Sequence));
    }

    [Fact]
    public async Task A_followed_feed_ends_when_its_epoch_is_over_so_that_its_reader_starts_over()
    {
        await using var node = await StartAsync();
        await node.WriteAsync("a", "one");
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var stream = new FeedService.FeedServiceClient(channel).Read(
            new ReadRequest { Follow = true },
            deadline: DateTime.UnixEpoch.AddYears(200),
            cancellationToken: Cancellation
        );
        Assert.True(await stream.ResponseStream.MoveNext(Cancellation));
        await node.Records.RenewEpochAsync(Cancellation);
        await node.WriteAsync("b", "two");
        await foreach (var _ in stream.ResponseStream.ReadAllAsync(Cancellation))
        {
            // Until the stream ends.
        }
        Assert.Equal(StatusCode.OK, stream.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_level_of_visibility_that_nobody_knows_is_not_taken_for_public()
    {
        await using var node = await StartAsync();
        var (peer, _) = await PeerAsync(node);
        Assert.Equal((0, 1), await node.IngestAsync(Seal(peer, record => record.Visibility = (Visibility)70)));
        Assert.Equal(["MalformedRecord"], await node.QuarantineAsync());
    }

    [Fact]
    public async Task A_kept_record_that_turns_out_to_be_none_does_not_stop_the_start()
    {
        var first = await StartAsync();
        await first.WriteAsync("a", "one");
        await first.LookAsync(db =>
            db.Records.ExecuteUpdateAsync(row =>
                row.SetProperty(stored => stored.Envelope, Seal(first.Key, record => record.Body = ByteString.CopyFrom(0xff, 0xff)))
            )
        );
        await first.WriteAsync("b", "two");
        await first.StopAsync();
        await using var again = await first.AgainAsync(indexVersion: "2");
        await again.IndexedAsync();
        Assert.Equal(["two"], await again.TitlesAsync());
    }

    [Fact]
    public async Task Without_the_token_of_the_sidecar_nobody_delivers_records()
    {
        await using var node = await StartAsync();
        using var http = new HttpClient
        {
            DefaultRequestVersion = new Version(2, 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            BaseAddress = node.Address,
        };
        using var subscriptions = await http.GetAsync("/dapr/subscribe", Cancellation);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, subscriptions.StatusCode);
    }

    internal static async Task<(NodeKey Peer, byte[] Envelope)> PeerAsync(RecordsNode node)
    {
        var peer = NodeKey.Ephemeral();
        await node.Records.TrustAsync(peer.Node, peer.KeyId, peer.PublicKey(), Cancellation);
        await node.Records.BindHomeAsync("62528", "practices", peer.Node, Cancellation);
        return (peer, Seal(peer));
    }

    internal static byte[] Seal(NodeKey key, Action<Record>? change = null, string title = "from the peer")
    {
        var record = new Record
        {
            Kind = RecordKind.NameOf<Practice>(),
            Id = "from-peer",
            Territory = "62528",
            Home = key.Node,
            Version = 1,
            ChangedAt = Timestamp.FromDateTime(DateTime.UnixEpoch),
            Change = "published",
            Visibility = Visibility.Public,
            Body = new Practice { Title = title }.ToByteString(),
        };
        change?.Invoke(record);
        return Envelope.Seal(record, key);
    }
}
