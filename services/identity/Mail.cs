using System.Net;
using System.Text.Encodings.Web;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.EntityFrameworkCore;
using MimeKit;

namespace Fabrique.Identity;

/// <summary>Writes mails, to be saved with what else changes; <see cref="MailSender"/> sends them.</summary>
internal sealed class Mails(IdentityDb db, TimeProvider clock, MailSender sender)
{
    /// <param name="recipient">An address.</param>
    /// <param name="subject">One line.</param>
    /// <param name="paragraphs">What to say; one that is an address of this site becomes a link.</param>
    public void Add(string recipient, string subject, params IReadOnlyList<string> paragraphs)
    {
        var signature = T["Fabrique – des territoires qui apprennent les uns des autres"];
        var now = clock.GetUtcNow();
        db.Mails.Add(new MailRow
        {
            Id = Guid.CreateVersion7(now).ToString(),
            Recipient = recipient,
            Subject = subject,
            Text = string.Join("\n\n", [.. paragraphs, $"-- \n{signature}\n"]),
            Html = $"<!doctype html><html lang=\"{Language.Current.Code}\"><meta charset=\"utf-8\"><title>{Encode(subject)}</title>{string.Concat(paragraphs.Select(Paragraph))}<p>{Encode(signature)}</p></html>",
            CreatedAt = now.ToUnixTimeMilliseconds(),
            NextAt = now.ToUnixTimeMilliseconds(),
        });
        sender.Wake();
    }

    private static string Paragraph(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? $"<p><a href=\"{Encode(text)}\">{Encode(text)}</a></p>" : $"<p>{Encode(text)}</p>";

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}

/// <summary>
/// Sends what waits, by the server of <c>Mail:Server</c> (smtp://user:password@host:587); without one, into the folder <c>mailbox</c> of the data folder, one
/// .eml a mail, which a page shows to whoever sits at this machine. A mail that is refused is tried again for two days.
/// </summary>
internal sealed partial class MailSender(IDbContextFactory<IdentityDb> databases, IConfiguration configuration, TimeProvider clock, ILogger<MailSender> log) : BackgroundService
{
    private const int MostAttempts = 12;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Uri? _server = configuration["Mail:Server"] is { Length: > 0 } server ? new Uri(server) : null;

    /// <summary>Where mails are written when no server takes them; null when one does.</summary>
    public DirectoryInfo? Mailbox => _server is null ? OwnerFile.Folder(Path.Combine(configuration["Data"] ?? "data", "mailbox")) : null;

    /// <summary>There is something to send. What is not saved yet is found a little later.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SendDueAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error.Message);
            }
            if (await _wake.WaitAsync(Interval, stoppingToken))
            {
                // Whoever woke this saves in a moment.
                await Task.Delay(TimeSpan.FromMilliseconds(300), clock, stoppingToken);
            }
        }
    }

    private async Task SendDueAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var due = await db.Mails.Where(mail => mail.NextAt <= now).OrderBy(mail => mail.NextAt).Take(50).ToListAsync(cancellation);
        if (due.Count == 0)
        {
            return;
        }
        using var smtp = await ConnectAsync(cancellation);
        foreach (var mail in due)
        {
            try
            {
                await SendAsync(smtp, mail, cancellation);
                db.Mails.Remove(mail);
            }
            catch (Exception error) when (error is CommandException or ProtocolException or IOException && !cancellation.IsCancellationRequested)
            {
                LogFailed(error.Message);
                mail.NextAt = now + (long)TimeSpan.FromMinutes(Math.Pow(2, mail.Attempts)).TotalMilliseconds;
                if (++mail.Attempts > MostAttempts)
                {
                    db.Mails.Remove(mail);
                }
            }
            await db.SaveChangesAsync(cancellation);
        }
    }

    private async Task SendAsync(SmtpClient? smtp, MailRow mail, CancellationToken cancellation)
    {
        using var message = new MimeMessage();
        message.From.Add(MailboxAddress.Parse(configuration["Mail:From"] is { Length: > 0 } from ? from : "Fabrique <fabrique@localhost>"));
        message.To.Add(new MailboxAddress("", mail.Recipient));
        message.Subject = mail.Subject;
        message.Date = DateTimeOffset.FromUnixTimeMilliseconds(mail.CreatedAt);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new BodyBuilder { TextBody = mail.Text, HtmlBody = mail.Html }.ToMessageBody();
        if (smtp is not null)
        {
            await smtp.SendAsync(message, cancellation);
            return;
        }
        var path = Path.Combine(Mailbox!.FullName, $"{mail.Id}.eml");
        await message.WriteToAsync($"{path}.new", cancellation);
        File.Move($"{path}.new", path, overwrite: true);
    }

    private async Task<SmtpClient?> ConnectAsync(CancellationToken cancellation)
    {
        if (_server is null)
        {
            return null;
        }
        var smtp = new SmtpClient();
        await smtp.ConnectAsync(_server.Host, _server.Port > 0 ? _server.Port : 587, IPAddress.TryParse(_server.Host, out var address) && IPAddress.IsLoopback(address)
            ? SecureSocketOptions.StartTlsWhenAvailable
            : SecureSocketOptions.Auto, cancellation);
        if (_server.UserInfo.Split(':', 2) is [var user, var password])
        {
            await smtp.AuthenticateAsync(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password), cancellation);
        }
        return smtp;
    }

    [LoggerMessage(LogLevel.Warning, "Mail waits: {Reason}")]
    private partial void LogFailed(string reason);
}
