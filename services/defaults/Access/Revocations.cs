using System.Collections.Concurrent;
using System.Security.Claims;
using Fabrique.Identity.V1;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Fabrique;

/// <summary>
/// The tokens that no longer count though their time is not over: a right was ended, a session closed. Heard from the identity service as
/// it happens. While it is away nothing is heard, and a token lives to its end: a few minutes.
/// </summary>
public partial class Revocations(IConfiguration configuration, TimeProvider clock, ILogger<Revocations> log) : BackgroundService
{
    /// <summary>How long an access token lives: what was revoked longer ago needs no mention.</summary>
    public static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, (long Rights, DateTimeOffset Forget)> _people = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _sessions = new();

    /// <summary>Whether the token of these claims was taken back.</summary>
    public bool Include(ClaimsPrincipal token) =>
        Include(
            token.FindFirstValue(JwtRegisteredClaimNames.Sub) ?? "",
            long.TryParse(token.FindFirstValue(Tokens.RightsClaim), out var rights) ? rights : 0,
            token.FindFirstValue(Tokens.SessionClaim) ?? ""
        );

    /// <summary>Whether a token of this person, with this count of rights, made for this session, was taken back.</summary>
    public bool Include(string person, long rights, string session) =>
        _sessions.ContainsKey(session) || (_people.TryGetValue(person, out var revoked) && rights < revoked.Rights);

    /// <summary>Takes note of one.</summary>
    public void Add(WatchRevocationsResponse revoked)
    {
        // Twice the life of a token: clocks differ a little, and a mention may come late.
        var (now, forget) = (clock.GetUtcNow(), clock.GetUtcNow() + (2 * TokenLife));
        if (revoked.Session.Length > 0)
        {
            _sessions[revoked.Session] = forget;
        }
        if (revoked.Person.Length > 0)
        {
            _people.AddOrUpdate(revoked.Person, (revoked.Rights, forget), (_, known) => (Math.Max(known.Rights, revoked.Rights), forget));
        }
        foreach (var (session, _) in _sessions.Where(known => known.Value < now))
        {
            _sessions.TryRemove(session, out _);
        }
        foreach (var (person, _) in _people.Where(known => known.Value.Forget < now))
        {
            _people.TryRemove(person, out _);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var identity = new IdentityService.IdentityServiceClient(Invoker(configuration));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                using var watch = identity.WatchRevocations(new(), Headers(configuration), cancellationToken: stoppingToken);
                await foreach (var revoked in watch.ResponseStream.ReadAllAsync(stoppingToken))
                {
                    Add(revoked);
                }
            }
            catch (Exception error) when (error is RpcException or HttpRequestException)
            {
                LogLost(error.Message);
            }
            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>How the identity service is reached: through the sidecar, unless a process has none.</summary>
    protected virtual CallInvoker Invoker(IConfiguration configuration) => Apps.CreateInvoker(configuration, Tokens.Issuer);

    protected virtual Metadata Headers(IConfiguration configuration) => [];

    [LoggerMessage(LogLevel.Debug, "The identity service tells of no revocations: {Reason}")]
    private partial void LogLost(string reason);
}
