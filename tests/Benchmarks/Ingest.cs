using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Runner;
using Fabrique.Territories;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Benchmarks;

/// <summary>
/// A new node catches up with a network of practices: the feed read by the follower, each record verified, stored and indexed; against a
/// bare gRPC stream of the same envelopes and a bare insert of the same rows in transactions of the same size. Within a node the service
/// that is followed has verified the signatures and says so; those of another node are verified.
/// </summary>
internal sealed class Ingest(int count)
    : Benchmark("ingest", $"{count:#,0} practices taken in, and replayed from a feed, against a bare stream and insert")
{
    /// <summary>The follower's: both sides commit as often.</summary>
    private const int BatchSize = 200;

    public override async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var source = folder.New();
        report.Say($"signing {count:#,0} practices");
        await SeedAsync(source);
        var foreign = await ForeignAsync(source, folder.New());
        var ports = Ports.Free(4);
        await using var server = await Server.StartOwnAsync("feed", ports[0], source, $"{ports[0]}", $"{ports[1]}");
        await using var other = await Server.StartOwnAsync("feed", ports[2], foreign, $"{ports[2]}", $"{ports[3]}");
        var (feed, bareFeed, foreignFeed) = (
            new Uri($"http://127.0.0.1:{ports[0]}"),
            new Uri($"http://127.0.0.1:{ports[1]}"),
            new Uri($"http://127.0.0.1:{ports[2]}")
        );
        using var bareChannel = GrpcChannel.ForAddress(bareFeed);
        using var channel = GrpcChannel.ForAddress(feed);
        var envelopes = await ReadAsync(bareChannel);
        var rows = await RowsAsync(source, envelopes[0]);

        await report.CompareAsync(
            "ingest, records in memory",
            new("Fabrique", () => IngestAsync(source, envelopes)),
            new("bare insert", () => InsertAsync(rows, envelopes)),
            warmUp: false
        );
        await report.CompareAsync(
            "feed, read only",
            new("Fabrique", () => Load.TimeAsync(count, () => ReadAsync(channel))),
            new("bare stream", () => Load.TimeAsync(count, () => ReadAsync(bareChannel)))
        );
        var bare = new Side("bare stream and insert", () => StreamAsync(rows, bareChannel));
        await report.CompareAsync(
            "feed replay and ingest, in a node",
            new("Fabrique", () => FollowAsync(source, feed)),
            bare,
            goal: 0.5,
            warmUp: false
        );
        await report.CompareAsync(
            "feed replay and ingest, from another node",
            new("Fabrique", () => FollowAsync(source, foreignFeed)),
            bare,
            goal: 0.5,
            warmUp: false
        );
    }

    /// <summary>Serves the feed of a data folder twice: as the service does, and bare.</summary>
    public static async Task ServeAsync(string folder, int port, int barePort)
    {
        await using var bare = await BareFeed.StartAsync(Path.Combine(folder, "practices.db"), barePort);
        await using var store = await Store<PracticesDb>.StartAsync(folder, Owner, port);
        await store.WaitForShutdownAsync();
    }

    /// <summary>A store as if it had written the practices, and published them all.</summary>
    private async Task SeedAsync(string folder)
    {
        await using var store = await Store<PracticesDb>.StartAsync(folder, Owner);
        for (var written = 0; written < count; )
        {
            await using var db = await store.OpenAsync();
            foreach (var record in Enumerable.Range(0, 1000).Select(_ => Samples.NewRecord(Samples.NewId(), store.Key.Node)))
            {
                var envelope = Envelope.Seal(record, store.Key);
                db.Records.Add(
                    new RecordRow
                    {
                        Kind = record.Kind,
                        Id = record.Id,
                        Territory = record.Territory,
                        Home = record.Home,
                        Version = record.Version,
                        Sequence = ++written,
                        Visibility = record.Visibility,
                        Shown = record.Visibility,
                        Envelope = envelope,
                        Mac = store.Key.Mac(envelope),
                    }
                );
            }

            var state = await db.Store.SingleAsync();
            (state.LastSequence, state.Published) = (written, written);
            // Nobody searches them here.
            (await db.Indexes.SingleAsync()).Sequence = written;
            await db.SaveChangesAsync();
        }
    }

    /// <summary>The same records as they come from another node: every signature is still to be verified.</summary>
    private static async Task<string> ForeignAsync(string source, string folder)
    {
        const string Name = "practices.db";
        File.Copy(Path.Combine(source, "node.json"), Path.Combine(folder, "node.json"));
        File.Copy(Path.Combine(source, Name), Path.Combine(folder, Name));
        await using var database = new SqliteConnection($"Data Source={Path.Combine(folder, Name)};Pooling=False");
        await database.OpenAsync();
        await using var forget = new SqliteCommand("UPDATE records SET mac = NULL", database);
        await forget.ExecuteNonQueryAsync();
        return folder;
    }

    /// <summary>A service of the same node that follows the practices, as territories does; empty.</summary>
    private static Task<Store<TerritoriesDb>> FollowerAsync(string folder, string source, Uri? feed = null)
    {
        File.Copy(Path.Combine(source, "node.json"), Path.Combine(folder, "node.json"));
        return Store<TerritoriesDb>.StartAsync(
            folder,
            // All parts, as the service has them: its database names their tables.
            kinds =>
                kinds
                    .Owns(Territories.Kinds.Profile)
                    .IndexedBy<ProfilePart>()
                    .Owns(Territories.Kinds.Membership)
                    .IndexedBy<MembershipPart>()
                    .Owns(Territories.Kinds.Cohort)
                    .IndexedBy<CohortPart>()
                    .Owns(Territories.Kinds.Perimeter)
                    .IndexedBy<PerimeterPart>()
                    .Owns(Territories.Kinds.Snapshot)
                    .IndexedBy<SnapshotPart>()
                    .Follows<Practice>()
                    .IndexedBy<Territories.PracticePart>(),
            feed: feed
        );
    }

    private static void Owner(RecordKinds kinds) => kinds.Owns(Practices.Kinds.Practice).IndexedBy<Practices.PracticePart>();

    private static async Task<BareRows> RowsAsync(string source, ReadOnlyMemory<byte> envelope)
    {
        using var data = new TempFolder();
        await using var store = await FollowerAsync(data.Path, source);
        await store.Records.IngestAsync("bench", [envelope], CancellationToken.None);
        await using var db = await store.OpenAsync();
        return new BareRows(
            (SqliteConnection)db.Database.GetDbConnection(),
            (await db.Records.SingleAsync()).Id,
            ("records", "id"),
            ("practices", "Id")
        );
    }

    private async Task<Sample> IngestAsync(string source, List<ReadOnlyMemory<byte>> envelopes)
    {
        using var data = new TempFolder();
        await using var store = await FollowerAsync(data.Path, source);
        return await Load.TimeAsync(count, async () =>
        {
            foreach (var batch in envelopes.Chunk(BatchSize))
            {
                await store.Records.IngestAsync("bench", [.. batch], CancellationToken.None);
            }
        });
    }

    private async Task<Sample> InsertAsync(BareRows rows, List<ReadOnlyMemory<byte>> envelopes)
    {
        using var data = new TempFolder();
        await using var database = rows.Create(Path.Combine(data.Path, "bare.db"));
        using var writer = rows.Open(database);
        return await Load.TimeAsync(count, () => Task.Run(() =>
            {
                foreach (var batch in envelopes.Chunk(BatchSize))
                {
                    writer.Insert(batch.Select(envelope => (Samples.NewId(), envelope)));
                }
            }));
    }

    private async Task<Sample> FollowAsync(string source, Uri feed)
    {
        using var data = new TempFolder();
        return await Load.TimeAsync(count, async () =>
        {
            await using var store = await FollowerAsync(data.Path, source, feed);
            await using var db = await store.OpenAsync();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (await timer.WaitForNextTickAsync() && await db.Cursors.AsNoTracking().SumAsync(cursor => cursor.Sequence) < count)
            {
                // The follower is on its way.
            }
        });
    }

    private async Task<Sample> StreamAsync(BareRows rows, GrpcChannel channel)
    {
        using var data = new TempFolder();
        await using var database = rows.Create(Path.Combine(data.Path, "bare.db"));
        using var writer = rows.Open(database);
        return await Load.TimeAsync(count, async () =>
        {
            var batch = new List<(string, ReadOnlyMemory<byte>)>(BatchSize);
            using var stream = new FeedService.FeedServiceClient(channel).Read(new ReadRequest());
            await foreach (var item in stream.ResponseStream.ReadAllAsync())
            {
                batch.Add((Samples.NewId(), item.Envelope.Memory));
                if (batch.Count == BatchSize)
                {
                    writer.Insert(batch);
                    batch.Clear();
                }
            }

            writer.Insert(batch);
        });
    }

    private async Task<List<ReadOnlyMemory<byte>>> ReadAsync(GrpcChannel channel)
    {
        using var stream = new FeedService.FeedServiceClient(channel).Read(new ReadRequest());
        var envelopes = new List<ReadOnlyMemory<byte>>(count);
        await foreach (var item in stream.ResponseStream.ReadAllAsync())
        {
            if (!item.Envelope.IsEmpty)
            {
                envelopes.Add(item.Envelope.Memory);
            }
        }

        return envelopes;
    }
}
