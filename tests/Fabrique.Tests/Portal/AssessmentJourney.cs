using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>Two people of one delegation look at their town: one with a script and a line that fails, one without either.</summary>
public sealed partial class JoiningTests
{
    private const string Looked = "ZZ012";
    private const string Assessment = "/mon-territoire/auto-evaluation";

    [Fact]
    public async Task Two_delegates_answer_apart_see_where_they_differ_and_freeze_it()
    {
        var elected = await DelegateAsync("adjointe", "ELU", Looked, script: true);
        await elected.GotoAsync("/mon-territoire");
        await elected.GetByRole(AriaRole.Link, new() { Name = "Notre auto-évaluation" }).ClickAsync();
        await Assertions.Expect(elected.Locator("main")).ToContainTextAsync("Aucun instantané pour l’instant");
        await elected.GetByRole(AriaRole.Link, new() { Name = "Commencer" }).ClickAsync();

        // A first answer is saved alone, then the line is lost: what was typed is still there.
        await elected.Locator("input[name=reponse-ENGAGER-1][value=HABITUDE]").CheckAsync();
        await elected.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).ClickAsync();
        await Assertions.Expect(elected.Locator(".notice-done")).ToContainTextAsync("Vos réponses sont enregistrées");
        var other = await elected.Context.NewPageAsync();
        await other.GotoAsync(elected.Url);
        await elected.Locator("details:has(#preuve-ENGAGER-1) summary").ClickAsync();
        await elected.Locator("#preuve-ENGAGER-1").FillAsync("Une réunion <b>houleuse</b>");
        await Assertions.Expect(elected.Locator("#garde")).ToContainTextAsync("gardé sur cet appareil");
        await elected.Context.SetOfflineAsync(true);
        await elected.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).ClickAsync();
        await Assertions.Expect(elected.Locator("#garde")).ToContainTextAsync("Pas de connexion");
        await elected.Context.SetOfflineAsync(false);

        // Meanwhile somebody of the same family saves: both texts are shown, and nothing is put over the other unseen.
        await other.Locator("input[name=reponse-ENGAGER-2][value=INSTALLE]").CheckAsync();
        await other.EvaluateAsync("localStorage.clear()");
        await other.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).ClickAsync();
        await Assertions.Expect(other.Locator(".notice-done")).ToContainTextAsync("Vos réponses sont enregistrées");
        await elected.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).ClickAsync();
        await Assertions
            .Expect(elected.Locator(".notice-warning"))
            .ToContainTextAsync("Quelqu’un de votre famille a enregistré entre-temps");
        await Assertions.Expect(elected.Locator(".question").Nth(1).Locator(".elsewhere")).ToContainTextAsync("c’est installé");
        Assert.Equal("Une réunion <b>houleuse</b>", await elected.Locator("#preuve-ENGAGER-1").InputValueAsync());
        await AnswerAsync(elected, "HABITUDE");

        // Somebody who sells bread fills another sheet, without a script, and sees nothing of the first before hers is there.
        var baker = await DelegateAsync("boulangere", "SOCIO", Looked, script: false);
        await baker.GotoAsync(Assessment);
        await Assertions.Expect(baker.Locator(".quartet")).ToContainTextAsync("fiche envoyée le");
        await baker.GotoAsync($"{Assessment}/comparaison?vue=tableau");
        await Assertions.Expect(baker.Locator("main")).ToContainTextAsync("Il faut deux fiches envoyées");
        Assert.DoesNotContain("houleuse", await baker.ContentAsync(), StringComparison.Ordinal);
        await baker.GotoAsync(Assessment);
        await baker.GetByRole(AriaRole.Link, new() { Name = "Commencer" }).ClickAsync();
        await AnswerAsync(baker, "PAS_ENCORE");
        await baker.GetByRole(AriaRole.Link, new() { Name = "Voir où vos regards diffèrent" }).ClickAsync();
        await Assertions.Expect(baker.Locator("h2").First).ToHaveTextAsync("À discuter ensemble");
        Assert.Equal(20, await baker.Locator(".path-figure").CountAsync());
        await Assertions.Expect(baker.Locator("article").First).ToContainTextAsync("Une réunion <b>houleuse</b>");

        await baker.GetByRole(AriaRole.Link, new() { Name = "Toutes les réponses en un tableau" }).ClickAsync();
        Assert.Equal(40, await baker.Locator("td").CountAsync());

        await elected.GotoAsync($"{Assessment}/comparaison");
        await CheckAsync(elected);
        await elected.GotoAsync($"{Assessment}/comparaison?vue=tableau");
        await CheckAsync(elected);
        await elected.GotoAsync(Assessment);
        await elected.GetByRole(AriaRole.Button, new() { Name = "Prendre un instantané aujourd’hui" }).ClickAsync();
        await Assertions.Expect(elected.Locator(".notice-done")).ToContainTextAsync("L’instantané est pris");
        await CheckAsync(elected);
        Assert.InRange(PrintTests.Pages(await elected.PdfAsync(new() { PreferCSSPageSize = true })), 1, 2);
        Assert.Equal(0, await elected.GetByRole(AriaRole.Button, new() { Name = "L’ouvrir à nos facilitateurs" }).CountAsync());
        var snapshot = new Uri(elected.Url);
        var table = $"{snapshot.AbsolutePath}.csv?territoire={Looked}";
        Assert.Contains("ENGAGER-1", await (await elected.APIRequest.GetAsync(table)).TextAsync(), StringComparison.Ordinal);

        // A neighbour who was told the address gets nothing there, in whatever form.
        var neighbour = await DelegateAsync("voisine", "ELU", "ZZ011", script: false);
        Assert.Equal(403, (await neighbour.GotoAsync(snapshot.PathAndQuery))!.Status);
        Assert.Equal(404, (await neighbour.GotoAsync($"{snapshot.AbsolutePath}?territoire=ZZ011"))!.Status);
        Assert.Equal(403, (await neighbour.APIRequest.GetAsync(table)).Status);
        Assert.Equal(403, (await neighbour.GotoAsync($"{Assessment}?territoire={Looked}"))!.Status);
    }

    /// <summary>Answers every question alike, axis after axis, and submits the sheet.</summary>
    private static async Task AnswerAsync(IPage page, string answer)
    {
        for (var axis = 0; axis < 4; axis++)
        {
            foreach (var choice in await page.Locator($"input[value={answer}]").AllAsync())
            {
                await choice.CheckAsync();
            }
            // The page before said the same: what counts is what the next one says.
            var before = page.Url;
            await page.Locator(".form-actions button").First.ClickAsync();
            await Assertions.Expect(page).Not.ToHaveURLAsync(before);
            await Assertions.Expect(page.Locator(".notice-done")).ToContainTextAsync("Vos réponses sont enregistrées");
        }
        await page.GetByRole(AriaRole.Button, new() { Name = "Envoyer la fiche" }).ClickAsync();
        await Assertions.Expect(page.Locator(".notice-done")).ToContainTextAsync("Votre fiche est envoyée");
    }

    /// <summary>What every page is checked for is checked where there is something to see.</summary>
    private static async Task CheckAsync(IPage page)
    {
        await PageChecks.AxeAsync(page);
        await page.SetViewportSizeAsync(320, 900);
        Assert.Equal(320, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await page.SetViewportSizeAsync(1280, 900);
    }

    private async Task<IPage> DelegateAsync(string name, string family, string territory, bool script)
    {
        var context = await browser.NewContextAsync(node.Address, script, width: 1280);
        var page = await context.NewPageAsync();
        await Browser.AcceptAsync(
            page,
            await node.RunAsync("invite", "--mail", $"{name}@example.org", "--territory", territory, "--family", family),
            name
        );
        return page;
    }
}
