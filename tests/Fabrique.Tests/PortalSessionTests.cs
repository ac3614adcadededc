using System.Net;

namespace Fabrique.Tests;

/// <summary>The session: a token pasted once, kept where no page and no script can read it.</summary>
public sealed class PortalSessionTests : IAsyncLifetime
{
    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_token_opens_a_session_in_a_cookie_that_no_script_reads()
    {
        var page = await _site.GetAsync("/session");
        var token = PortalSite.Token();
        page.Type("jeton", token);

        var opened = await _site.PressAsync(page, "Ouvrir ma session", follow: false);

        var cookie = Assert.Single(opened.Response.Headers.GetValues("Set-Cookie"), value => value.StartsWith("fabrique-session=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(token, cookie, StringComparison.Ordinal);

        var session = await _site.GetAsync("/session");
        Assert.Contains("Loos-en-Gohelle (62)", session.Text, StringComparison.Ordinal);
        Assert.Contains("peut écrire et publier", session.Text, StringComparison.Ordinal);
        Assert.Contains("Valable jusqu’au", session.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(token, session.Html, StringComparison.Ordinal);
        Assert.Equal($"Bearer {token}", _site.Network.Tokens.Last());
    }

    [Fact]
    public async Task Behind_an_HTTPS_gateway_the_cookie_is_for_HTTPS_only()
    {
        var page = await _site.GetAsync("/session");
        page.Type("jeton", PortalSite.Token());
        var form = page.Document.Forms.Single(candidate => candidate.QuerySelector("textarea") is not null);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/session")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new FormUrlEncodedContent(PortalPage.Fields(form)),
            Headers = { { "X-Forwarded-Proto", "https" }, { "X-Forwarded-Host", "fabrique.example" } },
        };

        var response = await _site.SendAsync(request);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("https://fabrique.example/session", response.Headers.Location!.ToString());
        Assert.Contains(response.Headers.GetValues("Set-Cookie"), value =>
            value.StartsWith("fabrique-session=", StringComparison.Ordinal) && value.Contains("; secure", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "Collez le jeton")]
    [InlineData("pas un jeton", "illisible")]
    [InlineData("a.b.c", "illisible")]
    public async Task An_unreadable_token_is_refused_plainly(string token, string why)
    {
        var page = await _site.GetAsync("/session");
        page.Type("jeton", token);

        var refused = await _site.PressAsync(page, "Ouvrir ma session");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains(why, refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(_site.Cookies.GetAllCookies(), cookie => cookie.Name == "fabrique-session");
    }

    [Fact]
    public async Task A_token_past_its_end_is_refused()
    {
        var page = await _site.GetAsync("/session");
        page.Type("jeton", PortalSite.Token(hours: -1));

        Assert.Contains("sa date de fin est passée", (await _site.PressAsync(page, "Ouvrir ma session")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaving_closes_the_session()
    {
        await _site.SignInAsync();
        await _site.PressAsync(await _site.GetAsync("/session"), "Fermer ma session");

        Assert.Contains("collez le jeton", (await _site.GetAsync("/session")).Text, StringComparison.Ordinal);
        await _site.GetAsync("/pratiques");
        Assert.Equal("", _site.Network.Tokens.Last());
    }

    [Theory]
    [InlineData("/pratiques/nouvelle")]
    [InlineData("/brouillons")]
    [InlineData("/pratiques/01a206f5-301a-7946-8136-95a1841d0a2a/modifier")]
    public async Task Writing_asks_for_a_session_and_comes_back(string address)
    {
        var sent = await _site.GetAsync(address);
        Assert.Equal(HttpStatusCode.Redirect, sent.Status);

        var page = await _site.GetAsync(sent.Response.Headers.Location!.ToString());
        page.Type("jeton", PortalSite.Token());
        var back = await _site.PressAsync(page, "Ouvrir ma session", follow: false);

        Assert.EndsWith(address, back.Response.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://ailleurs.example/")]
    [InlineData("//ailleurs.example/")]
    [InlineData("/\\ailleurs.example/")]
    public async Task Nobody_is_sent_to_another_site(string elsewhere)
    {
        var page = await _site.GetAsync("/session?retour=" + Uri.EscapeDataString(elsewhere));
        page.Type("jeton", PortalSite.Token());

        var opened = await _site.PressAsync(page, "Ouvrir ma session", follow: false);

        Assert.DoesNotContain("ailleurs", opened.Response.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_territory_that_is_not_one_s_own_cannot_be_edited()
    {
        await _site.SignInAsync(PortalSite.Token("delegate:62498"));

        var page = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}/modifier");

        Assert.Equal(HttpStatusCode.Forbidden, page.Status);
        Assert.DoesNotContain("/modifier", (await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}")).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_posted_without_its_proof_gets_a_page_that_says_so()
    {
        var refused = await _site.PostAsync("/session", [new("_handler", "session"), new("jeton", PortalSite.Token())]);

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal("Demande refusée", refused.Heading);
        Assert.DoesNotContain(_site.Cookies.GetAllCookies(), cookie => cookie.Name == "fabrique-session");
    }

    [Fact]
    public async Task The_keys_of_the_cookies_are_for_their_owner_only()
    {
        await _site.SignInAsync();

        Assert.NotEmpty(Directory.GetFiles(_site.Keys));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_site.Keys));
        }
    }
}
