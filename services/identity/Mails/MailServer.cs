using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Fabrique.Identity;

/// <summary>
/// The server that takes the mails of this node: setting <c>Mail:Server</c> (smtp://user:password@host:587), and <c>Mail:From</c> for whom
/// they come from. Read each time, for a steward changes it while the node runs.
/// </summary>
internal sealed class MailServer(IConfiguration configuration, NodeSite site)
{
    private const int LongestSaid = 200;

    /// <summary>In milliseconds.</summary>
    private const int Patience = 20_000;

    /// <summary>Whether there is one; without it mails are files.</summary>
    public bool IsSet => configuration["Mail:Server"] is { Length: > 0 };

    /// <summary>Its address, with the name and the password; null without one, or with one that is none.</summary>
    public Uri? Address =>
        Uri.TryCreate(configuration["Mail:Server"], UriKind.Absolute, out var server)
        && server.Scheme is "smtp" or "smtps"
        && server.Host.Length > 0
            ? server
            : null;

    /// <summary>Whom mails come from.</summary>
    public MailboxAddress From =>
        configuration["Mail:From"] is { Length: > 0 } from && MailboxAddress.TryParse(from, out var parsed)
            ? new MailboxAddress(parsed.Name is { Length: > 0 } name ? name : DisplayName, parsed.Address)
            : new MailboxAddress(
                DisplayName,
                site.Address.HostNameType == UriHostNameType.Dns ? $"fabrique@{site.Address.Host}" : "fabrique@localhost"
            );

    private string DisplayName => NodeSite.NameOf(configuration) is { Length: > 0 } name ? name : "Fabrique";

    /// <summary>A connection on which mails can be sent. A password never travels in the clear beyond this machine.</summary>
    public async Task<SmtpClient> ConnectAsync(CancellationToken cancellation)
    {
        var server = Address ?? throw new FormatException("Mail:Server is not smtp://host or smtp://user:password@host:port.");
        var (user, password) = server.UserInfo.Split(':', 2) is [var name, var secret]
            ? (Uri.UnescapeDataString(name), Uri.UnescapeDataString(secret))
            : ("", "");
        var port = server.Port > 0 ? server.Port : 587;
        var protection =
            server.Scheme == "smtps" || port == 465 ? SecureSocketOptions.SslOnConnect
            : user.Length == 0 || server.IsLoopback ? SecureSocketOptions.StartTlsWhenAvailable
            : SecureSocketOptions.StartTls;
        var smtp = new SmtpClient { Timeout = Patience };
        try
        {
            if (site.Address.HostNameType == UriHostNameType.Dns)
            {
                smtp.LocalDomain = site.Address.Host;
            }
            await smtp.ConnectAsync(server.Host, port, protection, cancellation);
            if (user.Length > 0)
            {
                await smtp.AuthenticateAsync(user, password, cancellation);
            }
            return smtp;
        }
        catch
        {
            smtp.Dispose();
            throw;
        }
    }

    /// <summary>Whether an error is the server's, the network's or the settings', so that trying again later makes sense.</summary>
    public static bool IsFailure(Exception error) =>
        error
            is CommandException
                or ProtocolException
                or IOException
                or SocketException
                or SslHandshakeException
                or System.Security.Authentication.AuthenticationException
                or MailKit.Security.AuthenticationException
                or NotSupportedException
                or TimeoutException
                or FormatException
                or ServiceNotConnectedException
                or ServiceNotAuthenticatedException;

    /// <summary>What went wrong, as it is kept: a word, and what the server said where it said something.</summary>
    public static string Failure(Exception error) =>
        error switch
        {
            SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted } refused => $"sender {Said(refused)}",
            SmtpCommandException refused => $"refused {Said(refused)}",
            MailKit.Security.AuthenticationException => "credentials",
            SslHandshakeException => "certificate",
            NotSupportedException => "clear",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "unknown",
            FormatException => "settings",
            _ => "unreachable",
        };

    /// <summary>The same in words, with the way out.</summary>
    public static string Words(string failure) =>
        failure.Split(' ', 2) switch
        {
            ["credentials", ..] => T["Le serveur de courrier refuse le nom ou le mot de passe."],
            ["certificate", ..] => T[
                "La connexion chiffrée avec le serveur de courrier ne s’établit pas : vérifiez son nom et son port (465 ou 587), ou son certificat."
            ],
            ["clear", ..] => T["Le serveur de courrier ne propose pas de connexion chiffrée : le mot de passe n’a pas été envoyé."],
            ["unknown", ..] => T["Aucun serveur de courrier ne porte ce nom."],
            ["settings", ..] => T["L’adresse du serveur de courrier est mal écrite."],
            ["sender", var said] => T["Le serveur de courrier n’accepte pas l’adresse d’expédition : {0}", said],
            ["refused", var said] => T["Le serveur de courrier a refusé un message : {0}", said],
            _ => T["Le serveur de courrier ne répond pas : vérifiez son nom et son port."],
        };

    /// <summary>What the server said, on one line and not for ever.</summary>
    private static string Said(SmtpCommandException refused)
    {
        var said = $"{(int)refused.StatusCode} {string.Concat(refused.Message.Select(letter => char.IsControl(letter) ? ' ' : letter))}";
        return said.Length > LongestSaid ? said[..LongestSaid] : said;
    }
}
