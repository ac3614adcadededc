using System.Collections.Concurrent;
using System.Diagnostics;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Grpc.Net.Client;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Tests;

/// <summary>Several processes of one service on one PostgreSQL database.</summary>
public sealed class RecordsReplicasTests(PostgreSqlServer server)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_that_write_at_the_same_time_leave_no_gap_and_no_version_twice()
    {
        await using var one = await StartAsync();
        await using var two = await one.AgainAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 120), Cancellation, async (at, _) =>
            await (at % 2 == 0 ? one : two).WriteAsync($"record-{at / 2 % 20:00}", $"{at}")
        );

        var rows = await one.RowsAsync();
        Assert.Equal(20, rows.Count);
        Assert.All(rows, row => Assert.Equal(6, row.Version));
        Assert.Equal(120, await two.LookAsync(db => db.Store.Select(store => store.LastSequence).SingleAsync()));
        Assert.Equal(
            await one.TitlesAsync(),
            rows.OrderBy(row => row.Id, StringComparer.Ordinal)
                .Select(row => Practice.Parser.ParseFrom(Envelope.Open(row.Envelope, one.Registry).Body).Title)
        );
    }

    [Fact]
    public async Task A_reader_of_the_feed_misses_nothing_whichever_replica_writes()
    {
        await using var one = await StartAsync();
        await using var two = await one.AgainAsync();
        using var channel = GrpcChannel.ForAddress(one.Address);
        var seen = new ConcurrentDictionary<string, long>();
        using var stream = new FeedService.FeedServiceClient(channel).Read(
            new ReadRequest { Follow = true },
            deadline: DateTime.MaxValue,
            cancellationToken: Cancellation
        );
        var reading = Task.Run(
            async () =>
            {
                var last = 0L;
                while (seen.Count < 200 && await stream.ResponseStream.MoveNext(Cancellation))
                {
                    var item = stream.ResponseStream.Current;
                    Assert.True(item.Sequence >= last);
                    last = item.Sequence;
                    if (!item.Envelope.IsEmpty)
                    {
                        Assert.True(seen.TryAdd(Envelope.Open(item.Envelope.Memory, one.Registry).Id, item.Sequence));
                    }
                }
            },
            Cancellation
        );
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), Cancellation, async (at, _) =>
            await (at % 3 == 0 ? one : two).WriteAsync($"{at}", "written")
        );
        await reading.WaitAsync(Limit, Cancellation);
    }

    [Fact]
    public async Task One_leads_and_another_follows_it_when_it_stops()
    {
        await using var one = await StartAsync();
        await using var two = await one.AgainAsync();
        await WholeNode.EventuallyAsync(1, () => Task.FromResult(Leading(one) + Leading(two)), Limit);
        // Each asks once a second: the other has asked meanwhile, and was told no.
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(2.5); await Task.Delay(50, Cancellation))
        {
            Assert.Equal(1, Leading(one) + Leading(two));
        }
        var (leader, other) = Leading(one) == 1 ? (one, two) : (two, one);
        await leader.StopAsync();
        await WholeNode.EventuallyAsync(1, () => Task.FromResult(Leading(other)), Limit);

        static int Leading(RecordsNode node) => node.Services.GetRequiredService<StoreEngine>().Leads ? 1 : 0;
    }

    [Fact]
    public async Task A_key_trusted_by_one_replica_is_trusted_by_all()
    {
        await using var one = await StartAsync();
        await using var two = await one.AgainAsync();
        var (_, envelope) = await RecordsSuite.PeerAsync(one);
        Assert.Equal((1, 0), await two.IngestAsync(envelope));
        Assert.Equal(["from the peer"], await two.TitlesAsync());
    }

    [Fact]
    public async Task During_an_upgrade_each_replica_reads_the_index_of_its_own_version()
    {
        await using var old = await StartAsync();
        await old.WriteAsync("a", "before");
        await using var upgraded = await old.AgainAsync(indexVersion: "2");
        await TitlesAsync(upgraded, "before");

        await old.WriteAsync("b", "by the old");
        await upgraded.WriteAsync("c", "by the new");
        await TitlesAsync(upgraded, "before", "by the old", "by the new");
        await TitlesAsync(old, "before", "by the old", "by the new");

        // What the one before the last left is dropped with the next version.
        await using var again = await old.AgainAsync(indexVersion: "3");
        await TitlesAsync(again, "before", "by the old", "by the new");
        Assert.Equal(
            [upgraded.IndexVersion, again.IndexVersion],
            await again.LookAsync(db => db.Indexes.OrderBy(row => row.CreatedAt).Select(row => row.Version).ToListAsync())
        );

        static Task TitlesAsync(RecordsNode node, params string[] titles) =>
            WholeNode.EventuallyAsync(string.Join(", ", titles), async () => string.Join(", ", await node.TitlesAsync()), Limit);
    }

    private async Task<RecordsNode> StartAsync() => await RecordsNode.StartAsync(database: await server.StartForAsync("replicas"));
}
