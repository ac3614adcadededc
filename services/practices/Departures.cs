using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Storage;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>
/// Takes back the published practices of a territory that left the network and asked for it. What was missed while this service was away is
/// done when it is back; doing it twice changes nothing.
/// </summary>
internal sealed partial class Departures(
    IDbContextFactory<PracticesDb> databases,
    RecordStore<PracticesDb> records,
    Registry registry,
    RecordSignal signal,
    ILogger<Departures> log
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = signal.Next;
            try
            {
                await TakeBackAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogLater(error);
            }
            await signal.WaitAsync(next, Interval, stoppingToken);
        }
    }

    private async Task TakeBackAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var hidden = await db.Territories.AsNoTracking().Where(row => row.TakesBack).Select(row => row.Id).ToListAsync(cancellation);
        foreach (
            var territory in hidden.Where(territory =>
                registry.HomeOf(territory, RecordKinds.AreaOf(RecordKinds.KindOf<Practice>())) == registry.Node
            )
        )
        {
            var practices = await db
                .Practices.AsNoTracking()
                .Where(row =>
                    row.Territory == territory && (row.Status == PracticeStatus.Published || row.Status == PracticeStatus.Archived)
                )
                .Select(row => row.Id)
                .ToListAsync(cancellation);
            foreach (var id in practices)
            {
                await records.WriteAsync<Practice>(id, current => PracticesGrpc.TakenBack(current!.Body), cancellation);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The practices of a territory that left are not taken back yet; tried again later.")]
    private partial void LogLater(Exception error);
}
