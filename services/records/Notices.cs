using Fabrique.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>
/// What people are to be told of a write. It is kept in the transaction of the write, so that neither is without the other, and told to the identity service until
/// it has heard it; a write never waits for that. After two days it is given up: nobody wants to read it any more.
/// </summary>
public sealed partial class Notices<TDb>(
    IDbContextFactory<TDb> databases,
    IdentityService.IdentityServiceClient identity,
    TimeProvider clock,
    ILogger<Notices<TDb>> log
) : Recurring(TimeSpan.FromSeconds(30), clock, log)
    where TDb : RecordsDb
{
    private const int MostAtOnce = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(2);

    /// <summary>Adds what is to be told, to be saved with what it tells.</summary>
    /// <param name="notice">Without the name and the time of the event, which are set here.</param>
    public void Add(TDb db, NotifyRequest notice)
    {
        var now = Clock.GetUtcNow();
        notice.Event = Guid.CreateVersion7(now).ToString();
        notice.HappenedAt = now.ToTimestamp();
        db.Notices.Add(
            new NoticeRow
            {
                Id = notice.Event,
                Request = notice.ToByteArray(),
                WrittenAt = now.ToUnixTimeMilliseconds(),
                NextAt = now.ToUnixTimeMilliseconds(),
            }
        );
        db.OnCommit(Wake);
    }

    protected override async Task RunAsync(CancellationToken cancellation)
    {
        while (await TellDueAsync(cancellation) == MostAtOnce) { }
    }

    /// <summary>Tells what is due, the oldest first. Two processes that tell the same do no harm: an event has a name.</summary>
    /// <returns>How many were heard.</returns>
    internal async Task<int> TellDueAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var (now, oldest) = (Clock.GetUtcNow().ToUnixTimeMilliseconds(), (Clock.GetUtcNow() - Kept).ToUnixTimeMilliseconds());
        if (await db.Notices.Where(notice => notice.WrittenAt < oldest).ExecuteDeleteAsync(cancellation) is > 0 and var givenUp)
        {
            LogGivenUp(Log, givenUp);
        }
        var due = await db
            .Notices.AsNoTracking()
            .Where(notice => notice.NextAt <= now)
            .OrderBy(notice => notice.Id)
            .Take(MostAtOnce)
            .ToListAsync(cancellation);
        foreach (var notice in due)
        {
            var row = db.Notices.Where(row => row.Id == notice.Id);
            try
            {
                await identity.NotifyAsync(
                    NotifyRequest.Parser.ParseFrom(notice.Request),
                    deadline: Clock.GetUtcNow().UtcDateTime + Patience,
                    cancellationToken: cancellation
                );
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.InvalidArgument)
            {
                // Ours to mend, and no better the next time.
                LogRefused(Log, refused.Status.Detail);
            }
            catch (RpcException away) when (!cancellation.IsCancellationRequested)
            {
                LogLater(Log, $"{away.StatusCode}");
                var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, notice.Attempts)));
                await row.ExecuteUpdateAsync(
                    later =>
                        later
                            .SetProperty(to => to.NextAt, now + (long)pause.TotalMilliseconds)
                            .SetProperty(to => to.Attempts, notice.Attempts + 1),
                    cancellation
                );
                return 0;
            }
            await row.ExecuteDeleteAsync(cancellation);
        }
        return due.Count;
    }

    [LoggerMessage(LogLevel.Warning, "Notices wait: {Reason}")]
    private static partial void LogLater(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "A notice was refused and is gone: {Reason}")]
    private static partial void LogRefused(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "{Count} notices were given up: nobody heard them in two days")]
    private static partial void LogGivenUp(ILogger log, int count);
}

internal sealed class NoticeRow
{
    public required string Id { get; init; }
    public required byte[] Request { get; init; }
    public long WrittenAt { get; init; }
    public long NextAt { get; set; }
    public int Attempts { get; set; }
}

/// <summary>For services whose writes tell people something.</summary>
public static class NoticesHosting
{
    public static IServiceCollection AddNotices<TDb>(this IServiceCollection services)
        where TDb : RecordsDb =>
        services
            .AddAppClient<IdentityService.IdentityServiceClient>("identity")
            .AddSingleton<Notices<TDb>>()
            .AddHostedService(provider => provider.GetRequiredService<Notices<TDb>>());
}
