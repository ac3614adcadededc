using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Storage;
using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>
/// Takes back the published practices of a territory that left the network and asked for it. What was missed while this service was away is
/// done when it is back; doing it twice changes nothing.
/// </summary>
internal sealed class Departures(
    IDbContextFactory<PracticesDb> databases,
    Writes<PracticesDb> writes,
    Registry registry,
    RecordSignal signal,
    TimeProvider clock,
    ILogger<Departures> log
) : Recurring(TimeSpan.FromSeconds(30), clock, log, signal)
{
    // Nobody sees the others anyway.
    private static readonly Verb<PracticesDb, Practice> TakeBack = new("withdrawn", practice =>
        practice.IsPublic ? practice.Withdrawn("") : null
    );

    protected override async Task RunAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var hidden = await db
            .Territories.AsNoTracking()
            .Where(row => row.Membership == MembershipStatus.Left && row.PracticesLeft == PracticesLeft.Hidden)
            .Select(row => row.Id)
            .ToListAsync(cancellation);
        foreach (var territory in hidden.Where(territory => registry.IsHome(territory, Kinds.Practice.Area)))
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
                await writes.ChangeByNodeAsync(Kinds.Practice, id, TakeBack, cancellation);
            }
        }
    }
}
