using System.Diagnostics;
using Dapr;
using Dapr.Client;
using Fabrique.Records.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>
/// Publishes what the node shares, in the order of the sequence, at least once, for ever. Several messages of a batch travel together: a
/// batch holds each record once, so the versions of one record never overtake each other. Of several replicas of a service, one publishes.
/// </summary>
public sealed partial class Relay<TDb>(
    IDbContextFactory<TDb> databases,
    RecordStore<TDb> records,
    RecordKinds kinds,
    StoreEngine engine,
    DaprClient dapr,
    RecordSignal signal,
    TimeProvider clock,
    ILogger<Relay<TDb>> log
) : BackgroundService, IHealthCheck
    where TDb : RecordsDb
{
    internal const string PubSub = "pubsub";
    private const int BatchSize = 64;
    private const int InFlight = 16;
    private const int WorthSaving = 10_000;
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    private volatile string? _trouble;

    // How far this process has come, which may be further than it has saved.
    private long _passed;

    /// <summary>Degraded while something waits and cannot be published.</summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var store = await db.Store.AsNoTracking().SingleAsync(cancellationToken);
        var figures = new Dictionary<string, object>
        {
            ["leads"] = engine.Leads,
            ["lag"] = store.LastSequence - Math.Max(Interlocked.Read(ref _passed), store.Published),
            ["lastSequence"] = store.LastSequence,
            ["quarantined"] = await db.Quarantine.CountAsync(cancellationToken),
            ["quarantineDropped"] = store.Dropped,
        };
        if (_trouble is { } trouble)
        {
            figures["trouble"] = trouble;
        }
        return new HealthCheckResult(_trouble is null ? HealthStatus.Healthy : HealthStatus.Degraded, data: figures);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var backOff = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = signal.Next;
            try
            {
                var more = engine.Leads && await PublishBatchAsync(stoppingToken);
                (backOff, _trouble) = (TimeSpan.Zero, null);
                if (!more)
                {
                    await signal.WaitAsync(next, TimeSpan.FromSeconds(1), stoppingToken);
                }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                backOff =
                    backOff == TimeSpan.Zero ? TimeSpan.FromMilliseconds(200)
                    : backOff * 2 < LongestBackOff ? backOff * 2
                    : LongestBackOff;
                _trouble = (error.InnerException as RpcException)?.StatusCode.ToString() ?? error.GetType().Name;
                LogRetry(backOff, _trouble);
                await Task.Delay(backOff * (0.8 + 0.4 * Random.Shared.NextDouble()), clock, stoppingToken);
            }
        }
    }

    private async Task<bool> PublishBatchAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var store = await db.Store.AsNoTracking().SingleAsync(cancellation);
        var after = Math.Max(_passed, store.Published);
        // Followed kinds are published by their own service; a kind of this area that is newer than this service is passed on.
        var area = $"fabrique.{kinds.Area}.";
        var batch = await db
            .Records.AsNoTracking()
            .Where(row => row.Sequence > after && row.Sequence <= store.LastSequence && row.Kind.StartsWith(area))
            .OrderBy(row => row.Sequence)
            .Take(BatchSize)
            .ToListAsync(cancellation);
        await Parallel.ForEachAsync(
            batch.Where(row => row.For(Visibility.Network) is not null),
            new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellation },
            async (row, token) => await PublishAsync(row, token)
        );
        after = batch.Count < BatchSize ? store.LastSequence : batch[^1].Sequence;
        // Passing by what others publish is worth a write only now and then: after a start it is passed by again.
        if (batch.Count > 0 || after - store.Published > WorthSaving)
        {
            await records.SavePublishedAsync(after, cancellation);
        }
        _passed = after;
        return batch.Count == BatchSize;
    }

    private async Task PublishAsync(RecordRow row, CancellationToken cancellation)
    {
        ActivityContext.TryParse(row.Trace, null, out var parent);
        using var span = Telemetry.Source.StartActivity($"publish {row.Kind}", ActivityKind.Producer, parent);
        var envelope = row.For(Visibility.Network)!;
        try
        {
            await dapr.PublishByteEventAsync(
                PubSub,
                RecordKind.AreaOf(row.Kind),
                envelope,
                "application/octet-stream",
                new Dictionary<string, string>
                {
                    ["cloudevent.id"] = $"{row.Kind}/{row.Id}/{row.Version}",
                    ["cloudevent.type"] = row.Kind,
                    ["cloudevent.source"] = row.Home,
                    ["cloudevent.subject"] = row.Id,
                },
                cancellation
            );
        }
        catch (DaprException error) when (error.InnerException is RpcException { StatusCode: StatusCode.NotFound })
        {
            // Nobody in this node has subscribed. The feed is the truth: whoever comes later reads the record there. Every other
            // error is tried again: no envelope is too large for the broker, so what fails is never the record's fault.
            LogNobody(row.Kind, row.Id);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Publishing failed ({Trouble}); again in {BackOff}")]
    private partial void LogRetry(TimeSpan backOff, string trouble);

    [LoggerMessage(LogLevel.Debug, "Nobody subscribed to {Kind} {Id}")]
    private partial void LogNobody(string kind, string id);
}
