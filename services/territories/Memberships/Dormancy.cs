using Fabrique.Identity.V1;
using Fabrique.Records;
using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>Once a day, puts to sleep the memberships of territories that nobody heard of, and nobody signed in for, in twelve months.</summary>
internal sealed partial class Dormancy(
    RecordStore<TerritoriesDb> records,
    IDbContextFactory<TerritoriesDb> databases,
    Registry registry,
    IdentityService.IdentityServiceClient identity,
    Notices<TerritoriesDb> notices,
    TimeProvider clock,
    ILogger<Dormancy> log
) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromDays(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        do
        {
            try
            {
                await SleepAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Tomorrow is soon enough.
                LogFailure(error);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task SleepAsync(CancellationToken cancellation)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var last = MembershipRules.LastHeard(today);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var forgotten = await db
            .Memberships.Where(row => row.Status == MembershipStatus.Active && row.ActiveOn != "" && row.ActiveOn.CompareTo(last) <= 0)
            .Select(row => row.Id)
            .ToListAsync(cancellation);
        foreach (
            var id in forgotten.Where(id => registry.HomeOf(id, RecordKinds.AreaOf(RecordKinds.KindOf<Membership>())) == registry.Node)
        )
        {
            var seen = (
                await identity.GetDelegationAsync(
                    new() { Territory = id },
                    deadline: clock.GetUtcNow().UtcDateTime + Patience,
                    cancellationToken: cancellation
                )
            ).SeenOn;
            Change<Membership>? change = null;
            await records.WriteAsync<Membership>(
                id,
                current =>
                    change =
                        !current!.Body.IsForgotten(today) ? null
                        : string.CompareOrdinal(seen, last) > 0 ? MembershipsGrpc.Change("heard-of", current.Body.Heard(seen))
                        : MembershipsGrpc.Change("fell-asleep", current.Body.Slept("")!),
                db =>
                {
                    notices.Tell(db, change!.Body, MembershipStatus.Active, "");
                    return Task.CompletedTask;
                },
                cancellation
            );
        }
    }

    [LoggerMessage(LogLevel.Error, "Memberships could not be put to sleep.")]
    private partial void LogFailure(Exception error);
}
