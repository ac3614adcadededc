using System.Net;
using System.Security.Cryptography;

namespace Fabrique.Tests;

/// <summary>Who is signed in is what the token says that the gateway adds, once the portal has checked it.</summary>
public sealed class PortalSessionTests : IAsyncLifetime
{
    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_page_for_somebody_who_is_signed_in_says_so_goes_on_in_their_name_and_is_kept_by_nobody()
    {
        var stranger = await _site.GetAsync("/pratiques");
        Assert.Contains("/session/ouvrir?retour=%2Fpratiques", stranger.Links);
        Assert.Equal("", _site.Network.Tokens.Last());

        var token = PortalSite.Token();
        _site.SignIn(token);
        var page = await _site.GetAsync("/pratiques");

        Assert.Contains("/compte", page.Links);
        Assert.Equal($"Bearer {token}", _site.Network.Tokens.Last());
        Assert.DoesNotContain(token, page.Html, StringComparison.Ordinal);
        Assert.Contains("no-store", page.Response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string> Refused =>
        new(
            "pas un jeton",
            "a.b.c",
            People.Token("delegate:62528", hours: -1),
            People.Token("delegate:62528", issuer: "http://ailleurs.example/"),
            People.Token("delegate:62528", audience: "somebody else"),
            People.Token("delegate:62528", type: "JWT"),
            People.Token("delegate:62528", key: ECDsa.Create(ECCurve.NamedCurves.nistP256))
        );

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_token_that_is_old_forged_or_for_somebody_else_is_no_session(string token)
    {
        _site.SignIn(token);

        var page = await _site.GetAsync("/brouillons");

        Assert.Equal(HttpStatusCode.Redirect, page.Status);
        Assert.DoesNotContain($"Bearer {token}", _site.Network.Tokens);
    }

    [Theory]
    [InlineData("/pratiques/nouvelle")]
    [InlineData("/brouillons")]
    [InlineData("/pratiques/01a206f5-301a-7946-8136-95a1841d0a2a/modifier")]
    public async Task Writing_asks_to_sign_in_and_comes_back(string address)
    {
        var sent = await _site.GetAsync(address);

        Assert.Equal(HttpStatusCode.Redirect, sent.Status);
        Assert.EndsWith(
            "/session/ouvrir?retour=" + Uri.EscapeDataString(address),
            sent.Response.Headers.Location!.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_territory_that_is_not_one_s_own_cannot_be_edited()
    {
        _site.SignIn(PortalSite.Token("delegate:62498"));

        var page = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}/modifier");

        Assert.Equal(HttpStatusCode.Forbidden, page.Status);
        Assert.DoesNotContain("/modifier", (await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}")).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_posted_without_its_proof_gets_a_page_that_says_so()
    {
        _site.SignIn();
        var refused = await _site.PostAsync(
            $"/pratiques/{PortalSite.Skatepark}/retirer",
            [new("_handler", "retrait"), new("reason", "pour voir")]
        );

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal("Demande refusée", refused.Heading);
    }

    [Fact]
    public async Task The_keys_of_the_cookies_are_for_their_owner_only()
    {
        _site.SignIn();
        await _site.GetAsync("/pratiques/nouvelle");

        Assert.NotEmpty(Directory.GetFiles(_site.Keys));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_site.Keys));
        }
    }
}
