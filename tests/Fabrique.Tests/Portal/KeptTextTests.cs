using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>What is typed stays on the device until it is saved, whatever becomes of the connection.</summary>
[Collection<NodeWithPages>]
public sealed partial class KeptTextTests(NodeInMemory node, Browser browser)
{
    private const string New = "/pratiques/nouvelle";
    private const string Save = "Enregistrer le brouillon";

    [Fact]
    public async Task A_text_typed_before_the_connection_went_is_taken_up_with_its_rows_and_saved_once()
    {
        var page = await OpenAsync();
        await page.Locator("#champ-title").FillAsync("La ressourcerie <b>du canal</b>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ajouter un chiffre" }).ClickAsync();
        await page.Locator("#champ-figures-1-label").FillAsync("Objets réparés");
        await page.Locator("#champ-context").FillAsync("Première ligne\n\nDeuxième ligne");
        await page.Locator("#champ-themes-DECH").CheckAsync();
        await Assertions.Expect(page.Locator("#garde")).ToContainTextAsync("gardé sur cet appareil");

        await page.Context.SetOfflineAsync(true);
        await page.GetByRole(AriaRole.Button, new() { Name = Save }).Last.ClickAsync();
        await Assertions.Expect(page.Locator("#garde")).ToContainTextAsync("Pas de connexion");
        Assert.Equal("Objets réparés", await page.Locator("#champ-figures-1-label").InputValueAsync());

        await page.Context.SetOfflineAsync(false);
        await page.GotoAsync(New);
        Assert.Equal("", await page.Locator("#champ-title").InputValueAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Reprendre ce que vous aviez écrit" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Voici ce que vous aviez écrit", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Equal("La ressourcerie <b>du canal</b>", await page.Locator("#champ-title").InputValueAsync());
        Assert.Equal("Objets réparés", await page.Locator("#champ-figures-1-label").InputValueAsync());
        Assert.Equal("Première ligne\n\nDeuxième ligne", await page.Locator("#champ-context").InputValueAsync());
        Assert.True(await page.Locator("#champ-themes-DECH").IsCheckedAsync());

        await page.GetByRole(AriaRole.Button, new() { Name = Save }).Last.ClickAsync();
        await page.WaitForURLAsync(Saved());
        Assert.Equal(0, await KeptAsync(page));
        await page.GotoAsync(New);
        await Assertions.Expect(page.Locator("#reprise")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_text_that_was_saved_although_it_could_not_be_published_is_not_offered_again()
    {
        var page = await OpenAsync();
        await page.Locator("#champ-title").FillAsync("Un lavoir remis en eau");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publier" }).Last.ClickAsync();
        await Assertions.Expect(page.GetByText("Votre brouillon est enregistré")).ToBeVisibleAsync();
        await page.GotoAsync(New);
        await Assertions.Expect(page.Locator("#reprise")).ToBeHiddenAsync();
        Assert.Equal(0, await KeptAsync(page));
    }

    [Fact]
    public async Task A_kept_text_is_erased_when_asked_and_after_thirty_days()
    {
        var page = await OpenAsync();
        await page.Locator("#champ-title").FillAsync("À oublier");
        await Assertions.Expect(page.Locator("#garde")).ToContainTextAsync("gardé sur cet appareil");
        await page.GotoAsync(New);
        await page.GetByRole(AriaRole.Button, new() { Name = "L’effacer" }).ClickAsync();
        Assert.Equal(0, await KeptAsync(page));
        await Assertions.Expect(page.Locator("#reprise")).ToBeHiddenAsync();

        await page.Locator("#champ-title").FillAsync("Trop vieux");
        await Assertions.Expect(page.Locator("#garde")).ToContainTextAsync("gardé sur cet appareil");
        await page.EvaluateAsync(
            """
            for (const key of Object.keys(localStorage)) {
              localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), at: Date.now() - 31 * 24 * 3600 * 1000 }));
            }
            """
        );
        await page.GotoAsync(New);
        Assert.Equal(0, await KeptAsync(page));
    }

    [Fact]
    public async Task What_was_kept_of_a_version_that_somebody_else_changed_is_not_put_over_it()
    {
        var page = await OpenAsync();
        await page.Locator("#champ-title").FillAsync("Version commune");
        await page.GetByRole(AriaRole.Button, new() { Name = Save }).Last.ClickAsync();
        await page.WaitForURLAsync(Saved());
        var address = page.Url.Split('?')[0];
        await page.Locator("#champ-title").FillAsync("Ce que j’écrivais");
        await Assertions.Expect(page.Locator("#garde")).ToContainTextAsync("gardé sur cet appareil");

        var other = await OpenAsync(script: false);
        await other.GotoAsync(address);
        await other.Locator("#champ-title").FillAsync("Ce qu’un collègue a écrit");
        await other.GetByRole(AriaRole.Button, new() { Name = Save }).Last.ClickAsync();

        await page.GotoAsync(address);
        await page.GetByRole(AriaRole.Button, new() { Name = "Reprendre ce que vous aviez écrit" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = Save }).Last.ClickAsync();
        await Assertions.Expect(page.Locator("#conflit")).ToBeVisibleAsync();
        Assert.Equal("Ce que j’écrivais", await page.Locator("#champ-title").InputValueAsync());
    }

    private static Task<int> KeptAsync(IPage page) =>
        page.EvaluateAsync<int>("Object.keys(localStorage).filter(key => key.startsWith('fabrique-brouillon:')).length");

    private async Task<IPage> OpenAsync(bool script = true)
    {
        var context = await browser.NewContextAsync(node.Address, script, 1280);
        var page = await context.NewPageAsync();
        await Browser.SignInAsync(page, node, "59350");
        await page.GotoAsync(New);
        return page;
    }

    [GeneratedRegex("/modifier\\?etat=enregistre")]
    private static partial Regex Saved();
}
