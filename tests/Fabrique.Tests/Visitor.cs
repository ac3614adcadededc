using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Fabrique.Tests;

/// <summary>Somebody at the pages of accounts, without script, who keeps cookies and follows nobody: alone with the service, without a gateway.</summary>
public sealed class Visitor(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Headers of every request.</summary>
    public System.Net.Http.Headers.HttpRequestHeaders Headers => _http.DefaultRequestHeaders;

    public async Task<PortalPage> GetAsync(string path) => await PageAsync(await _http.GetAsync(new Uri(path, UriKind.Relative), Cancellation));

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
        var buttons = page.Document.QuerySelectorAll<IHtmlButtonElement>("form[method=post] button").Where(candidate => candidate.TextContent.Trim() == button).ToList();
        Assert.True(buttons.Count == 1, $"{buttons.Count} buttons {button} on the page ({page.Status}): {page.Text}");
        var pressed = buttons[0];
        var fields = PortalPage.Fields(pressed.Form!).ToList();
        if (pressed.Name is { Length: > 0 } name)
        {
            fields.Add(new(name, pressed.Value));
        }
        return await PostAsync(pressed.Form!.GetAttribute("action")!, fields);
    }

    public async Task SignInAsync(string email) =>
        Assert.Equal(HttpStatusCode.Redirect, (await PressAsync(await GetAsync("/compte/connexion"), "Se connecter", ("courriel", email), ("motdepasse", Browser.Password))).Status);

    public void Dispose() => _http.Dispose();

    private static async Task<PortalPage> PageAsync(HttpResponseMessage response)
    {
        var html = await response.Content.ReadAsStringAsync(Cancellation);
        return new PortalPage(response, html, await new HtmlParser().ParseDocumentAsync(html, Cancellation));
    }
}
