using System.Threading.Channels;
using Fabrique.Records.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>
/// Catches up with the feeds that this service depends on, at start and at intervals. Pub/sub is the fast path, the feed is the truth: with
/// the broker emptied and messages lost, the service still converges to the state of the homes.
/// </summary>
public sealed partial class Follower<TDb>(
    IDbContextFactory<TDb> databases,
    RecordStore<TDb> records,
    RecordKinds kinds,
    StoreEngine engine,
    IConfiguration configuration,
    TimeProvider clock,
    ILogger<Follower<TDb>> log
) : BackgroundService
    where TDb : RecordsDb
{
    private const int BatchSize = 200;
    private const int BatchBytes = 4 << 20;

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(configuration.GetValue("Feed:IntervalSeconds", 15.0));

    private TimeSpan Soon => TimeSpan.FromSeconds(Math.Min(1, _interval.TotalSeconds));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(kinds.Followed.SelectMany(feed => feed.Value.Select(kind => FollowAsync(feed.Key, kind, stoppingToken))));

    /// <summary>One cursor a kind: a release that follows a new kind reads it from its beginning.</summary>
    private async Task FollowAsync(string appId, string kind, CancellationToken cancellation)
    {
        var feed = new FeedService.FeedServiceClient(Apps.CreateInvoker(configuration, appId));
        while (!cancellation.IsCancellationRequested)
        {
            var wait = _interval;
            try
            {
                if (engine.Leads)
                {
                    await CatchUpAsync($"{appId}/{kind}", feed, kind, cancellation);
                }
                else
                {
                    wait = Soon;
                }
            }
            catch (RpcException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException error)
            {
                // At start the others may not be there yet.
                LogUnreachable(appId, error.StatusCode);
                wait = Soon;
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                LogFailed(appId, error);
            }
            await Task.Delay(wait, clock, cancellation);
        }
    }

    private async Task CatchUpAsync(string name, FeedService.FeedServiceClient feed, string kind, CancellationToken cancellation)
    {
        CursorRow known;
        await using (var db = await databases.CreateDbContextAsync(cancellation))
        {
            known = await db.Cursors.AsNoTracking().SingleOrDefaultAsync(row => row.Feed == name, cancellation)
                ?? new CursorRow { Feed = name, Epoch = "" };
        }
        using var stream = feed.Read(
            new ReadRequest
            {
                Epoch = known.Epoch,
                After = known.Sequence,
                Kinds = { kind },
            },
            cancellationToken: cancellation
        );
        // Of three batches, one is stored while the next is verified and the one after is read.
        var verified = Channel.CreateBounded<(Task<RecordStore<TDb>.Batch> Batch, CursorRow Cursor)>(1);
        var storing = Task.Run(() => StoreAsync(name, verified, cancellation), cancellation);
        try
        {
            var (epoch, sequence) = (known.Epoch, known.Sequence);
            var (arrivals, bytes) = (new List<Arrival>(BatchSize), 0);
            await foreach (var item in stream.ResponseStream.ReadAllAsync(cancellation))
            {
                (epoch, sequence) = (item.Epoch, item.Sequence);
                if (!item.Envelope.IsEmpty)
                {
                    arrivals.Add(new Arrival(item.Envelope.Memory, Mac: item.Mac.Memory));
                    bytes += item.Envelope.Length;
                }
                if (arrivals.Count == BatchSize || bytes > BatchBytes)
                {
                    if (!await VerifyAsync(verified.Writer, arrivals, Cursor(), cancellation))
                    {
                        return;
                    }
                    (arrivals, bytes) = (new(BatchSize), 0);
                }
            }
            if (arrivals.Count > 0 || sequence != known.Sequence || epoch != known.Epoch)
            {
                await VerifyAsync(verified.Writer, arrivals, Cursor(), cancellation);
            }

            CursorRow Cursor() =>
                new()
                {
                    Feed = name,
                    Epoch = epoch,
                    Sequence = sequence,
                };
        }
        finally
        {
            // What was read is stored, though the feed broke off.
            verified.Writer.TryComplete();
            await storing;
        }
    }

    /// <summary>
    /// Has a batch verified and stored after the one before, once there is room for it: no more than three are in memory.
    /// </summary>
    /// <returns>False when those before it could not be stored.</returns>
    private async Task<bool> VerifyAsync(
        ChannelWriter<(Task<RecordStore<TDb>.Batch> Batch, CursorRow Cursor)> verified,
        List<Arrival> arrivals,
        CursorRow cursor,
        CancellationToken cancellation
    ) => await verified.WaitToWriteAsync(cancellation) && verified.TryWrite((Task.Run(() => records.Open(arrivals), cancellation), cursor));

    private async Task StoreAsync(
        string name,
        Channel<(Task<RecordStore<TDb>.Batch> Batch, CursorRow Cursor)> verified,
        CancellationToken cancellation
    )
    {
        try
        {
            await foreach (var (batch, cursor) in verified.Reader.ReadAllAsync(cancellation))
            {
                await records.TakeInAsync(name, await batch, cursor, cancellation);
            }
        }
        finally
        {
            // After a failure nothing more is read.
            verified.Writer.TryComplete();
        }
    }

    [LoggerMessage(LogLevel.Debug, "The feed of {AppId} cannot be read: {Code}")]
    private partial void LogUnreachable(string appId, StatusCode code);

    [LoggerMessage(LogLevel.Error, "Following {AppId} failed")]
    private partial void LogFailed(string appId, Exception error);
}
