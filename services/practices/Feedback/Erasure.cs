using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>Erases what readers and peers wrote 12 months before, even if nobody ever comes by.</summary>
internal sealed partial class Erasure(IDbContextFactory<PracticesDb> databases, TimeProvider clock, ILogger<Erasure> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await EraseAsync(stoppingToken);
            }
            catch (DbException error)
            {
                LogLater(error);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task EraseAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (day, moment) = ($"{now - Purposes.Reports.Kept:yyyy-MM-dd}", (now - Purposes.Remarks.Kept!.Value).ToUnixTimeMilliseconds());
        await using var db = await databases.CreateDbContextAsync(cancellation);
        await db.Reports.Where(report => report.Day.CompareTo(day) < 0).ExecuteDeleteAsync(cancellation);
        await db.Comments.Where(comment => comment.Written < moment).ExecuteDeleteAsync(cancellation);
    }

    [LoggerMessage(LogLevel.Warning, "Old reports and comments are not erased yet; tried again later.")]
    private partial void LogLater(Exception error);
}
