using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>What people do with a browser, on a whole node. Every journey but the last is without script: the site needs none.</summary>
[Collection<NodeWithPages>]
public sealed class BrowserTests(NodeInMemory node, Browser browser)
{
    private const string Loos = "62528";

    [Fact]
    public async Task A_visitor_goes_from_the_home_page_to_a_practice_of_Loos_en_Gohelle()
    {
        var page = await OpenAsync("/");
        await page.GetByRole(AriaRole.Searchbox)
            .Or(page.GetByLabel("Chercher", new() { Exact = false }))
            .First.FillAsync("panneaux solaires");
        await page.GetByRole(AriaRole.Button, new() { Name = "Rechercher" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new("panneaux solaires") }).First.ClickAsync();
        Assert.Contains("panneaux solaires", await page.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Matches(@"/pratiques/[0-9a-f-]{36}$", page.Url);

        await page.GotoAsync($"/territoires/{Loos}");
        Assert.Contains("Loos-en-Gohelle", await page.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
        Assert.True(await page.GetByText("7 octobre 2014").CountAsync() > 0);
    }

    [Fact]
    public async Task A_word_with_a_slip_finds_practices_before_towns_that_only_look_like_it()
    {
        var page = await OpenAsync("/recherche?q=jardim");
        var titles = await page.Locator("main h2").AllInnerTextsAsync();
        Assert.Matches(@"^\d+ pratiques?$", titles[0]);
        Assert.Matches(@"^\d+ territoires?$", titles[1]);
        Assert.Contains("«\u00a0jardin\u00a0»", await page.Locator(".search-help").InnerTextAsync(), StringComparison.Ordinal);
        Assert.True(await page.Locator("#pratiques ~ .cards mark").CountAsync() > 0);

        await page.GotoAsync("/recherche?q=loos");
        Assert.Matches(@"^\d+ territoires?$", (await page.Locator("main h2").AllInnerTextsAsync())[0]);
        await page.GotoAsync("/recherche?q=zzzqqqxxx");
        Assert.Equal(["Aucune pratique", "Aucun territoire"], await page.Locator("main h2").AllInnerTextsAsync());
        Assert.Equal(0, await page.Locator("main ul.cards").CountAsync());
    }

    [Fact, Trait("Declared", "script")]
    public async Task A_delegate_writes_a_draft_is_told_what_is_missing_publishes_and_sees_it_on_the_territorys_page()
    {
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var page = await OpenAsync("/");
        await page.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { ["traceparent"] = $"00-{trace}-00f067aa0ba902b7-01" });
        await Browser.SignInAsync(page, node, Loos);

        await page.GotoAsync("/pratiques/nouvelle");
        await page.Locator("#champ-title").FillAsync("La boîte à outils du quartier <script>alert(1)</script>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Enregistrer le brouillon" }).First.ClickAsync();
        Assert.Matches("/pratiques/[0-9a-f-]{36}/modifier", page.Url);

        await page.GetByRole(AriaRole.Button, new() { Name = "Publier" }).First.ClickAsync();
        Assert.True(await page.Locator("a[href$='#champ-difficulties']").CountAsync() > 0, "the summary leads to the field");
        Assert.Contains("La boîte à outils", await page.Locator("#champ-title").InputValueAsync(), StringComparison.Ordinal);

        await page.Locator("#champ-summary").FillAsync("Une remise où chacun emprunte une perceuse plutôt que de l’acheter.");
        await page.Locator("#champ-themes-DECH").CheckAsync();
        await page.Locator("#champ-maturity").SelectOptionAsync("IDEE");
        await page.Locator("#champ-context").FillAsync("Une remise libre au pied d’un immeuble.");
        await page.Locator("#champ-difficulties").FillAsync("Personne pour tenir la permanence du samedi.");
        await page.Locator("#champ-successConditions").FillAsync("Deux habitants qui ont la clé.");
        await page.Locator("#champ-sources-0-title").FillAsync("Un essai du navigateur");
        await page.Locator("#champ-licence").SelectOptionAsync("CC-BY-SA-4.0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publier" }).First.ClickAsync();
        Assert.Contains("La boîte à outils du quartier <script>", await page.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);

        var id = new Uri(page.Url).AbsolutePath.Split('/')[^1];

        await page.GotoAsync("/pratiques?q=perceuse");
        Assert.Equal(1, await page.GetByText("1 pratique", new() { Exact = true }).CountAsync());
        Assert.Equal(1, await page.GetByRole(AriaRole.Link, new() { NameRegex = new("boîte à outils") }).CountAsync());
        await WholeNode.EventuallyAsync(
            true,
            async () =>
            {
                await page.GotoAsync($"/territoires/{Loos}");
                return await page.GetByRole(AriaRole.Link, new() { NameRegex = new("boîte à outils") }).CountAsync() > 0;
            },
            TimeSpan.FromSeconds(20)
        );

