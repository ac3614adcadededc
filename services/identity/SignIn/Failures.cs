using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// Counts what is tried in vain, for each way in by itself and first of all for each origin: whoever does not know a secret uses up their
/// own tries, and keeps the owner out of no other way, nor of this one from elsewhere. A limit for the account as a whole is left for those
/// who try from many places.
/// </summary>
internal sealed class Failures(IdentityDb db, IHttpContextAccessor accessor, TimeProvider clock)
{
    /// <summary>Of one origin at one account, within the time.</summary>
    public const int Most = 5;

    private const int MostOfOrigin = 100;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>A way in whose secret can be guessed, and how many tries at one account all origins together have within an hour.</summary>
    internal sealed record Way(string Name, int MostOfAll);

    public static readonly Way Password = new("password", 200);

    /// <summary>Six digits: what is guessed from everywhere is bounded more tightly.</summary>
    public static readonly Way Code = new("code", 15);

    public static readonly Way Spare = new("spare", 50);

    /// <summary>
    /// Takes a try before the secret is looked at, so that many at the same moment are counted too; false when there is none left.
    /// </summary>
    /// <param name="way">What is tried.</param>
    /// <param name="account">Names the account, whether there is one or not.</param>
    public async Task<bool> MayTryAsync(Way way, string account)
    {
        // In this order: what is refused to an origin is not counted for the account.
        return await CountAsync(Own(way, account), Window) <= Most
            && await CountAsync(OfOrigin(way), Window) <= MostOfOrigin
            && await CountAsync(OfAll(way, account), TimeSpan.FromHours(1)) <= way.MostOfAll;
    }

    /// <summary>It was the right secret: the try is given back, and what failed before from here is forgotten.</summary>
    public async Task ForgiveAsync(Way way, string account)
    {
        var (own, others) = (Own(way, account), new[] { OfOrigin(way), OfAll(way, account) });
        await db.Failures.Where(row => row.Key == own).ExecuteDeleteAsync();
        await db
            .Failures.Where(row => others.Contains(row.Key))
            .ExecuteUpdateAsync(row => row.SetProperty(failure => failure.Count, failure => failure.Count - 1));
    }

    private async Task<int> CountAsync(string key, TimeSpan window)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var until = now + (long)window.TotalMilliseconds;
        var counted = await db
            .Database.SqlQuery<int>(
                $"""
                INSERT INTO failures ("Key", "Count", "Until") VALUES ({key}, 1, {until})
                ON CONFLICT ("Key") DO UPDATE SET
                    "Count" = CASE WHEN failures."Until" <= {now} THEN 1 ELSE failures."Count" + 1 END,
                    "Until" = CASE WHEN failures."Until" <= {now} THEN {until} ELSE failures."Until" END
                RETURNING "Count" AS "Value"
                """
            )
            .ToListAsync();
        return counted[0];
    }

    private string Own(Way way, string account) => Key($"{way.Name} {Origin()} {account}");

    private string OfOrigin(Way way) => Key($"{way.Name} {Origin()}");

    private static string OfAll(Way way, string account) => Key($"{way.Name} {account}");

    /// <summary>Where the request comes from: an address, or the network of 64 bits that one household or office has of IPv6.</summary>
    private string Origin()
    {
        if (accessor.HttpContext?.Connection.RemoteIpAddress is not { } address)
        {
            return "";
        }
        if (address.IsIPv4MappedToIPv6 || address.AddressFamily == AddressFamily.InterNetwork)
        {
            return address.MapToIPv4().ToString();
        }
        return new IPAddress([.. address.GetAddressBytes().AsSpan(0, 8), .. new byte[8]]).ToString();
    }

    private static string Key(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>How often something failed, until when that counts.</summary>
internal sealed class FailureRow
{
    public required string Key { get; init; }
    public int Count { get; set; }
    public long Until { get; init; }
}
