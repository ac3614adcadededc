using System.Net;
using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>What readers and peers do with practices in their pages, on a whole node and without script.</summary>
[Collection<NodeWithPages>]
public sealed class PracticePagesTests(NodeInMemory node, Browser browser)
{
    private const string Loos = "62528";
    private const string Neighbour = "59350";
    private const string Skatepark = "/pratiques/01a206f5-301c-7252-a1d4-e560e7398bbd";
    private const string Hirondelles = "/pratiques/01a206f5-302d-733e-b2cc-9eff9048920f";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_answers_of_a_search_are_on_a_map_and_in_a_list_that_says_the_same()
    {
        // A theme of which nobody else writes in this class: what is counted are the practices that ship.
        var page = await OpenAsync("/pratiques?theme=ENER");
        var count = await page.Locator(".cards-list > li").CountAsync();
        Assert.True(count > 1);
        await page.GetByRole(AriaRole.Link, new() { Name = "Sur une carte" }).ClickAsync();
        Assert.Contains("vue=carte", page.Url, StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator(".cards-list > li").CountAsync());
        var mark = page.Locator("a.map-mark");
        Assert.Contains($"{count} pratiques", await mark.GetAttributeAsync("aria-label"), StringComparison.Ordinal);
        Assert.Contains($"{count} pratiques", await page.Locator("#territoires li").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(await mark.GetAttributeAsync("href"), await page.Locator("#territoires a").GetAttributeAsync("href"));
        Assert.True(await page.Locator("input[name=theme][value=ENER]").IsCheckedAsync());

        await page.Locator("#territoires a").ClickAsync();
        Assert.Contains("theme=ENER", page.Url, StringComparison.Ordinal);
        Assert.Contains("territoire=62528", page.Url, StringComparison.Ordinal);
        Assert.Equal(count, await page.Locator(".cards-list > li").CountAsync());
    }

    [Fact]
    public async Task A_reader_reports_without_account_and_the_delegates_of_the_territory_close_it()
    {
        const string said = "Le terrain est fermé depuis <b>mars</b>.";
        var reader = await OpenAsync(Skatepark);
        await reader.GetByRole(AriaRole.Link, new() { Name = "Signaler une erreur" }).ClickAsync();
        await reader
            .GetByRole(AriaRole.Button, new() { Name = "Envoyer au territoire" })
            .EvaluateAsync("button => button.form.noValidate = true");
        await reader.GetByRole(AriaRole.Button, new() { Name = "Envoyer au territoire" }).ClickAsync();
        await Assertions.Expect(reader.GetByText("Votre message n’est pas parti")).ToBeVisibleAsync();
        await reader.Locator("#champ-kind-REPORT_KIND_OUTDATED").CheckAsync();
        await reader.Locator("#champ-text").FillAsync(said);
        var form = await reader.Locator("input[name=requestId]").InputValueAsync();
        await reader.GetByRole(AriaRole.Button, new() { Name = "Envoyer au territoire" }).ClickAsync();
        await Assertions.Expect(reader.GetByText("le territoire est prévenu")).ToBeVisibleAsync();

        // Back, and pressed again: the form is the same one.
        await reader.GotoAsync($"{Skatepark}/signaler");
        await reader.Locator("input[name=requestId]").EvaluateAsync("(field, same) => field.value = same", form);
        await reader.Locator("#champ-kind-REPORT_KIND_OUTDATED").CheckAsync();
        await reader.Locator("#champ-text").FillAsync(said);
        await reader.GetByRole(AriaRole.Button, new() { Name = "Envoyer au territoire" }).ClickAsync();

        // A program fills what people do not see.
        await reader.GotoAsync($"{Skatepark}/signaler");
        await reader.Locator("#champ-kind-REPORT_KIND_WRONG").CheckAsync();
        await reader.Locator("#champ-text").FillAsync("Achetez ici");
        await reader.Locator("#site-web").EvaluateAsync("field => field.value = 'https://example.org'");
        await reader.GetByRole(AriaRole.Button, new() { Name = "Envoyer au territoire" }).ClickAsync();
        await Assertions.Expect(reader.GetByText("le territoire est prévenu")).ToBeVisibleAsync();

        var elsewhere = await OpenAsync("/brouillons", Neighbour);
        Assert.Equal(0, await elsewhere.GetByText("Le terrain est fermé").CountAsync());
        var mine = await OpenAsync("/brouillons", Loos);
        Assert.Equal(1, await mine.GetByText(said).CountAsync());
        Assert.Equal(0, await mine.GetByText("Achetez ici").CountAsync());
        await mine.GetByLabel("Ce que vous en avez fait").FillAsync("Texte corrigé.");
        await mine.GetByRole(AriaRole.Button, new() { Name = "Clore ce signalement" }).ClickAsync();
        Assert.Equal(0, await mine.GetByRole(AriaRole.Button, new() { Name = "Clore ce signalement" }).CountAsync());
        Assert.Contains("Texte corrigé.", await mine.Locator("details").Last.TextContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_without_the_proof_of_its_form_is_refused_and_reading_changes_nothing()
    {
        using var http = await node.HttpAsync();
        using var forged = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["_handler"] = "signalement",
                ["kind"] = "REPORT_KIND_WRONG",
                ["text"] = "Forgé",
            }
        );
        Assert.Equal(HttpStatusCode.BadRequest, (await http.PostAsync($"{Skatepark}/signaler", forged, Cancellation)).StatusCode);
        await http.GetAsync($"{Skatepark}/signaler?kind=REPORT_KIND_WRONG&text=Forg%C3%A9", Cancellation);
        Assert.DoesNotContain(await node.ReadAsync("practices", "SELECT text FROM practice_reports"), text =>
            text.Contains("Forgé", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Only_the_delegates_of_the_territory_confirm_a_text()
    {
        foreach (var page in new[] { await OpenAsync(Hirondelles), await OpenAsync(Hirondelles, Neighbour) })
        {
            Assert.Equal(0, await page.GetByRole(AriaRole.Button, new() { Name = "Confirmer" }).CountAsync());
        }
        var mine = await OpenAsync(Hirondelles, Loos);
        await mine.GetByRole(AriaRole.Button, new() { Name = "Confirmer que ce texte est toujours vrai" }).ClickAsync();
        await Assertions.Expect(mine.GetByText("Ce texte est confirmé")).ToBeVisibleAsync();
        Assert.Contains("Version 2", await mine.Locator(".record").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_read_a_draft_and_say_what_they_think_and_nobody_else_sees_it()
    {
        var mine = await OpenAsync("/pratiques/nouvelle", Loos);
        await mine.Locator("#champ-title").FillAsync("La mare de l’école");
        await mine.GetByRole(AriaRole.Button, new() { Name = "Enregistrer le brouillon" }).Last.ClickAsync();
        var address = new Uri(mine.Url).AbsolutePath.Replace("/modifier", "", StringComparison.Ordinal);
        await mine.GotoAsync(address);
        await mine.GetByRole(AriaRole.Button, new() { Name = "Faire relire par les pairs" }).ClickAsync();
        await Assertions.Expect(mine.GetByText("Elle n’est pas publiée.")).ToBeVisibleAsync();

        var peer = await OpenAsync("/brouillons", Neighbour);
        await peer.GetByRole(AriaRole.Link, new() { Name = "La mare de l’école" }).ClickAsync();
        Assert.Equal(0, await peer.GetByRole(AriaRole.Link, new() { Name = "Modifier" }).CountAsync());
        await peer.Locator("#champ-text").FillAsync("Qui la nettoie l’été ?");
        await peer.GetByRole(AriaRole.Button, new() { Name = "Envoyer la remarque" }).ClickAsync();

        await mine.ReloadAsync();
        await Assertions.Expect(mine.GetByText("Qui la nettoie l’été ?")).ToBeVisibleAsync();
        var visitor = await OpenAsync("/");
        Assert.Equal(404, (await visitor.GotoAsync(address))!.Status);
    }

    [Fact]
    public async Task An_adaptation_and_its_origin_lead_to_each_other_and_an_edit_does_not_forget_it()
    {
        await node.JoinAsync(Neighbour);
        var mine = await OpenAsync(Skatepark, Neighbour);
        await mine.GetByRole(AriaRole.Link, new() { Name = "Raconter votre adaptation" }).ClickAsync();
        await mine.Locator("#champ-title").FillAsync("Un skatepark chez nous");
        await mine.Locator("#champ-summary").FillAsync("Une pétition aussi.");
        await mine.Locator("#champ-themes-PART").CheckAsync();
        await mine.Locator("#champ-maturity").SelectOptionAsync("IDEE");
        await mine.Locator("#champ-context").FillAsync("Un terrain vague.");
        await mine.Locator("#champ-difficulties").FillAsync("Le bruit.");
        await mine.Locator("#champ-successConditions").FillAsync("Un lieu loin des chambres.");
        await mine.Locator("#champ-sources-0-title").FillAsync("Compte rendu");
        await mine.GetByRole(AriaRole.Button, new() { Name = "Publier" }).Last.ClickAsync();
        var address = new Uri(mine.Url).AbsolutePath;
        await mine.GotoAsync($"{address}/modifier");
        await mine.Locator("#champ-firstStep").FillAsync("Écouter.");
        await mine.GetByRole(AriaRole.Button, new() { Name = "Publier les modifications" }).ClickAsync();

        await mine.GotoAsync(address);
        Assert.Equal(1, await mine.Locator($"section[aria-labelledby=filiation] a[href='{Skatepark}']").CountAsync());
        await mine.GotoAsync(Skatepark);
        Assert.Equal(1, await mine.Locator($"section[aria-labelledby=filiation] a[href='{address}']").CountAsync());
    }

    private async Task<IPage> OpenAsync(string path, string? territory = null)
    {
        var context = await browser.NewContextAsync(node.Address, script: false, 1280);
        var page = await context.NewPageAsync();
        if (territory is not null)
        {
            await Browser.SignInAsync(page, node, territory);
        }
        await page.GotoAsync(path);
        return page;
    }
}
