using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Fabrique.Tests;

/// <summary>
/// Somebody at the pages of accounts, without script, who keeps cookies and follows nobody: alone with the service, without a gateway.
/// </summary>
public sealed class Visitor(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What it sends with, for what no page would send.</summary>
    public HttpClient Http => _http;

    public async Task<PortalPage> GetAsync(string path) =>
        await PageAsync(await _http.GetAsync(new Uri(path, UriKind.Relative), Cancellation));

    public async Task<PortalPage> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> fields)
    {
        using var form = new FormUrlEncodedContent(fields);
        return await PageAsync(await _http.PostAsync(new Uri(path, UriKind.Relative), form, Cancellation));
    }

    /// <summary>Presses a button, with what was typed into the page and into these fields.</summary>
    public async Task<PortalPage> PressAsync(PortalPage page, string button, params (string Field, string Value)[] typed)
    {
        foreach (var (field, value) in typed)
        {
            page.Type(field, value);
        }
        var buttons = page
            .Document.QuerySelectorAll<IHtmlButtonElement>("form[method=post] button")
            .Where(candidate => candidate.TextContent.Trim() == button)
            .ToList();
        Assert.True(buttons.Count == 1, $"{buttons.Count} buttons {button} on the page ({page.Status}): {page.Text}");
        var pressed = buttons[0];
        var fields = PortalPage.Fields(pressed.Form!).ToList();
        if (pressed.Name is { Length: > 0 } name)
        {
            fields.Add(new(name, pressed.Value));
        }
        return await PostAsync(pressed.Form!.GetAttribute("action")!, fields);
    }

    /// <summary>Fills in the form of a page that has this name, whatever its buttons, and sends it.</summary>
    public async Task<PortalPage> SubmitAsync(string page, string form, Dictionary<string, string> typed) =>
        await SubmitAsync(await GetAsync(page), page, form, typed);

    /// <inheritdoc cref="SubmitAsync(string, string, Dictionary{string, string})"/>
    public async Task<PortalPage> SubmitAsync(PortalPage page, string address, string form, Dictionary<string, string> typed)
    {
        var found = page
            .Document.QuerySelectorAll<IHtmlFormElement>("main form")
            .Single(candidate => candidate.QuerySelector<IHtmlInputElement>("[name=_handler]")?.Value == form);
        var fields = found
            .QuerySelectorAll<IHtmlInputElement>("input[type=hidden]")
            .ToDictionary(field => field.Name!, field => field.Value);
        foreach (var (name, value) in typed)
        {
            fields[name] = value;
        }
        return await PostAsync(address, fields);
    }

    /// <summary>Somebody who signed in by password.</summary>
    public static async Task<Visitor> SignedInAsync(Uri address, string email)
    {
        var visitor = new Visitor(address);
        await visitor.SignInAsync(email);
        return visitor;
    }

    public async Task SignInAsync(string email) =>
        Assert.Equal(
            HttpStatusCode.Redirect,
            (
                await PressAsync(await GetAsync("/compte/connexion"), "Se connecter", ("courriel", email), ("motdepasse", Browser.Password))
            ).Status
        );

    public void Dispose() => _http.Dispose();

    private static async Task<PortalPage> PageAsync(HttpResponseMessage response)
    {
        var html = await response.Content.ReadAsStringAsync(Cancellation);
        return new PortalPage(response, html, await new HtmlParser().ParseDocumentAsync(html, Cancellation));
    }
}
