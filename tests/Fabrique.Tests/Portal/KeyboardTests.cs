using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>What people do without a mouse. At each press of Tab, one sees where one is.</summary>
[Collection<NodeWithPages>]
public sealed class KeyboardTests(NodeInMemory node, Browser browser)
{
    [Fact, Trait("Declared", "keyboard")]
    public async Task From_the_home_page_to_a_practice_past_the_header()
    {
        var page = await OpenAsync("/");
        await page.TabToAsync(page.Locator("a[href='#contenu']"));
        await page.Keyboard.PressAsync("Enter");
        await page.TabToAsync(page.Locator("main input[type=search]").First);
        await page.Keyboard.TypeAsync("panneaux solaires");
        await page.Keyboard.PressAsync("Enter");
        await Browser.IsAtAsync(page, "/recherche?");
        await page.TabToAsync(page.Locator("main a[href^='/pratiques/0']").First);
        await page.Keyboard.PressAsync("Enter");
        await Browser.IsAtAsync(page, "/pratiques/0");
        Assert.Contains("panneaux solaires", await page.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
        // Nothing on the way keeps the focus.
        await page.TabToAsync(page.Locator(".site-footer a").Last);
    }

    [Fact, Trait("Declared", "keyboard")]
    public async Task A_filter_is_set_and_taken_off()
    {
        var page = await OpenAsync("/pratiques");
        await page.TabToAsync(page.Locator("input[name=theme][value=ENER]"));
        await page.Keyboard.PressAsync("Space");
        await page.TabToAsync(page.Locator(".facets button"));
        await page.Keyboard.PressAsync("Enter");
        await Browser.IsAtAsync(page, "theme=ENER");
        await page.TabToAsync(page.Locator(".chips li a").First);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).Not.ToHaveURLAsync(new System.Text.RegularExpressions.Regex("ENER"));
    }

    [Fact, Trait("Declared", "keyboard")]
    public async Task What_is_missing_in_a_form_leads_to_its_field()
    {
        var page = await OpenAsync("/");
        await Browser.SignInAsync(page, node, "62528");
        await page.GotoAsync("/pratiques/nouvelle");
        await page.TabToAsync(page.Locator("#champ-title"));
        await page.Keyboard.TypeAsync("Une remise à outils");
        await page.TabToAsync(page.GetByRole(AriaRole.Button, new() { Name = "Publier" }).First);
        await page.Keyboard.PressAsync("Enter");
        var missing = page.Locator("a[href$='#champ-difficulties']").First;
        await missing.WaitForAsync();
        await page.TabToAsync(missing);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#champ-difficulties")).ToBeFocusedAsync();
    }

    private async Task<IPage> OpenAsync(string path)
    {
        var context = await browser.NewContextAsync(node.Address, script: true, width: 1280);
        var page = await context.NewPageAsync();
        await page.GotoAsync(path);
        return page;
    }
}