        // The page's request and the service's write are one trace.
        Assert.Contains(
            trace,
            (await node.ReadAsync("practices", $"SELECT trace FROM records WHERE id = '{id}'")).Single(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(1280), InlineData(1366), InlineData(1440), InlineData(1600), InlineData(1920), InlineData(2560), InlineData(390)]
    public async Task The_landscape_of_the_home_page_is_drawn_whole_and_clear_of_the_words(int width)
    {
        var page = await OpenAsync("/", width);
        Assert.Empty(
            await page.EvaluateAsync<string[]>(
                """
                () => {
                  const box = selector => document.querySelector(selector).getBoundingClientRect();
                  const [hero, sun, near] = [box('.hero'), box('.land-sun'), box('.land-near')];
                  const words = [...document.querySelectorAll('.hero p, .hero .map-note')].map(text => text.getBoundingClientRect().bottom);
                  return [
                    ...(Math.min(sun.top, near.top) < Math.max(...words) ? ['the landscape is drawn over the words'] : []),
                    ...(near.bottom > hero.bottom + 1 || box('.land-plain').left > 0 || box('.land-plain').right < innerWidth ? ['the landscape is cut'] : []),
                    ...(near.left < 0 || near.right > innerWidth ? innerWidth > 600 ? ['the hill is cut'] : [] : []),
                    ...(Math.abs(sun.width - sun.height) > 1 ? ['the sun is not round'] : []),
                  ];
                }
                """
            )
        );
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Nobody_writes_without_a_session()
    {
        var page = await OpenAsync("/pratiques/nouvelle");
        Assert.Equal(0, await page.Locator("#champ-title").CountAsync());
        Assert.Contains("/compte/connexion", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_browser_finds_nothing_to_refuse_in_the_pages()
    {
        await using var context = await browser.NewContextAsync(node.Address, script: true, width: 1280);
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.Add(message.Text);
        page.RequestFailed += (_, request) => complaints.Add(request.Url);
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url).Host != node.Address.Host)
            {
                complaints.Add($"a third party: {request.Url}");
            }
        };
        foreach (
            var path in new[]
            {
                "/",
                "/territoires/62528-loos-en-gohelle",
                "/territoires/semblables?de=62413",
                "/style",
                "/pratiques?theme=ENER",
                "/plan-du-site",
            }
        )
        {
            await page.GotoAsync(path);
        }
        Assert.Empty(complaints);
    }

    private async Task<IPage> OpenAsync(string path, int width = 1280)
    {
        var context = await browser.NewContextAsync(node.Address, script: width == 320, width);
        var page = await context.NewPageAsync();
        await page.GotoAsync(path);
        return page;
    }
}

/// <summary>The distribution's Chromium, without a window.</summary>
public sealed class Browser : IAsyncLifetime
{
    public const string Password = "hortensia brouette mercredi 17";

    private static readonly ConcurrentDictionary<(WholeNode, string), IEnumerable<Cookie>> Sessions = [];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        // Two processors start several nodes and browsers at a time.
        Assertions.SetDefaultExpectTimeout(20_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = "/usr/bin/chromium",
                Args =
                [
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                ],
            }
        );
    }

    public Task<IBrowserContext> NewContextAsync(Uri address, bool script, int width) =>
        _browser!.NewContextAsync(
            new()
            {
                BaseURL = address.ToString(),
                JavaScriptEnabled = script,
                Locale = "fr-FR",
                ViewportSize = new() { Width = width, Height = 900 },
            }
        );

    /// <summary>
    /// Opens a session of a delegate of a territory: an account that an invitation makes, once for each node and territory.
    /// </summary>
    public static async Task SignInAsync(IPage page, WholeNode node, string territory)
    {
        if (Sessions.TryGetValue((node, territory), out var cookies))
        {
            await page.Context.AddCookiesAsync(cookies);
            return;
        }
        await AcceptAsync(
            page,
            await node.RunAsync("invite", "--mail", $"delegue-{territory}@example.org", "--territory", territory),
            "Dominique Essai"
        );
        Sessions[(node, territory)] = (await page.Context.CookiesAsync())
            .Where(cookie => cookie.Name is "fabrique-session" or "fabrique-compte")
            .Select(cookie => new Cookie
            {
                Name = cookie.Name,
                Value = cookie.Value,
                Domain = cookie.Domain,
                Path = cookie.Path,
                HttpOnly = true,
                SameSite = SameSiteAttribute.Lax,
            });
    }

    /// <summary>Makes an account with the link of an invitation, reads the welcome, and is then on the page of the account.</summary>
    public static async Task AcceptAsync(IPage page, string link, string name)
    {
        await page.GotoAsync(link.Trim());
        await page.Locator("#nom").FillAsync(name);
        await page.Locator("#motdepasse").FillAsync(Password);
        await page.Locator("main form button").Last.ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("Bienvenue à");
        await page.GotoAsync("/compte");
    }

    /// <summary>Waits until the page is one whose address has this part, whether it is there already or on its way.</summary>
    public static Task IsAtAsync(IPage page, string part) => Assertions.Expect(page).ToHaveURLAsync(new Regex(Regex.Escape(part)));

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
    }
}
