using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Storage;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>Once a day, tells territories, once for each date, which of their published practices are to be read again.</summary>
internal sealed class ReviewReminders(
    IDbContextFactory<PracticesDb> databases,
    Notices<PracticesDb> notices,
    Registry registry,
    TimeProvider clock,
    ILogger<ReviewReminders> log
) : Recurring(TimeSpan.FromDays(1), clock, log)
{
    private const int AtOnce = 200;

    protected override Task RunAsync(CancellationToken cancellation) => RemindAsync(cancellation);

    internal async Task RemindAsync(CancellationToken cancellation)
    {
        var today = $"{Clock.GetUtcNow():yyyy-MM-dd}";
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

    private bool IsOurs(Practice practice) => registry.IsHome(practice.Territory, Kinds.Practice.Area);

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
}
