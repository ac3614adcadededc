using Fabrique.Practices.V1;
using Fabrique.Records;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>Once a day, tells territories, once for each date, which of their published practices are to be read again.</summary>
internal sealed partial class ReviewReminders(
    IDbContextFactory<PracticesDb> databases,
    Notices<PracticesDb> notices,
    Registry registry,
    TimeProvider clock,
    ILogger<ReviewReminders> log
) : BackgroundService
{
    private const int AtOnce = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await RemindAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogLater(error);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task RemindAsync(CancellationToken cancellation)
    {
        var today = $"{clock.GetUtcNow():yyyy-MM-dd}";
        for (var after = ""; ; )
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            var page = await db
                .Practices.AsNoTracking()
                .Where(row => row.Status == PracticeStatus.Published && row.Id.CompareTo(after) > 0)
                .OrderBy(row => row.Id)
                .Take(AtOnce)
                .Select(row => row.Card)
                .ToListAsync(cancellation);
            foreach (
                var practice in page.Select(Practice.Parser.ParseFrom).Where(practice => practice.IsToReview(today) && IsOurs(practice))
            )
            {
                await RemindAsync(db, practice, cancellation);
            }
            if (page.Count < AtOnce)
            {
                return;
            }
            after = Practice.Parser.ParseFrom(page[^1]).Id;
        }
    }

    private bool IsOurs(Practice practice) =>
        registry.HomeOf(practice.Territory, RecordKinds.AreaOf(RecordKinds.KindOf<Practice>())) == registry.Node;

    private async Task RemindAsync(PracticesDb db, Practice practice, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO review_reminders (practice, due_on) VALUES ({practice.Id}, {practice.ReviewDueOn}) ON CONFLICT DO NOTHING",
                cancellation
            ) > 0
        )
        {
            notices.Add(db, practice.ReviewDue());
            await db.SaveChangesAsync(cancellation);
        }
        await transaction.CommitAsync(cancellation);
    }

    [LoggerMessage(LogLevel.Warning, "Nobody is reminded of practices to read again yet; tried again tomorrow.")]
    private partial void LogLater(Exception error);
}
