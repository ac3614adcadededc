using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// Links that serve once. Opening one changes nothing, for mail programs follow links: the page behind it asks for a confirmation.
/// </summary>
internal sealed class Links(IdentityDb db, IDataProtectionProvider protection, TimeProvider clock)
{
    public const string SignIn = "sign-in";
    public const string Account = "account";
    public const string Invitation = "invitation";

    /// <summary>Confirms the address that a provider of identities gave.</summary>
    public const string Provider = "provider";

    /// <summary>Shows once more who sits in a session, by the mails of its person.</summary>
    public const string Proof = "proof";

    /// <summary>Confirms the new address of an account.</summary>
    public const string Address = "address";

    /// <summary>Ends the mails of a topic, which its function names.</summary>
    public const string Unsubscribe = "unsubscribe";

    /// <summary>
    /// How many links of a purpose, which nobody used, an address gets within the time. All of them are still good then: nobody can use
    /// them up for another.
    /// </summary>
    private const int MostUnused = 5;

    /// <summary>How long a link is good that serves in one browser alone.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long a link is good that somebody waits for: a mail server that does not know the sender may make the first mail wait for hours.
    /// </summary>
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan OldMail = TimeSpan.FromDays(60);
    private static readonly TimeSpan Flood = TimeSpan.FromHours(1);

    private readonly IDataProtector _destinations = protection.CreateProtector("Fabrique.Identity.Links");

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Adds a link, to be saved with what else changes. Earlier ones of the same purpose for the same address stay good: the mail that
    /// comes first serves.
    /// </summary>
    /// <param name="purpose">One of the constants.</param>
    /// <param name="email">Whom it is for.</param>
    /// <param name="grant">The right that an invitation gives.</param>
    /// <param name="function">What the person does there, or the topic whose mails end.</param>
    /// <param name="until">Until when that right will hold, Unix milliseconds; null when nothing ends it.</param>
    /// <param name="person">Whose account it changes; "" where the address says so.</param>
    /// <param name="destination">Where its reader was going: an address of this site; null for nowhere in particular.</param>
    /// <returns>What is known of it, and the secret that the address of the page ends with; it cannot be read again.</returns>
    public (LinkRow Link, string Secret) Add(
        string purpose,
        string email,
        Grant grant = default,
        string function = "",
        long? until = null,
        string person = "",
        string? destination = null
    )
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var link = new LinkRow
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            Hash = Hash(secret),
            Purpose = purpose,
            // Addresses differ by case in theory only; what is counted, told and erased has one form.
            Email = EmailAddress.Key(email),
            Person = person,
            Destination = destination is null ? "" : _destinations.Protect(destination),
            Role = grant.Role ?? "",
            Scope = grant.Scope ?? "",
            Family = grant.Family ?? "",
            Function = function,
            Until = until,
            CreatedAt = Now,
            ExpiresAt =
                Now
                + (long)
                    (
                        purpose switch
                        {
                            Invitation => Purposes.Invitations.Kept!.Value,
                            Unsubscribe => OldMail,
                            Provider or Proof => Soon,
                            _ => Day,
                        }
                    ).TotalMilliseconds,
        };
        db.Links.Add(link);
        return (link, secret);
    }

    /// <summary>
    /// Where the reader of this link was going; null for nowhere in particular, or when the keys of the node are others since.
    /// </summary>
    public string? DestinationOf(LinkRow link)
    {
        try
        {
            return link.Destination.Length == 0 ? null : _destinations.Unprotect(link.Destination);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether another link of this purpose may be sent to this address now: nobody fills somebody else's mailbox from here. The page says
    /// the same either way.
    /// </summary>
    public async Task<bool> MaySendAsync(string purpose, string email)
    {
        var (address, since) = (EmailAddress.Key(email), Now - (long)Flood.TotalMilliseconds);
        return await db.Links.CountAsync(link => link.Email == address && link.Purpose == purpose && link.CreatedAt > since) < MostUnused;
    }

    /// <summary>The link with this secret that lets somebody in, unless it has served or its time is over.</summary>
    public Task<LinkRow?> FindAsync(string secret) => Good(secret).SingleOrDefaultAsync(link => link.Purpose != Unsubscribe);

    /// <summary>The same for one that ends mails, and opens nothing: mail programs and their scanners know it.</summary>
    public Task<LinkRow?> FindUnsubscribeAsync(string secret) => Good(secret).SingleOrDefaultAsync(link => link.Purpose == Unsubscribe);

    /// <summary>Takes the link: true for one caller alone.</summary>
    public async Task<bool> UseAsync(LinkRow link) => await db.Links.Where(row => row.Id == link.Id).ExecuteDeleteAsync() == 1;

    private IQueryable<LinkRow> Good(string secret)
    {
        var (hash, now) = (Hash(secret), Now);
        return db.Links.AsNoTracking().Where(link => link.Hash == hash && link.ExpiresAt > now);
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
