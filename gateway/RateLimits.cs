using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Fabrique.Gateway;

/// <summary>
/// How often one address, or one token, may ask, so that one program does not take the node from everybody else. Nobody who reads notices;
/// whoever goes beyond is told when to come back. What comes from this machine itself is not counted. Settings <c>RateLimits:Pages</c>,
/// <c>:Reads</c>, <c>:Writes</c>, <c>:Exports</c>: requests a minute.
/// </summary>
internal static class RateLimits
{
    private const int PerMinute = 60;

    // How often what was used comes back, a minute.
    private const int Steps = 10;

    private static readonly string[] Exports = [".csv", ".ods", ".json", ".geojson", ".atom"];

    /// <summary>How many files and streams one address may have under way: each of them lasts, and there is room for others.</summary>
    private const int MostAtOnce = 4;

    // A call that answers with a stream is one too.
    private static readonly HashSet<string> Streams = new(
        [
            .. ContractFiles
                .All.SelectMany(file => file.Services)
                .SelectMany(service => service.Methods)
                .Where(call => call.IsServerStreaming)
                .SelectMany(call => (string?[])[$"/{call.Service.FullName}/{call.Name}", call.HttpPath()])
                .OfType<string>(),
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>What is counted together.</summary>
    internal enum Kind
    {
        Pages,
        Reads,
        Writes,
        Exports,
    }

    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        var limits = new Dictionary<Kind, int>
        {
            [Kind.Pages] = 600,
            [Kind.Reads] = 300,
            [Kind.Writes] = 60,
            [Kind.Exports] = 20,
        }.ToDictionary(limit => limit.Key, limit => Math.Max(1, builder.Configuration.GetValue($"RateLimits:{limit.Key}", limit.Value)));
        var ofAddresses = PartitionedRateLimiter.Create<HttpContext, (Kind, IPAddress)>(http =>
            Client(http) is not { } client
                ? RateLimitPartition.GetNoLimiter((Kind.Pages, IPAddress.Loopback))
                : RateLimitPartition.GetTokenBucketLimiter((KindOf(http.Request), client), key => Options(limits[key.Item1]))
        );
        // A token counts as one, from however many addresses it asks.
        var ofTokens = PartitionedRateLimiter.Create<HttpContext, (Kind, string)>(http =>
            Client(http) is null || http.Request.Headers.Authorization.Count == 0
                ? RateLimitPartition.GetNoLimiter((Kind.Pages, ""))
                : RateLimitPartition.GetTokenBucketLimiter(
                    (KindOf(http.Request), ProgramSecret.Hash(http.Request.Headers.Authorization.ToString())),
                    key => Options(limits[key.Item1])
                )
        );
        var limiter = PartitionedRateLimiter.CreateChained(ofAddresses, ofTokens);
        var atOnce = PartitionedRateLimiter.Create<HttpContext, IPAddress>(http =>
            KindOf(http.Request) == Kind.Exports && Client(http) is { } client
                ? RateLimitPartition.GetConcurrencyLimiter(client, _ => new() { PermitLimit = MostAtOnce })
                : RateLimitPartition.GetNoLimiter(IPAddress.Loopback)
        );
        builder.Services.AddSingleton(limiter);
        builder.Services.AddRateLimiter(options =>
        {
            options.GlobalLimiter = PartitionedRateLimiter.CreateChained(atOnce, limiter);
            options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            options.OnRejected = (rejected, _) =>
            {
                if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
                {
                    rejected.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds)
                        .ToString(CultureInfo.InvariantCulture);
                }
                return ValueTask.CompletedTask;
            };
        });

        // Known to whoever programs against the API before the limit is reached.
        builder.Services.AddSingleton<RateLimitHeaders>(http =>
        {
            if (Client(http) is not null && limiter.GetStatistics(http) is { } statistics)
            {
                var kind = KindOf(http.Request);
                var name = kind.ToString().ToLowerInvariant();
                http.Response.Headers["RateLimit-Policy"] = string.Create(
                    CultureInfo.InvariantCulture,
                    $"\"{name}\";q={limits[kind]};w={PerMinute}"
                );
                http.Response.Headers["RateLimit"] = string.Create(
                    CultureInfo.InvariantCulture,
                    $"\"{name}\";r={Math.Max(0, statistics.CurrentAvailablePermits)}"
                );
            }
        });
    }

    private static TokenBucketRateLimiterOptions Options(int limit) =>
        new()
        {
            TokenLimit = limit,
            TokensPerPeriod = Math.Max(1, limit / Steps),
            ReplenishmentPeriod = TimeSpan.FromSeconds(PerMinute / Steps),
        };

    /// <summary>Counts, refuses, and says on every answer how much is left: fields of draft-ietf-httpapi-ratelimit-headers-10.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        var tell = app.Services.GetRequiredService<RateLimitHeaders>();
        app.Use(
            (http, next) =>
            {
                http.Response.OnStarting(() =>
                {
                    tell(http);
                    return Task.CompletedTask;
                });
                return next(http);
            }
        );
        app.UseRateLimiter();
    }

    private delegate void RateLimitHeaders(HttpContext http);

    public static Kind KindOf(HttpRequest request) =>
        Streams.Contains(request.Path.Value!) || Exports.Contains(Path.GetExtension(request.Path.Value), StringComparer.OrdinalIgnoreCase)
            ? Kind.Exports
        : !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method) ? Kind.Writes
        : request.Path.StartsWithSegments("/api") ? Kind.Reads
        : Kind.Pages;

    /// <summary>Who asks; null for this machine. A household or a town hall has a whole /64 of IPv6 addresses.</summary>
    public static IPAddress? Client(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        if (address is null || IPAddress.IsLoopback(address))
        {
            return null;
        }
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
