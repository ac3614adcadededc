using System.Net;
using System.Text.RegularExpressions;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Fabrique.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

public sealed class IdentityOnSqlite : IdentityUnderTest
{
    protected override Task<string?> DatabaseAsync() => Task.FromResult<string?>(null);
}

public sealed class IdentityOnPostgreSql(PostgreSqlServer server) : IdentityUnderTest
{
    protected override async Task<string?> DatabaseAsync() => await server.StartForAsync("ways-in");
}

/// <summary>
/// The identity service of a site with a host name, with two providers of identities: ProConnect, whose word about second factors counts,
/// and a plain one.
/// </summary>
public abstract class IdentityUnderTest : ServiceUnderTest<IdentityDb>
{
    /// <summary>What browsers would say of the site.</summary>
    public const string Origin = "http://localhost:8080";

    public const string ProConnectCode = "proconnect";
    public const string PlainCode = "syndicat";

    private readonly Dictionary<string, string> _settings = new() { ["Site:Address"] = Origin };

    public FakeProvider ProConnect { get; private set; } = null!;

    public FakeProvider Plain { get; private set; } = null!;

    protected override IReadOnlyDictionary<string, string> Settings => _settings;

    public override async ValueTask InitializeAsync()
    {
        (ProConnect, Plain) = (await FakeProvider.StartAsync(proConnect: true), await FakeProvider.StartAsync(proConnect: false));
        foreach (var (code, name, provider) in new[] { (ProConnectCode, "ProConnect", ProConnect), (PlainCode, "Syndicat d’essai", Plain) })
        {
            Tell(code, "Name", name);
            Tell(code, "Authority", provider.Issuer);
            Tell(code, "ClientId", FakeProvider.ClientId);
            Tell(code, "ClientSecret", FakeProvider.Secret);
        }
        Tell(ProConnectCode, "Kind", "proconnect");
        Tell(ProConnectCode, "SecondFactor", "mfa");
        await base.InitializeAsync();

        void Tell(string code, string setting, string value) => _settings[$"Identity:Providers:{code}:{setting}"] = value;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await ProConnect.DisposeAsync();
        await Plain.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Somebody's browser, without script.</summary>
    public PlainBrowser Browser(CookieContainer? cookies = null, string? from = null) => new(this, cookies ?? new()) { From = from };

    /// <summary>Makes an account with the password of the tests.</summary>
    internal Task<Person> MakeAsync(string address, params Grant[] grants) =>
        TestAccounts.MakeAsync(this, TestAccounts.New(address), grants);

    /// <summary>Reads the database.</summary>
    internal async Task<T> ReadAsync<T>(Func<IdentityDb, Task<T>> read)
    {
        await using var db = await Services.GetRequiredService<IDbContextFactory<IdentityDb>>().CreateDbContextAsync();
        return await read(db);
    }

    /// <summary>The subjects of the mails to an address that are sent, the oldest first, once there are so many.</summary>
    internal async Task<List<string>> MailsAsync(string address, int count)
    {
        List<string> mails = [];
        await WholeNode.EventuallyAsync(
            true,
            async () =>
            {
                await Task.CompletedTask;
                mails =
                [
                    .. Services
                        .GetRequiredService<MailSender>()
                        .Mailbox!.GetFiles("*.eml")
                        .OrderBy(file => file.Name, StringComparer.Ordinal)
                        .Select(file =>
                            File.ReadAllText(file.FullName)
                                .Replace("=\r\n", "", StringComparison.Ordinal)
                                .Replace("=\n", "", StringComparison.Ordinal)
                        )
                        .Where(mail => mail.Contains($"To: {address}", StringComparison.OrdinalIgnoreCase)),
                ];
                return mails.Count >= count;
            },
            TimeSpan.FromSeconds(20)
        );
        return mails;
    }

    /// <summary>The link of the n-th mail to an address.</summary>
    internal async Task<string> LinkAsync(string address, int number) =>
        new Uri(Regex.Match((await MailsAsync(address, number))[number - 1], $"{Origin}/(en/)?compte/lien/[\\w-]+").Value).PathAndQuery;
}

/// <summary>
/// A browser that keeps cookies, follows redirects between the site and the providers, and stops at the doors of the gateway.
/// </summary>
public sealed class PlainBrowser(IdentityUnderTest service, CookieContainer cookies)
{
    private static readonly HttpClient Wire = new(
        new HttpClientHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        }
    );

    /// <summary>Every address that was asked for, on the way here too.</summary>
    public List<Uri> Way { get; } = [];

    /// <summary>The page that is shown; null at a door of the gateway.</summary>
    public IHtmlDocument? Page { get; private set; }

    /// <summary>Where it comes from, as a gateway would tell; null for this machine.</summary>
    public string? From { get; init; }

    /// <summary>What it sends besides cookies; null for nothing.</summary>
    public string? Authorization { get; set; }

