using Fabrique.Identity.V1;
using Fabrique.Records;
using Fabrique.Storage;
using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>
/// Once a day, puts to sleep the memberships of territories that nobody heard of, and nobody signed in for, in twelve months.
/// </summary>
internal sealed class Dormancy(
    Writes<TerritoriesDb> writes,
    IDbContextFactory<TerritoriesDb> databases,
    Registry registry,
    IdentityService.IdentityServiceClient identity,
    Notices<TerritoriesDb> notices,
    TimeProvider clock,
    ILogger<Dormancy> log
) : Recurring(TimeSpan.FromDays(1), clock, log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    protected override Task RunAsync(CancellationToken cancellation) => SleepAsync(cancellation);

    internal async Task SleepAsync(CancellationToken cancellation)
    {
        var today = DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);
        var last = MembershipRules.LastHeard(today);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var forgotten = await db
            .Memberships.Where(row => row.Status == MembershipStatus.Active && row.ActiveOn != "" && row.ActiveOn.CompareTo(last) <= 0)
            .Select(row => row.Id)
            .ToListAsync(cancellation);
        foreach (var id in forgotten.Where(id => registry.IsHome(id, Kinds.Membership.Area)))
        {
            var seen = (
                await identity.GetDelegationAsync(
                    new() { Territory = id },
                    deadline: Clock.GetUtcNow().UtcDateTime + Patience,
                    cancellationToken: cancellation
                )
            ).SeenOn;
            var verb = new Verb<TerritoriesDb, Membership>(
                (_, next) => next.Status == MembershipStatus.Asleep ? "fell-asleep" : "heard-of",
                membership =>
                    !membership.IsForgotten(today) ? null
                    : string.CompareOrdinal(seen, last) > 0 ? membership.Heard(seen)
                    : membership.Slept("")
            )
            {
                Beside = notices.Telling(""),
            };
            await writes.ChangeByNodeAsync(Kinds.Membership, id, verb, cancellation);
        }
    }
}

internal static partial class MembershipRules
{
    private const int MonthsBeforeSleep = 12;

    extension(Membership membership)
    {
        /// <summary>The same membership, of a territory for which somebody signed in on that day.</summary>
        public Membership Heard(string day) => new(membership) { ActiveOn = day };

        /// <summary>
        /// Whether nobody of the territory was heard of for so long that it goes to sleep. One that never told a day does not.
        /// </summary>
        public bool IsForgotten(DateOnly today) =>
            membership.Status == MembershipStatus.Active
            && membership.ActiveOn.Length > 0
            && string.CompareOrdinal(membership.ActiveOn, LastHeard(today)) <= 0;
    }

    /// <summary>Whoever was last heard of on this day, or before it, sleeps.</summary>
    public static string LastHeard(DateOnly today) => Day(today.AddMonths(-MonthsBeforeSleep));
}
