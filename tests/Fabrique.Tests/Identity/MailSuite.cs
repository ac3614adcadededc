using System.Globalization;
using System.Net;
using Fabrique.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SmtpServer.Protocol;

namespace Fabrique.Tests;

public sealed class MailOnSqliteTests(ServiceOnSqlite<IdentityDb> service) : MailSuite(service), IClassFixture<ServiceOnSqlite<IdentityDb>>;

[Trait("Databases", "all")]
public sealed class MailOnPostgreSqlTests(ServiceOnPostgreSql<IdentityDb> service)
    : MailSuite(service),
        IClassFixture<ServiceOnPostgreSql<IdentityDb>>;

/// <summary>Mails on their way through a real mail server, by a clock of their own: the service's own sender finds nothing due.</summary>
public abstract class MailSuite(ServiceUnderTest<IdentityDb> service) : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow().AddYears(1));
    private AsyncServiceScope _scope;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IdentityDb Db => _scope.ServiceProvider.GetRequiredService<IdentityDb>();

    private MailSender Sender => field ??= ActivatorUtilities.CreateInstance<MailSender>(service.Services, _clock);

    private Mails Mails => field ??= ActivatorUtilities.CreateInstance<Mails>(_scope.ServiceProvider, _clock, Sender);

    private string Server
    {
        set => service.Services.GetRequiredService<IConfiguration>()["Mail:Server"] = value;
    }

    public async ValueTask InitializeAsync()
    {
        _scope = service.Services.CreateAsyncScope();
        await Db.Mails.ExecuteDeleteAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Server = "";
        await _scope.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_mail_goes_through_the_server_in_the_language_of_its_reader_as_text_and_as_simple_html()
    {
        await using var office = new PostOffice(password: "p@ss:mot/é");
        Server = $"smtp://fabrique:{Uri.EscapeDataString("p@ss:mot/é")}@127.0.0.1:{office.Port}";
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("fr");
        Mails.Add(
            new Person
            {
                Email = "reader@example.org",
                Language = "en",
                Name = "Reader",
            },
            () =>
                new Letter(
                    Words.T["Votre demande est acceptée"],
                    Words.T["Bonjour {0},", "<b>Reader</b>"],
                    "https://fabrique.example.org/x?a=1&b=2"
                )
        );
        Assert.Equal("fr", Language.Current.Code);
        await Db.SaveChangesAsync(Cancellation);

        Assert.Equal(1, await Sender.SendDueAsync(Cancellation));
        var mail = Assert.Single(office.Taken);
        Assert.Equal(("Your request is accepted", "reader@example.org"), (mail.Subject, mail.To.Mailboxes.Single().Address));
        Assert.StartsWith("Hello <b>Reader</b>,", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("lang=\"en\"", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;Reader", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("<a href=\"https://fabrique.example.org/x?a=1&amp;b=2\">", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Equal("auto-generated", mail.Headers["Auto-Submitted"]);
        Assert.Equal(_clock.GetUtcNow().ToUnixTimeSeconds(), mail.Date.ToUnixTimeSeconds());
        Assert.Matches("^[0-9a-f-]{36}@localhost$", mail.MessageId);
        Assert.Equal(0, await Db.Mails.CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_password_that_is_refused_or_a_server_that_is_away_keeps_every_mail_and_uses_up_no_try()
    {
        var port = 0;
        await using (var office = new PostOffice(password: "juste"))
        {
            port = office.Port;
            Server = $"smtp://fabrique:faux@127.0.0.1:{port}";
            await WriteAsync("une@example.org");
            await Sender.SendDueAsync(Cancellation);
            Assert.Empty(office.Taken);
        }
        var waiting = await Db.Mails.AsNoTracking().SingleAsync(Cancellation);
        Assert.Equal(("credentials", 0), (waiting.Failure, waiting.Attempts));

        _clock.Advance(TimeSpan.FromMinutes(2));
        await Sender.SendDueAsync(Cancellation);
        waiting = await Db.Mails.AsNoTracking().SingleAsync(Cancellation);
        Assert.Equal(("unreachable", 0), (waiting.Failure, waiting.Attempts));

        // Not before its turn, and then at once.
        await using var back = new PostOffice(port, "juste");
        Server = $"smtp://fabrique:juste@127.0.0.1:{port}";
        await Sender.SendDueAsync(Cancellation);
        Assert.Empty(back.Taken);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Sender.SendDueAsync(Cancellation);
        Assert.Single(back.Taken);
        Assert.Equal(0, await Db.Mails.CountAsync(Cancellation));
    }

    [Theory, InlineData(SmtpReplyCode.MailboxUnavailable), InlineData(SmtpReplyCode.RelayDenied)]
    public async Task A_recipient_that_the_server_refuses_holds_up_nobody_is_tried_again_and_given_up_after_two_days(SmtpReplyCode code)
    {
        await using var office = new PostOffice();
        office.Refused["refusee"] = code;
        Server = $"smtp://127.0.0.1:{office.Port}";
        await WriteAsync("avant@example.org", "refusee@example.org", "apres@example.org");
        await Sender.SendDueAsync(Cancellation);
        Assert.Equal(["apres@example.org", "avant@example.org"], office.Taken.Select(mail => mail.To.ToString()).Order());
        var refused = await Db.Mails.AsNoTracking().SingleAsync(Cancellation);
        Assert.Equal((1, "refusee@example.org"), (refused.Attempts, refused.Recipient));
        Assert.StartsWith($"refused {(int)code} ", refused.Failure, StringComparison.Ordinal);

        foreach (var minutes in new[] { 1, 2, 4, 8 })
        {
            _clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
            Assert.Equal(0, await Sender.SendDueAsync(Cancellation));
            _clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(1, await Sender.SendDueAsync(Cancellation));
        }
        _clock.Advance(TimeSpan.FromDays(2));
        await Sender.SendDueAsync(Cancellation);
        Assert.Equal(0, await Db.Mails.CountAsync(Cancellation));
        Assert.Equal(2, office.Taken.Count);
    }

    [Theory]
    [InlineData("Objet\r\nBcc: autre@example.org")]
    [InlineData("Objet\nX-Injected: oui")]
    [InlineData("Objet\r\n\r\n<script>")]
    [InlineData("Objet\u2028Bcc: autre@example.org")]
    public async Task What_somebody_wrote_begins_no_other_header(string written)
    {
        await using var office = new PostOffice();
        Server = $"smtp://127.0.0.1:{office.Port}";
        service.Services.GetRequiredService<IConfiguration>()["Site:Name"] = $"Nom {written}";
        try
        {
            Mails.Add("une@example.org", new Letter(written, "x"));
            await Db.SaveChangesAsync(Cancellation);
            await Sender.SendDueAsync(Cancellation);
        }
        finally
        {
            service.Services.GetRequiredService<IConfiguration>()["Site:Name"] = "";
        }
        var mail = Assert.Single(office.Taken);
        Assert.Empty(mail.Bcc);
        Assert.DoesNotContain(mail.Headers, header => header.Field is "X-Injected" or "Bcc");
        Assert.StartsWith("Objet", mail.Subject, StringComparison.Ordinal);
        Assert.StartsWith("x", mail.TextBody, StringComparison.Ordinal);
        Assert.Equal("une@example.org", mail.To.ToString());
    }

    [Fact]
    public async Task A_password_leaves_this_machine_only_on_a_connection_that_nobody_reads()
    {
        var here = (await Dns.GetHostAddressesAsync(Dns.GetHostName(), Cancellation)).FirstOrDefault(address =>
            !IPAddress.IsLoopback(address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
        );
        Assert.SkipWhen(here is null, "this machine has no address but loopback");
        await using var office = new PostOffice(password: "juste", address: here);
        Server = $"smtp://fabrique:juste@{here}:{office.Port}";
        await WriteAsync("une@example.org");
        await Sender.SendDueAsync(Cancellation);
        Assert.Equal("clear", (await Db.Mails.AsNoTracking().SingleAsync(Cancellation)).Failure);
        Assert.Equal(0, office.Passwords);
    }

    [Fact]
    public async Task Two_processes_send_a_mail_once()
    {
        await using var office = new PostOffice();
        Server = $"smtp://127.0.0.1:{office.Port}";
        await WriteAsync([.. Enumerable.Range(0, 20).Select(at => $"lecteur{at}@example.org")]);
        var other = ActivatorUtilities.CreateInstance<MailSender>(service.Services, _clock);
        await Task.WhenAll(Sender.SendDueAsync(Cancellation), other.SendDueAsync(Cancellation));
        Assert.Equal((20, 20), (office.Taken.Count, office.Taken.DistinctBy(mail => mail.To.ToString()).Count()));
    }

    private async Task WriteAsync(params string[] recipients)
    {
        foreach (var recipient in recipients)
        {
            Mails.Add(recipient, new Letter("Essai", "Bonjour,"));
        }
        await Db.SaveChangesAsync(Cancellation);
    }
}
