using Fabrique.Identity.V1;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>What readers found wrong with practices: a letter box that only the delegates of the territory open.</summary>
internal sealed class Reports(IDbContextFactory<PracticesDb> databases, Notices<PracticesDb> notices, TimeProvider clock)
{
    /// <summary>Of one practice on one day: more is a quarrel or a machine.</summary>
    public const int MostADay = 20;
    private const int MostListed = 200;

    private string Today => $"{clock.GetUtcNow():yyyy-MM-dd}";

    /// <summary>Keeps a report, once, with what its territory is told of it.</summary>
    public async Task AddAsync(ReportRow report, NotifyRequest notice, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // One statement, so that those who write at once do not pass the limit together.
        var added = await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO practice_reports (id, practice, territory, kind, text, day, closed, word)
            SELECT {report.Id}, {report.Practice}, {report.Territory}, {report.Kind}, {report.Text}, {Today}, '', ''
            WHERE (SELECT count(*) FROM practice_reports WHERE practice = {report.Practice} AND day = {Today}) < {MostADay}
            ON CONFLICT DO NOTHING
            """,
            cancellation
        );
        if (added > 0)
        {
            notices.Add(db, notice);
            await db.SaveChangesAsync(cancellation);
        }
        await transaction.CommitAsync(cancellation);
        if (added == 0 && !await db.Reports.AnyAsync(row => row.Id == report.Id, cancellation))
        {
            throw new Refusal(
                StatusCode.ResourceExhausted,
                "ENOUGH_REPORTS",
                $"Cette pratique a déjà reçu beaucoup de signalements aujourd’hui : son territoire est prévenu. Revenez demain si le vôtre dit autre chose."
            );
        }
    }

    /// <summary>The reports of a territory's practices, those that are open first.</summary>
    public async Task<List<PracticeReport>> ListAsync(string territory, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var rows = await db
            .Reports.AsNoTracking()
            .Where(report => report.Territory == territory)
            .OrderBy(report => report.Closed != "")
            .ThenByDescending(report => report.Day)
            .ThenBy(report => report.Id)
            .Take(MostListed)
            .ToListAsync(cancellation);
        return await ToldAsync(db, rows, cancellation);
    }

    public async Task<ReportRow?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return await db.Reports.AsNoTracking().SingleOrDefaultAsync(report => report.Id == id, cancellation);
    }

    public async Task<PracticeReport> CloseAsync(ReportRow report, string word, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        db.Attach(report);
        (report.Closed, report.Word) = (report.Closed.Length > 0 ? report.Closed : Today, word);
        await db.SaveChangesAsync(cancellation);
        return (await ToldAsync(db, [report], cancellation)).Single();
    }

    private static async Task<List<PracticeReport>> ToldAsync(PracticesDb db, List<ReportRow> rows, CancellationToken cancellation)
    {
        var practices = rows.Select(row => row.Practice).Distinct().ToArray();
        var cards = await db
            .Practices.AsNoTracking()
            .Where(practice => practices.Contains(practice.Id))
            .Select(practice => new { practice.Id, practice.Card })
            .ToDictionaryAsync(practice => practice.Id, practice => Practice.Parser.ParseFrom(practice.Card).Title, cancellation);
        return
        [
            .. rows.Select(row => new PracticeReport
            {
                Id = row.Id,
                Practice = row.Practice,
                Title = cards.GetValueOrDefault(row.Practice, ""),
                Kind = row.Kind,
                Text = row.Text,
                Day = row.Day,
                ClosedOn = row.Closed,
                Word = row.Word,
            }),
        ];
    }
}

internal sealed class ReportRow
{
    public required string Id { get; init; }
    public required string Practice { get; init; }
    public required string Territory { get; init; }
    public ReportKind Kind { get; init; }
    public required string Text { get; set; }
    public string Day { get; init; } = "";

    /// <summary>A day; empty while it is open.</summary>
    public string Closed { get; set; } = "";
    public string Word { get; set; } = "";
}
