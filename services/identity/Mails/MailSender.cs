using Fabrique.Storage;
using MailKit.Net.Smtp;
using Microsoft.EntityFrameworkCore;
using MimeKit;

namespace Fabrique.Identity;

/// <summary>
/// Sends what waits, by the <see cref="MailServer"/>; without one, into the folder <c>mailbox</c> of the data folder, one .eml a mail,
/// which a page shows to whoever sits at this machine. A mail that is refused is tried again for two days, and holds up no other.
/// </summary>
internal sealed partial class MailSender(
    IDbContextFactory<IdentityDb> databases,
    MailServer server,
    NodeSite site,
    IConfiguration configuration,
    TimeProvider clock,
    ILogger<MailSender> log
) : BackgroundService
{
    private const int MostAtOnce = 50;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WhileAway = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Turn = TimeSpan.FromMinutes(5);

    private readonly RecordSignal _wake = new(clock);

    /// <summary>Where mails are written when no server takes them; null when one does.</summary>
    public DirectoryInfo? Mailbox => server.IsSet ? null : OwnerFile.Folder(Path.Combine(configuration["Data"] ?? "data", "mailbox"));

    /// <summary>There is something to send, and it is committed.</summary>
    public void Wake() => _wake.Set();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = _wake.Next;
            try
            {
                while (await SendDueAsync(stoppingToken) == MostAtOnce) { }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error.Message);
            }
            await _wake.WaitAsync(next, Interval, stoppingToken);
        }
    }

    /// <summary>Tries what is due, and gives up what waited for too long.</summary>
    /// <returns>How many were due; there may be more when it is as many as are taken at once.</returns>
    internal async Task<int> SendDueAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var (now, oldest) = (
            clock.GetUtcNow().ToUnixTimeMilliseconds(),
            (clock.GetUtcNow() - Purposes.Mails.Kept!.Value).ToUnixTimeMilliseconds()
        );
        if (await db.Mails.Where(mail => mail.CreatedAt < oldest).ExecuteDeleteAsync(cancellation) is > 0 and var givenUp)
        {
            LogGivenUp(givenUp);
        }
        var due = await db
            .Mails.AsNoTracking()
            .Where(mail => mail.NextAt <= now)
            .OrderBy(mail => mail.NextAt)
            .ThenBy(mail => mail.Id)
            .Take(MostAtOnce)
            .ToListAsync(cancellation);
        if (due.Count == 0)
        {
            return 0;
        }
        SmtpClient? smtp;
        try
        {
            smtp = server.IsSet ? await server.ConnectAsync(cancellation) : null;
        }
        catch (Exception error) when (MailServer.IsFailure(error) && !cancellation.IsCancellationRequested)
        {
            // The server is away for all of them, and none has used up a try.
            var (ids, failure) = (due.ConvertAll(mail => mail.Id), MailServer.Failure(error));
            LogFailed(failure);
            await db
                .Mails.Where(mail => ids.Contains(mail.Id))
                .ExecuteUpdateAsync(
                    row =>
                        row.SetProperty(mail => mail.NextAt, now + (long)WhileAway.TotalMilliseconds)
                            .SetProperty(mail => mail.Failure, failure),
                    cancellation
                );
            return 0;
        }
        using (smtp)
        {
            foreach (var mail in due)
            {
                await TryAsync(db, smtp, mail, now, cancellation);
                if (smtp is { IsConnected: false })
                {
                    return 0;
                }
            }
        }
        return due.Count;
    }

    private async Task TryAsync(IdentityDb db, SmtpClient? smtp, MailRow mail, long now, CancellationToken cancellation)
    {
        // Of several processes one takes its turn. Should it die in it, the mail is another's a little later.
        var row = db.Mails.Where(row => row.Id == mail.Id);
        if (
            await row.Where(seen => seen.NextAt == mail.NextAt)
                .ExecuteUpdateAsync(taken => taken.SetProperty(to => to.NextAt, now + (long)Turn.TotalMilliseconds), cancellation) == 0
        )
        {
            return;
        }
        try
        {
            await SendAsync(smtp, mail, cancellation);
            await row.ExecuteDeleteAsync(cancellation);
        }
        catch (Exception error) when (MailServer.IsFailure(error) && !cancellation.IsCancellationRequested)
        {
            var failure = MailServer.Failure(error);
            // What a server says may name the recipient.
            LogFailed(failure.Split(' ')[0]);
            var next = now + (long)TimeSpan.FromMinutes(Math.Pow(2, mail.Attempts)).TotalMilliseconds;
            await row.ExecuteUpdateAsync(
                failed =>
                    failed
                        .SetProperty(to => to.NextAt, next)
                        .SetProperty(to => to.Attempts, mail.Attempts + 1)
                        .SetProperty(to => to.Failure, failure),
                CancellationToken.None
            );
        }
    }

    private async Task SendAsync(SmtpClient? smtp, MailRow mail, CancellationToken cancellation)
    {
        using var message = Message(
            mail.Recipient,
            mail.Subject,
            mail.Text,
            mail.Html,
            mail.Id,
            DateTimeOffset.FromUnixTimeMilliseconds(mail.CreatedAt)
        );
        if (mail.Unsubscribe.Length > 0)
        {
            // RFC 8058: a mail program may end such mails without a page.
            message.Headers.Add(HeaderId.ListUnsubscribe, $"<{mail.Unsubscribe}>");
            message.Headers.Add(HeaderId.ListUnsubscribePost, "List-Unsubscribe=One-Click");
        }
        if (smtp is not null)
        {
            await smtp.SendAsync(message, cancellation);
            return;
        }
        var path = Path.Combine(Mailbox!.FullName, $"{mail.Id}.eml");
        await message.WriteToAsync($"{path}.new", cancellation);
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <summary>Sends a mail now, by the server that is set, to see whether it takes one.</summary>
    /// <returns>What went wrong; null when the server took it.</returns>
    public async Task<string?> TryServerAsync(string recipient, CancellationToken cancellation)
    {
        try
        {
            using var smtp = await server.ConnectAsync(cancellation);
            var text = T["Si vous lisez ceci, les courriels de votre site partent."];
            using var message = Message(
                recipient,
                T["Essai du serveur de courrier"],
                $"{text}\n",
                $"<!doctype html><html lang=\"{Language.Current.Code}\"><meta charset=\"utf-8\"><p>{text}</p></html>",
                Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
                clock.GetUtcNow()
            );
            await smtp.SendAsync(message, cancellation);
            return null;
        }
        catch (Exception error) when (MailServer.IsFailure(error) && !cancellation.IsCancellationRequested)
        {
            return MailServer.Failure(error);
        }
    }

    private MimeMessage Message(string recipient, string subject, string text, string html, string id, DateTimeOffset date)
    {
        var message = new MimeMessage
        {
            Subject = subject,
            Date = date,
            MessageId = $"{id}@{(site.Address.HostNameType == UriHostNameType.Dns ? site.Address.Host : "localhost")}",
        };
        message.From.Add(server.From);
        message.To.Add(new MailboxAddress("", recipient));
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new BodyBuilder { TextBody = text, HtmlBody = html }.ToMessageBody();
        return message;
    }

    [LoggerMessage(LogLevel.Warning, "Mail waits: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(LogLevel.Error, "{Count} mails were given up: nobody took them in two days")]
    private partial void LogGivenUp(int count);
}
