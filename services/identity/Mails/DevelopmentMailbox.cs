using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using MimeKit;

namespace Fabrique.Identity;

/// <summary>
/// The mails of a node that no server sends, read on a page by whoever sits at the machine: they hold links that let in, so nobody else is
/// to see them. There is such a page only while no server is set, the node is called by a loopback address, and the request comes from
/// there under that name. The gateway replaces what a client says of itself, so a client from elsewhere cannot say that it is here. Others
/// at this machine, and a proxy that says nothing of itself, do not have the key, which only the owner of the data folder reads: <c>up</c>
/// prints it in the address.
/// </summary>
internal sealed class DevelopmentMailbox(MailSender sender, NodeSite site, IConfiguration configuration)
{
    /// <summary>Query parameter, and file of the data folder: <c>mailbox-key</c>.</summary>
    public const string Key = "cle";

    private const string Cookie = "fabrique-boite";

    /// <summary>What a proxy says of itself, and the gateway of this node does not.</summary>
    private static readonly string[] OfProxies = ["Forwarded", "Via", "X-Real-IP", "X-Forwarded-Server"];

    private string KeyFile => Path.Combine(configuration["Data"] ?? "data", "mailbox-key");

    /// <summary>Makes the key where there is a mailbox, and forgets it where there is none any more.</summary>
    public void PrepareKey()
    {
        if (sender.Mailbox is not null && site.Address.IsLoopback)
        {
            ReadKey();
        }
        else
        {
            File.Delete(KeyFile);
        }
    }

    private const int Most = 50;

    /// <summary>Whether who asks is at this machine and has shown the key, now or before in this browser, which remembers it.</summary>
    public bool IsOpenTo(HttpContext http)
    {
        if (!IsHere(http))
        {
            return false;
        }
        if (IsKey(http.Request.Query[Key]))
        {
            http.Response.Cookies.Append(
                Cookie,
                http.Request.Query[Key].ToString(),
                new()
                {
                    HttpOnly = true,
                    IsEssential = true,
                    Path = "/",
                    SameSite = SameSiteMode.Strict,
                }
            );
            return true;
        }
        return IsKey(http.Request.Cookies[Cookie]);
    }

    private bool IsKey(string? shown) =>
        shown is { Length: > 0 }
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(shown), Encoding.UTF8.GetBytes(ReadKey()));

    private string ReadKey() => OwnerFile.ReadOrCreate(KeyFile, () => RandomNumberGenerator.GetHexString(32, lowercase: true));

    private bool IsHere(HttpContext http) =>
        sender.Mailbox is not null
        && site.Address.IsLoopback
        && http.Connection.RemoteIpAddress is { } client
        && IPAddress.IsLoopback(client)
        // Whatever is left of it was said by somebody before the gateway.
        && http.Request.Headers["X-Forwarded-For"].Count == 0
        && !OfProxies.Any(header => http.Request.Headers.ContainsKey(header))
        // A name of somewhere else that leads here: a page of another site, asked for by this machine's browser.
        && http.Request.Host == HostString.FromUriComponent(site.Address);

    /// <summary>The latest mails, the newest first, without their texts.</summary>
    public async Task<List<(string Id, MimeMessage Mail)>> ListAsync(CancellationToken cancellation)
    {
        var found = new List<(string, MimeMessage)>();
        foreach (var file in sender.Mailbox!.GetFiles("*.eml").OrderByDescending(file => file.Name, StringComparer.Ordinal).Take(Most))
        {
            found.Add((Path.GetFileNameWithoutExtension(file.Name), await MimeMessage.LoadAsync(file.FullName, cancellation)));
        }
        return found;
    }

    /// <summary>One of them; null when there is none of this name.</summary>
    public async Task<MimeMessage?> FindAsync(string id, CancellationToken cancellation) =>
        Guid.TryParseExact(id, "D", out var name)
        && Path.Combine(sender.Mailbox!.FullName, name.ToString("D", CultureInfo.InvariantCulture) + ".eml") is var path
        && File.Exists(path)
            ? await MimeMessage.LoadAsync(path, cancellation)
            : null;
}
