using Fabrique.Storage;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>Erases what readers and peers wrote 12 months before, even if nobody ever comes by.</summary>
internal sealed class Erasure(IDbContextFactory<PracticesDb> databases, TimeProvider clock, ILogger<Erasure> log)
    : Recurring(TimeSpan.FromHours(6), clock, log)
{
    protected override Task RunAsync(CancellationToken cancellation) => EraseAsync(cancellation);

    internal async Task EraseAsync(CancellationToken cancellation)
    {
        var now = Clock.GetUtcNow();
        var (day, moment) = ($"{now - Purposes.Reports.Kept:yyyy-MM-dd}", (now - Purposes.Remarks.Kept!.Value).ToUnixTimeMilliseconds());
        await using var db = await databases.CreateDbContextAsync(cancellation);
        await db.Reports.Where(report => report.Day.CompareTo(day) < 0).ExecuteDeleteAsync(cancellation);
        await db.Comments.Where(comment => comment.Written < moment).ExecuteDeleteAsync(cancellation);
    }
}
