using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Fabrique.Identity;

/// <summary>
/// What has to be there before the first request: the gateway as a client, and on a node that nobody looks after yet a code, in the file <c>setup-code</c> of the
/// data folder. Only whoever reads that file can take the node.
/// </summary>
internal sealed class FirstStart(IServiceScopeFactory scopes, NodeSite site, RevocationLog revocations, IConfiguration configuration)
    : IHostedService,
        IDisposable
{
    /// <summary>The gateway's name as a client.</summary>
    public const string Gateway = "gateway";

    private const int MostTries = 10;
    private static readonly TimeSpan TriesWindow = TimeSpan.FromMinutes(15);

    private readonly string _folder = configuration["Data"] ?? "data";

    private readonly PartitionedRateLimiter<IPAddress> _tries = PartitionedRateLimiter.Create<IPAddress, IPAddress>(client =>
        RateLimitPartition.GetFixedWindowLimiter(client, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = MostTries,
            Window = TriesWindow,
        })
    );

    private string SetUpFile => Path.Combine(_folder, "setup-code");

    private string Taken => SetUpFile + "-taken";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        await RegisterGatewayAsync(scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>(), cancellationToken);
        await revocations.LoadAsync(cancellationToken);
        if (!await HasStewardAsync(scope.ServiceProvider.GetRequiredService<IdentityDb>()))
        {
            OwnerFile.ReadOrCreate(SetUpFile, () => RandomNumberGenerator.GetString("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 16));
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether nobody looks after the node yet, and this is its code: spaces, dashes and case do not matter.</summary>
    public async Task<bool> AdmitsAsync(IdentityDb db, string code)
    {
        if (await HasStewardAsync(db) || !File.Exists(SetUpFile))
        {
            return false;
        }
        var typed = string.Concat(code.Where(char.IsLetterOrDigit)).ToUpperInvariant();
        var expected = await File.ReadAllTextAsync(SetUpFile);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(typed), Encoding.UTF8.GetBytes(expected));
    }

    /// <summary>Whether this address may try a code now: ten tries in a quarter of an hour.</summary>
    public bool MayTry(IPAddress? client) => _tries.AttemptAcquire(client ?? IPAddress.None).IsAcquired;

    /// <summary>Takes the code: true for one caller alone, of those who typed it at the same moment.</summary>
    public bool Take()
    {
        try
        {
            File.Move(SetUpFile, Taken, overwrite: true);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Nothing came of it: the code serves again.</summary>
    public void PutBack() => File.Move(Taken, SetUpFile);

    /// <summary>The node is looked after: the code has served.</summary>
    public void Close() => File.Delete(Taken);

    public void Dispose() => _tries.Dispose();

    private static Task<bool> HasStewardAsync(IdentityDb db) => db.Grants.AnyAsync(grant => grant.Role == Grant.Steward);

    private async Task RegisterGatewayAsync(IOpenIddictApplicationManager applications, CancellationToken cancellation)
    {
        var client = new OpenIddictApplicationDescriptor
        {
            ClientId = Gateway,
            ClientSecret = OwnerFile.ReadOrCreate(Path.Combine(_folder, "gateway-secret"), () =>
                RandomNumberGenerator.GetHexString(64, lowercase: true)
            ),
            ClientType = ClientTypes.Confidential,
            ConsentType = ConsentTypes.Implicit,
            RedirectUris = { new Uri(site.Address, "/session/retour") },
            Permissions =
            {
                Permissions.Endpoints.Authorization,
                Permissions.Endpoints.Token,
                Permissions.Endpoints.Revocation,
                Permissions.Prefixes.GrantType + ProgramGrants.Personal,
                Permissions.GrantTypes.AuthorizationCode,
                Permissions.GrantTypes.RefreshToken,
                Permissions.ResponseTypes.Code,
                Permissions.Scopes.Profile,
            },
            Requirements = { Requirements.Features.ProofKeyForCodeExchange },
        };
        if (await applications.FindByClientIdAsync(Gateway, cancellation) is { } known)
        {
            await applications.UpdateAsync(known, client, cancellation);
        }
        else
        {
            await applications.CreateAsync(client, cancellation);
        }
    }
}

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
