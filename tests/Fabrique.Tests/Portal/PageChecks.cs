using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>What holds on a page for whoever reads it, on any screen. Its scripts must be allowed to run.</summary>
internal static class PageChecks
{
    // What is cut off or makes the page wider than its window. Lines that are clamped lead to the whole text; drawings scale.
    private const string Lost = """
        () => {
          const wide = document.documentElement.scrollWidth - window.innerWidth;
          const cut = [...document.querySelectorAll('main, body *')].filter(element => {
            const style = getComputedStyle(element);
            return !element.closest('svg, input, select, .visually-hidden, .skip, .hero') && style.webkitLineClamp === 'none'
              && /hidden|clip/.test(style.overflowX + style.overflowY)
              && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1);
          });
          return [...(wide > 0 ? [`${wide} px too wide`] : []), ...cut.map(element => element.outerHTML.slice(0, 160))];
        }
        """;

    // The spacing that a reader may choose without loss: WCAG 2.1, success criterion 1.4.12.
    private const string Spacing = """
        () => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
          document.adoptedStyleSheets = [sheet];
        }
        """;

    /// <summary>Axe finds nothing in either theme; nothing is lost on a narrow screen, with large letters or with wide spacing.</summary>
    public static async Task AllAsync(IPage page)
    {
        Assert.Empty(Findings(await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] })));
        // The themes differ in nothing but colours.
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        Assert.Empty(
            Findings(
                await page.RunAxe(
                    new AxeRunOptions
                    {
                        ResultTypes = [ResultType.Violations],
                        RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast"] },
                    }
                )
            )
        );

        await page.SetViewportSizeAsync(320, 900);
        Assert.Empty((await page.EvaluateAsync<string[]>(Lost)).Select(lost => $"at 320 px: {lost}"));
        // What 1280 pixels hold at 200 %.
        await page.SetViewportSizeAsync(640, 450);
        Assert.Empty((await page.EvaluateAsync<string[]>(Lost)).Select(lost => $"at 200 %: {lost}"));
        await page.SetViewportSizeAsync(1280, 900);
        await page.EvaluateAsync(Spacing);
        Assert.Empty((await page.EvaluateAsync<string[]>(Lost)).Select(lost => $"with text spacing: {lost}"));
    }

    private static IEnumerable<string> Findings(AxeResult result) =>
        result.Violations.SelectMany(rule => rule.Nodes.Select(place => $"{rule.Id}: {rule.Help}: {place.Html}"));
}
