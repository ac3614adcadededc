using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using OpenIddict.Server;

namespace Fabrique.Identity;

/// <summary>Once an hour: forgets what has served its time, and makes new keys when it is their turn.</summary>
internal sealed partial class Housekeeping(
    IServiceScopeFactory scopes,
    SigningKeys keys,
    IOptionsMonitorCache<OpenIddictServerOptions> server,
    RevocationLog revocations,
    TimeProvider clock,
    ILogger<Housekeeping> log
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await TidyAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    internal async Task TidyAsync(CancellationToken cancellation)
    {
        if (keys.Rotate())
        {
            server.TryRemove(Options.DefaultName);
        }
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var (time, now, oldest) = (clock.GetUtcNow(), clock.GetUtcNow().ToUnixTimeMilliseconds(), revocations.Oldest);
        long Ago(TimeSpan span) => (time - span).ToUnixTimeMilliseconds();
        // No challenge is good for so long.
        var yesterday = Ago(TimeSpan.FromDays(1));
        var (idle, refused, old, expired) = (
            Ago(Purposes.Sessions.Kept!.Value),
            Ago(Purposes.Requests.Kept!.Value),
            Ago(Purposes.Audit.Kept!.Value),
            Ago(Purposes.Programs.Kept!.Value)
        );
        var forgotten = Ago(Purposes.Erasures.Kept!.Value);
        await db.Erasures.Where(erasure => erasure.AnsweredAt < forgotten).ExecuteDeleteAsync(cancellation);
        await db.Links.Where(link => link.ExpiresAt < now).ExecuteDeleteAsync(cancellation);
        await db.Sessions.Where(session => session.SeenAt < idle || session.EndsAt < now).ExecuteDeleteAsync(cancellation);
        await db.SpentChallenges.Where(spent => spent.SpentAt < yesterday).ExecuteDeleteAsync(cancellation);
        await db.Failures.Where(failure => failure.Until < now).ExecuteDeleteAsync(cancellation);
        await db.Revocations.Where(revocation => revocation.At < oldest).ExecuteDeleteAsync(cancellation);
        await db
            .JoinRequests.Where(request => request.Status == JoinRow.Refused && request.DecidedAt < refused)
            .ExecuteDeleteAsync(cancellation);
        await db.Audit.Where(entry => entry.At < old).ExecuteDeleteAsync(cancellation);
        await db.PersonalTokens.Where(token => token.ExpiresAt < expired).ExecuteDeleteAsync(cancellation);
        var told = NoticeKeeper.DayOf(time - Purposes.Notices.Kept!.Value);
        await db
            .Notices.Where(notice => notice.SentOn != NoticeRow.Waiting && notice.SentOn.CompareTo(told) < 0)
            .ExecuteDeleteAsync(cancellation);
        await scope.ServiceProvider.GetRequiredService<AccountLife>().ForgetInactiveAsync(cancellation);
        await scope.ServiceProvider.GetRequiredService<IOpenIddictTokenManager>().PruneAsync(time - TimeSpan.FromDays(1), cancellation);
        await scope
            .ServiceProvider.GetRequiredService<IOpenIddictAuthorizationManager>()
            .PruneAsync(time - Purposes.Sessions.Kept!.Value, cancellation);
    }

    [LoggerMessage(LogLevel.Error, "Tidying failed; it is tried again in an hour")]
    private partial void LogFailed(Exception error);
}
