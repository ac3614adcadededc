using Fabrique.Identity.V1;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>What peers said of practices that they were given to read.</summary>
internal sealed class Comments(IDbContextFactory<PracticesDb> databases, Notices<PracticesDb> notices, TimeProvider clock)
{
    private const int MostOfOne = 200;

    /// <summary>Keeps a remark, once, with what the territory of the practice is told of it.</summary>
    public async Task<PracticeComment> AddAsync(
        string id,
        string practice,
        string territory,
        string text,
        NotifyRequest notice,
        CancellationToken cancellation
    )
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var added = await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO practice_comments (id, practice, territory, text, written)
            SELECT {id}, {practice}, {territory}, {text}, {clock.GetUtcNow().ToUnixTimeMilliseconds()}
            WHERE (SELECT count(*) FROM practice_comments WHERE practice = {practice}) < {MostOfOne}
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
        return await db.Comments.AsNoTracking().SingleOrDefaultAsync(comment => comment.Id == id, cancellation) switch
        {
            null => throw new Refusal(
                StatusCode.ResourceExhausted,
                "ENOUGH_COMMENTS",
                $"Cette pratique a déjà reçu {MostOfOne} remarques : son territoire a de quoi faire."
            ),
            { } known when known.Practice != practice || known.Territory != territory => throw new Refusal(
                StatusCode.AlreadyExists,
                "REQUEST_ID_USED",
                $"Cet identifiant de demande a déjà servi : tirez-en un autre."
            ),
            { } comment => Told(comment),
        };
    }

    public async Task<List<PracticeComment>> ListAsync(string practice, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var rows = await db
            .Comments.AsNoTracking()
            .Where(comment => comment.Practice == practice)
            .OrderBy(comment => comment.Written)
            .ThenBy(comment => comment.Id)
            .Take(MostOfOne)
            .ToListAsync(cancellation);
        return [.. rows.Select(Told)];
    }

    private static PracticeComment Told(CommentRow row) =>
        new()
        {
            Id = row.Id,
            Territory = row.Territory,
            Text = row.Text,
            WrittenAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Written).ToTimestamp(),
        };
}

internal sealed class CommentRow
{
    public required string Id { get; init; }
    public required string Practice { get; init; }
    public required string Territory { get; init; }
    public required string Text { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long Written { get; init; }
}
