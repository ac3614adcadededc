using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>
/// Derives the index from records that are not in it yet: all of them when its version is new or a rebuild was asked, those that a replica
/// with another version of the index wrote. A few at a time, between the writes of others, while the service answers.
/// </summary>
internal sealed partial class IndexBuilder<TDb>(
    IDbContextFactory<TDb> databases,
    RecordStore<TDb> records,
    RecordIndex<TDb> index,
    RecordSignal signal,
    TimeProvider clock,
    ILogger<IndexBuilder<TDb>> log
) : Recurring(TimeSpan.FromSeconds(1), clock, log, signal), IHealthCheck
    where TDb : RecordsDb
{
    private const int BatchSize = 200;

    /// <summary>Degraded, with how far it has come, while lists and searches do not know everything.</summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var last = await db.Store.Select(store => store.LastSequence).SingleAsync(cancellationToken);
        var indexed = await IndexedAsync(db, cancellationToken);
        var figures = new Dictionary<string, object> { ["indexed"] = indexed, ["lastSequence"] = last };
        return new HealthCheckResult(indexed < last ? HealthStatus.Degraded : HealthStatus.Healthy, data: figures);
    }

    protected override async Task RunAsync(CancellationToken cancellation)
    {
        while (!await IsCompleteAsync(cancellation))
        {
            LogProgress(Log, await records.IndexAsync(BatchSize, cancellation));
        }
    }

    private async Task<bool> IsCompleteAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return await IndexedAsync(db, cancellation) >= await db.Store.Select(store => store.LastSequence).SingleAsync(cancellation);
    }

    private Task<long> IndexedAsync(TDb db, CancellationToken cancellation) =>
        db.Indexes.Where(row => row.Version == index.Version).Select(row => row.Sequence).SingleAsync(cancellation);

    [LoggerMessage(LogLevel.Information, "Index built up to {Sequence}")]
    private static partial void LogProgress(ILogger log, long sequence);
}
