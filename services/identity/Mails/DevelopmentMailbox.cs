using System.Globalization;
using System.Net;
using MimeKit;

namespace Fabrique.Identity;

/// <summary>
/// The mails of a node that no server sends, read on a page by whoever sits at the machine: they hold links that let in, so nobody else is to see them. There is
/// such a page only while no server is set, the node is called by a loopback address, and the request comes from there under that name. The gateway replaces what
/// a client says of itself, so a client from elsewhere cannot say that it is here.
/// </summary>
internal sealed class DevelopmentMailbox(MailSender sender, NodeSite site)
{
    private const int Most = 50;

    public bool IsOpenTo(HttpContext http) =>
        sender.Mailbox is not null
        && site.Address.IsLoopback
        && http.Connection.RemoteIpAddress is { } client
        && IPAddress.IsLoopback(client)
        // Whatever is left of it was said by somebody before the gateway.
        && http.Request.Headers["X-Forwarded-For"].Count == 0
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