    public HttpStatusCode Status { get; private set; }

    /// <summary>Path and query of where the browser is.</summary>
    public string Here => Way[^1].PathAndQuery;

    /// <summary>What the page says.</summary>
    public string Text => Page!.QuerySelector("main")!.TextContent;

    /// <summary>A copy with the same cookies, as somebody who stole them has.</summary>
    public PlainBrowser Copy()
    {
        var copied = new CookieContainer();
        copied.Add(cookies.GetAllCookies());
        return service.Browser(copied);
    }

    public Task GoAsync(string address) =>
        FollowAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(IdentityUnderTest.Origin), address)));

    /// <summary>Where an address leads, without going there.</summary>
    public async Task<string> LeadsToAsync(string address)
    {
        using var answer = await SendAsync(HttpMethod.Get, new Uri(new Uri(IdentityUnderTest.Origin), address), null);
        return answer.Headers.Location?.OriginalString ?? $"{answer.StatusCode}";
    }

    /// <summary>Sends the form of the page that has this name or this button.</summary>
    public Task SendAsync(string form, params (string Name, string Value)[] typed)
    {
        var sent = Page!
            .QuerySelectorAll("main form")
            .OfType<IHtmlFormElement>()
            .First(found =>
                found.QuerySelector($"input[name=_handler][value='{form}']") is not null
                || found.QuerySelectorAll("button").Any(button => button.TextContent.Contains(form, StringComparison.Ordinal))
            );
        var fields = sent.QuerySelectorAll("input[name]")
            .OfType<IHtmlInputElement>()
            .GroupBy(field => field.Name!)
            .ToDictionary(field => field.Key, field => field.First().Value);
        foreach (var (name, value) in typed)
        {
            fields[name] = value;
        }
        return FollowAsync(
            new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(IdentityUnderTest.Origin), sent.GetAttribute("action")))
            {
                Content = new FormUrlEncodedContent(fields),
            }
        );
    }

    /// <summary>Asks for the challenge of the passkey form of the page.</summary>
    public async Task<(HttpStatusCode Status, string Challenge)> ChallengeAsync()
    {
        var form = Page!.QuerySelector("form[data-passkey]")!;
        var proof = form.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        using var answer = await SendAsync(
            HttpMethod.Post,
            new Uri(new Uri(IdentityUnderTest.Origin), form.GetAttribute("data-passkey")),
            new FormUrlEncodedContent([new("__RequestVerificationToken", proof)])
        );
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async Task SignInAsync(string address)
    {
        await GoAsync("/compte/connexion");
        await SendAsync("connexion", ("courriel", address), ("motdepasse", Tests.Browser.Password), ("voie", "motdepasse"));
    }

    private async Task FollowAsync(HttpRequestMessage request)
    {
        for (var steps = 0; steps < 12; steps++)
        {
            Way.Add(request.RequestUri!);
            var site = request.RequestUri!.GetLeftPart(UriPartial.Authority) == IdentityUnderTest.Origin;
            if (
                site
                && (
                    request.RequestUri.AbsolutePath.StartsWith("/session/", StringComparison.Ordinal)
                    || request.RequestUri.AbsolutePath.StartsWith("/connect/", StringComparison.Ordinal)
                )
            )
            {
                Page = null;
                return;
            }
            using var answer = await SendAsync(request.Method, request.RequestUri, request.Content);
            Status = answer.StatusCode;
            if (answer.Headers.Location is not { } next)
            {
                Page = await new HtmlParser().ParseDocumentAsync(
                    await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                    TestContext.Current.CancellationToken
                );
                return;
            }
            request = new HttpRequestMessage(HttpMethod.Get, new Uri(request.RequestUri, next));
        }
        Assert.Fail($"no end: {string.Join(" -> ", Way)}");
    }

    /// <summary>Asks the site where it really listens, and by HTTP/2; anybody else as they are called.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, HttpContent? content)
    {
        var site = address.GetLeftPart(UriPartial.Authority) == IdentityUnderTest.Origin;
        using var request = new HttpRequestMessage(method, site ? new Uri(service.Address, address.PathAndQuery) : address)
        {
            Content = content,
            Version = site ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (site)
        {
            request.Headers.Host = new Uri(IdentityUnderTest.Origin).Authority;
        }
        if (From is not null)
        {
            request.Headers.Add("X-Forwarded-For", From);
        }
        if (Authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", Authorization);
        }
        if (cookies.GetCookieHeader(request.RequestUri!) is { Length: > 0 } known)
        {
            request.Headers.Add("Cookie", known);
        }
        var answer = await Wire.SendAsync(request, TestContext.Current.CancellationToken);
        foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var given) ? given : [])
        {
            cookies.SetCookies(request.RequestUri!, cookie);
        }
        return answer;
    }
}
