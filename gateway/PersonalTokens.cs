using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Model;

namespace Fabrique.Gateway;

/// <summary>
/// Programs that act for a person bear a personal token on routes whose metadata say <c>Programs</c>: it is traded here for a short-lived
/// access token, which the services check as they check any. A token that is not known is not asked about again for a while, and nobody
/// tries many.
/// </summary>
internal sealed class PersonalTokens(AccessTokens tokens) : IDisposable
{
    private const int MostUnknown = 10_000;

    /// <summary>How many tokens one address may ask about in a minute: each program does it once in some minutes.</summary>
    private const int MostAsked = 30;

    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly MemoryCache _unknown = new(new MemoryCacheOptions { SizeLimit = MostUnknown });

    private readonly PartitionedRateLimiter<IPAddress> _asking = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = MostAsked,
            TokensPerPeriod = MostAsked / 10,
            ReplenishmentPeriod = TimeSpan.FromSeconds(6),
        })
    );

    public static async Task AttachAsync(HttpContext http, RequestDelegate next)
    {
        if (
            http.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.Metadata?.ContainsKey("Programs") == true
            && ProgramSecret.PersonalOf(http.Request) is { } secret
            && !await http.RequestServices.GetRequiredService<PersonalTokens>().TradeAsync(http, secret)
        )
        {
            return;
        }
        await next(http);
    }

    public void Dispose()
    {
        _unknown.Dispose();
        _asking.Dispose();
    }

    /// <summary>Puts the access token in the place of the personal one; false, with the status of the answer, when there is none.</summary>
    private async Task<bool> TradeAsync(HttpContext http, string secret)
    {
        var name = ProgramSecret.Hash(secret);
        if (!ProgramSecret.IsWellFormed(secret, ProgramSecret.Personal) || _unknown.TryGetValue(name, out _))
        {
            return Refuse(http);
        }
        if (!await tokens.HasAsync(name))
        {
            using var turn = _asking.AttemptAcquire(RateLimits.Client(http) ?? IPAddress.Loopback);
            if (!turn.IsAcquired)
            {
                http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                http.Response.Headers.RetryAfter = turn.TryGetMetadata(MetadataName.RetryAfter, out var wait)
                    ? Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture)
                    : "60";
                return false;
            }
        }
        var (token, state) = await tokens.OfProgramAsync(name, secret);
        switch (state)
        {
            case SessionState.Over:
                _unknown.Set(name, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Remembered });
                return Refuse(http);
            case SessionState.Unknown:
                http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return false;
            default:
                http.Request.Headers.Authorization = $"Bearer {token}";
                return true;
        }
    }

    private static bool Refuse(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        http.Response.Headers[HeaderNames.WWWAuthenticate] = Tokens.Challenge;
        return false;
    }
}
