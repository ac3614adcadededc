using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>What people do without a mouse. At each press of Tab, one sees where one is.</summary>
public sealed class KeyboardTests(NodeInMemory node, Browser browser) : IClassFixture<NodeInMemory>, IClassFixture<Browser>
{
    private const int MostPresses = 150;

    private const string FocusIsSeen = """
        () => {
          const element = document.activeElement;
          if (element === document.body) return true;
          if (element instanceof SVGElement) return parseFloat(getComputedStyle(element.querySelector('.map-dot') ?? element).strokeWidth) >= 10;
          const style = getComputedStyle(element), box = element.getBoundingClientRect();
          return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0 && box.top < window.innerHeight;
        }
        """;

    [Fact, Trait("Declared", "keyboard")]
    public async Task From_the_home_page_to_a_practice_past_the_header()
    {
        var page = await OpenAsync("/");
        await TabToAsync(page, page.Locator("a[href='#contenu']"));
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, page.Locator("main input[type=search]").First);
        await page.Keyboard.TypeAsync("panneaux solaires");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/recherche?*", new() { WaitUntil = WaitUntilState.Commit });
        await TabToAsync(page, page.Locator("main a[href^='/pratiques/0']").First);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/pratiques/0*", new() { WaitUntil = WaitUntilState.Commit });
        Assert.Contains("panneaux solaires", await page.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
        // Nothing on the way keeps the focus.
        await TabToAsync(page, page.Locator(".site-footer a").Last);
    }

    [Fact, Trait("Declared", "keyboard")]
    public async Task A_filter_is_set_and_taken_off()
    {
        var page = await OpenAsync("/pratiques");
        await TabToAsync(page, page.Locator("input[name=theme][value=ENER]"));
        await page.Keyboard.PressAsync("Space");
        await TabToAsync(page, page.Locator(".facets button"));
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**theme=ENER*", new() { WaitUntil = WaitUntilState.Commit });
        await TabToAsync(page, page.Locator(".chips li a").First);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(url => !url.Contains("ENER", StringComparison.Ordinal), new() { WaitUntil = WaitUntilState.Commit });
    }

    [Fact, Trait("Declared", "keyboard")]
    public async Task What_is_missing_in_a_form_leads_to_its_field()
    {
        var page = await OpenAsync("/");
        await Browser.SignInAsync(page, node, "62528");
        await page.GotoAsync("/pratiques/nouvelle");
        await TabToAsync(page, page.Locator("#champ-title"));
        await page.Keyboard.TypeAsync("Une remise à outils");
        await TabToAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Publier" }).First);
        await page.Keyboard.PressAsync("Enter");
        var missing = page.Locator("a[href$='#champ-difficulties']").First;
        await missing.WaitForAsync();
        await TabToAsync(page, missing);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#champ-difficulties")).ToBeFocusedAsync();
    }

    private static async Task TabToAsync(IPage page, ILocator target)
    {
        for (var presses = 0; presses < MostPresses; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            Assert.True(await page.EvaluateAsync<bool>(FocusIsSeen), $"{page.Url}: no focus seen on {await page.EvaluateAsync<string>("document.activeElement.outerHTML.slice(0, 200)")}");
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }
        }

        Assert.Fail($"{page.Url}: the keyboard does not lead to {target}");
    }

    private async Task<IPage> OpenAsync(string path)
    {
        var context = await browser.NewContextAsync(node.Address, script: true, width: 1280);
        var page = await context.NewPageAsync();
        await page.GotoAsync(path);
        return page;
    }
}
