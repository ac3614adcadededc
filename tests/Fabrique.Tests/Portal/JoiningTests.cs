using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>The entry of a town, from its first visitor to its first practice: three people who have no mouse, three browsers without
/// script, the mails of the node.</summary>
public sealed partial class JoiningTests(NodeWithInventedTowns node, Browser browser)
    : IClassFixture<NodeWithInventedTowns>,
        IClassFixture<Browser>
{
    private const string Town = "ZZ001";
    private const string Name = "Bourg-Exemple (ZZ)";

    [Fact, Trait("Declared", "keyboard")]
    public async Task By_keyboard_alone_a_town_enters_the_network_publishes_a_practice_and_leaves()
    {
        // A facilitator, with the second factor that this right asks for.
        var facilitator = await OpenAsync("/");
        await facilitator.GotoAsync((await node.RunAsync("invite", "--mail", "facilitation@example.org", "--role", "facilitator")).Trim());
        await CreateAccountAsync(facilitator, "Facilitation Essai");
        await Browser.IsAtAsync(facilitator, "/compte/second-facteur");
        await facilitator.Locator("#code").WriteAsync(Mailbox.OneTimeCode(await facilitator.Locator("code.key").InnerTextAsync()));
        await facilitator.Locator("main form button").PressAsync();
        await facilitator.GetByRole(AriaRole.Link, new() { Name = "Continuer" }).PressAsync();

        // A first person finds the town, makes an account on the way, and asks.
        var first = await OpenAsync("/rejoindre");
        await first.Locator("main input[type=search]").WriteAsync("bourg-ex");
        await first.Locator("main form[role=search] button").PressAsync();
        await first.GetByRole(AriaRole.Link, new() { Name = Name, Exact = true }).PressAsync();
        await first.GetByRole(AriaRole.Link, new() { Name = "créez un compte" }).PressAsync();
        await first.Locator("#courriel").WriteAsync("premiere@example.org");
        await first.Locator("main form button").PressAsync();
        await first.GotoAsync(await Mailbox.LinkAsync(node, "premiere@example.org", 1));
        await CreateAccountAsync(first, "Première Essai");
        // Back where the account was begun from.
        await Browser.IsAtAsync(first, $"/rejoindre?territoire={Town}");
        await first.GetByRole(AriaRole.Button, new() { Name = "Envoyer ma demande" }).PressAsync();
        Assert.Equal(2, await first.Locator(".error-summary li").CountAsync());
        await first.Locator("input[name=family]").First.ChooseAsync("AGENT");
        await first.Locator("#champ-function").WriteAsync("chargée de mission <climat>");
        await first.GetByRole(AriaRole.Button, new() { Name = "Envoyer ma demande" }).PressAsync();
        await Assertions.Expect(first.Locator(".notice-done")).ToContainTextAsync("Votre demande est partie");

        // It is examined: a refusal needs a reason, then it is accepted.
        await facilitator.GotoAsync("/facilitation/demandes");
        Assert.Contains("chargée de mission <climat>", await facilitator.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        await facilitator.GetByRole(AriaRole.Button, new() { Name = "Refuser" }).PressAsync();
        await Assertions.Expect(facilitator.Locator(".error-summary")).ToContainTextAsync("Dites pourquoi");
        await facilitator.GetByRole(AriaRole.Button, new() { Name = "Accepter Première Essai" }).PressAsync();
        await Assertions.Expect(facilitator.Locator(".error-summary")).ToContainTextAsync("Choisissez la place");
        await facilitator.GetByLabel("Place du territoire dans le réseau").ChooseAsync("PILOTE");
        await facilitator.GetByRole(AriaRole.Button, new() { Name = "Accepter Première Essai" }).PressAsync();
        await Assertions.Expect(facilitator.Locator(".notice-done")).ToContainTextAsync("Première Essai");

        // She leads the delegation, sees who is missing, and invites.
        await WholeNode.EventuallyAsync(
            Name,
            async () =>
            {
                await first.GotoAsync("/mon-territoire");
                return await first.Locator("h1").InnerTextAsync();
            },
            TimeSpan.FromSeconds(5)
        );
        Assert.Equal(3, await first.Locator(".quartet .missing").CountAsync());

        // She signs the charter in the name of the town.
        Assert.Equal("Charte signée", await first.Locator(".progress .now strong").InnerTextAsync());
        await first.GetByRole(AriaRole.Link, new() { Name = "Lire et signer la charte" }).PressAsync();
        await first.GetByRole(AriaRole.Button, new() { Name = "Signer la charte" }).PressAsync();
        Assert.Equal(2, await first.Locator(".error-summary li").CountAsync());
        await first.Locator("#champ-signatory-name").WriteAsync("Camille <b>Essai</b>");
        await first.Locator("#champ-signatory-function").WriteAsync("maire");
        await first.Locator("#champ-deliberation").WriteAsync("2026-17");
        await first.GetByRole(AriaRole.Button, new() { Name = "Signer la charte" }).PressAsync();
        await Assertions.Expect(first.Locator(".notice-done")).ToContainTextAsync("Il manque encore à votre délégation : élue ou élu");
        Assert.Contains("Camille <b>Essai</b>, maire", await first.Locator("main dl").InnerTextAsync(), StringComparison.Ordinal);
        await first.GotoAsync("/mon-territoire");
        await first.Locator("#courriel").WriteAsync("pas une adresse");
        await first.GetByRole(AriaRole.Button, new() { Name = "Envoyer l’invitation" }).PressAsync();
        await Assertions.Expect(first.Locator(".error-summary")).ToContainTextAsync("Indiquez une adresse électronique");
        await first.Locator("#courriel").WriteAsync("seconde@example.org");
        await first.Locator("#famille").ChooseAsync("ELU");
        await first.Locator("#fonction").WriteAsync("adjointe");
        await first.GetByRole(AriaRole.Button, new() { Name = "Envoyer l’invitation" }).PressAsync();
        await Assertions.Expect(first.Locator(".notice-done")).ToContainTextAsync("L’invitation est partie");

        // The second delegate comes in by the mail, and publishes.
        var second = await OpenAsync(await Mailbox.LinkAsync(node, "seconde@example.org", 1));
        Assert.Contains(
            "délégué·e du territoire Bourg-Exemple – élue ou élu",
            (await second.Locator("main").InnerTextAsync()).Replace('\u00a0', ' '),
            StringComparison.Ordinal
        );
        await CreateAccountAsync(second, "Seconde Essai");
        await Assertions.Expect(second.Locator("h1")).ToHaveTextAsync("Bienvenue à Bourg-Exemple");
        Assert.Contains("Première Essai vous a invité·e", await second.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("délégué·e du territoire Bourg-Exemple", await second.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        await second.GotoAsync("/pratiques/nouvelle");
        await second.Locator("#champ-title").WriteAsync("Un essai de prêt de vélos");
        await second.Locator("#champ-summary").WriteAsync("Des vélos prêtés pour essayer avant d’acheter.");
        await second.Locator("#champ-themes-MOB").TickAsync();
        await second.Locator("#champ-maturity").ChooseAsync("IDEE");
        await second.Locator("#champ-context").WriteAsync("Une gare, des trajets courts.");
        await second.Locator("#champ-difficulties").WriteAsync("L’entretien.");
        await second.Locator("#champ-successConditions").WriteAsync("Un atelier proche.");
        await second.Locator("#champ-sources-0-title").WriteAsync("Un essai du navigateur");
        await second.Locator("#champ-licence").ChooseAsync("CC-BY-SA-4.0");
        await second.GetByRole(AriaRole.Button, new() { Name = "Publier" }).First.PressAsync();

        // Not before the town is a member: her text waits as a draft, and the delegation is now complete enough.
        await Assertions.Expect(second.Locator(".notice-warning")).ToContainTextAsync("enregistré, mais pas publié");
        await first.GotoAsync("/mon-territoire");
        await first.GetByRole(AriaRole.Button, new() { Name = "Activer l’adhésion" }).PressAsync();
        await Assertions.Expect(first.Locator(".notice-done")).ToContainTextAsync("Votre territoire est membre du réseau");
        await WholeNode.EventuallyAsync(
            true,
            async () =>
            {
                await second.GetByRole(AriaRole.Button, new() { Name = "Publier" }).First.PressAsync();
                return await second.Locator(".notice-warning").CountAsync() == 0;
            },
            TimeSpan.FromSeconds(10)
        );
        Assert.Equal("Un essai de prêt de vélos", await second.Locator("h1").InnerTextAsync());
        var published = new Uri(second.Url).AbsolutePath;

        // A town's private pages and a town's people are not another's: an ordinary delegate cannot invite, nor remove.
        await second.GotoAsync("/mon-territoire");
        Assert.Equal(0, await second.GetByRole(AriaRole.Button, new() { Name = "Envoyer l’invitation" }).CountAsync());
        Assert.Equal(0, await second.GetByRole(AriaRole.Button, new() { Name = "Retirer Première Essai" }).CountAsync());
        await second.GotoAsync("/facilitation/demandes");
        Assert.Contains("Accès refusé", await second.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);

        // She is removed: within five seconds her open session writes nothing more.
        await first.GotoAsync("/mon-territoire");
        await first.GetByRole(AriaRole.Button, new() { Name = "Retirer Seconde Essai" }).PressAsync();
        await WholeNode.EventuallyAsync(
            0,
            async () =>
            {
                await second.GotoAsync("/pratiques/nouvelle");
                return await second.Locator("#champ-title").CountAsync();
            },
            TimeSpan.FromSeconds(5)
        );

        // Nor does it read what the delegation says to itself.
        Assert.Equal(403, (await second.GotoAsync($"{Assessment}?territoire={Town}"))!.Status);

        // The town leaves with all it told: nobody reads it any more, and its page says why.
        await first.GotoAsync("/mon-territoire");
        await first.GetByRole(AriaRole.Link, new() { Name = "Quitter le réseau" }).PressAsync();
        await first.GetByRole(AriaRole.Button, new() { Name = "Quitter le réseau" }).PressAsync();
        await Assertions.Expect(first.Locator(".error-summary")).ToContainTextAsync("Choisissez ce que deviennent");
        await first.Locator("input[name=practices]").First.ChooseAsync("PRACTICES_LEFT_HIDDEN");
        await first.GetByRole(AriaRole.Button, new() { Name = "Quitter le réseau" }).PressAsync();
        await Assertions.Expect(first.Locator("h1")).ToContainTextAsync("a quitté le réseau");
        var reader = await OpenAsync("/");
        await WholeNode.EventuallyAsync(404, async () => (await reader.GotoAsync(published))!.Status, TimeSpan.FromSeconds(10));
        await reader.GotoAsync($"/territoires/{Town}");
        Assert.Contains("A quitté le réseau le", await reader.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delegate_tells_where_the_territory_comes_from_and_the_drawing_is_on_its_page()
    {
        await node.JoinAsync("ZZ002");
        var page = await OpenAsync("/");
        await Browser.SignInAsync(page, node, "ZZ002");
        await page.GotoAsync("/mon-territoire");
        await page.GetByRole(AriaRole.Link, new() { Name = "Raconter le territoire" }).PressAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Commencer", Exact = true }).PressAsync();
        await page.Locator("#champ-introduction").WriteAsync("Un bourg au bord d’une rivière.");
        await page.Locator("#champ-situations-RURAL").TickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Enregistrer et continuer" }).PressAsync();
        await page.Locator("#champ-star-text").WriteAsync("Vivre de la rivière sans l’user.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).Last.PressAsync();
        await Assertions.Expect(page.Locator(".notice-done")).ToContainTextAsync("Enregistré");

        await page.GotoAsync("/mon-territoire/profil/etapes");
        await page.Locator("#champ-milestones-0-date").WriteAsync("octobre 2014");
        await page.Locator("#champ-milestones-0-title").WriteAsync("Le moulin tourne de nouveau");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ajouter une étape" }).PressAsync();
        await page.Locator("#champ-milestones-1-date").WriteAsync("1984");
        await page.Locator("#champ-milestones-1-title").WriteAsync("La crue");
        await page.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).Last.PressAsync();
        Assert.Equal(2, await page.Locator(".error-summary li").CountAsync());
        foreach (var row in new[] { 0, 1 })
        {
            await page.Locator($"#champ-milestones-{row}-newSource").WriteAsync("Bulletin municipal");
        }
        await page.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).Last.PressAsync();
        await Assertions.Expect(page.Locator(".notice-done")).ToContainTextAsync("Enregistré");

        var reader = await OpenAsync("/territoires/ZZ002");
        await WholeNode.EventuallyAsync(
            1,
            async () =>
            {
                await reader.ReloadAsync();
                return await reader.Locator(".timeline-wide").CountAsync();
            },
            TimeSpan.FromSeconds(5)
        );
        var main = await reader.Locator("main").InnerTextAsync();
        Assert.Contains("Vivre de la rivière sans l’user.", main, StringComparison.Ordinal);
        Assert.Contains("Bulletin municipal", main, StringComparison.Ordinal);
        Assert.Equal(["1984", "octobre 2014"], await reader.Locator(".timeline-wide .tl-date").AllTextContentsAsync());
    }

    private async Task<IPage> OpenAsync(string path)
    {
        var context = await browser.NewContextAsync(node.Address, script: false, width: 1280);
        var page = await context.NewPageAsync();
        await page.GotoAsync(path);
        return page;
    }

    private static async Task CreateAccountAsync(IPage page, string name)
    {
        await page.Locator("#nom").WriteAsync(name);
        await page.Locator("#motdepasse").WriteAsync(Browser.Password);
        await page.Locator("main form button").PressAsync();
    }
}
