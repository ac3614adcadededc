using Deque.AxeCore.Commons;
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

    // Axe's own call for Playwright opens a second page for each run, to gather what frames say: the site has no frames, and it takes four
    // times as long.
    private const string Run = """
        async rules => (await axe.run(document, { resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) })).violations
          .flatMap(rule => rule.nodes.map(place => `${rule.id}: ${rule.help}: ${place.html}`))
        """;

    private static readonly string[] Contrast = ["color-contrast"];

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>
    /// Axe finds nothing in either theme; nothing is lost on a narrow screen, with large letters or with wide spacing; what is read are
    /// words, and the first sentence is on the first screen of a telephone.
    /// </summary>
    public static async Task AllAsync(IPage page)
    {
        Assert.Empty(await PageWords.FaultsAsync(page));
        await AxeAsync(page);
        await NothingIsLostAsync(page);
        await page.SetViewportSizeAsync(390, 844);
        Assert.InRange(await PageWords.FirstSentenceAsync(page), 0, 800);
        // What 1280 pixels hold at 200 %.
        await page.SetViewportSizeAsync(640, 450);
        Assert.Empty((await page.EvaluateAsync<string[]>(Lost)).Select(lost => $"at 200 %: {lost}"));
        await page.SetViewportSizeAsync(1280, 900);
        await page.EvaluateAsync(Spacing);
        Assert.Empty((await page.EvaluateAsync<string[]>(Lost)).Select(lost => $"with text spacing: {lost}"));
    }

    /// <summary>Axe finds nothing in either theme. The page is dark afterwards.</summary>
    public static async Task AxeAsync(IPage page)
    {
        await page.EvaluateAsync(Axe);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Assert.Empty(await page.EvaluateAsync<string[]>(Run));
        // The themes differ in nothing but colours.
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        Assert.Empty(await page.EvaluateAsync<string[]>(Run, Contrast));
    }

    /// <returns>The version of axe that looks at the pages.</returns>
    public static async Task<string> AxeVersionAsync(IPage page)
    {
        await page.EvaluateAsync(Axe);
        return await page.EvaluateAsync<string>("axe.version");
    }

    /// <summary>The page is no wider than a narrow telephone, and cuts nothing off.</summary>
    public static async Task NothingIsLostAsync(IPage page)
    {
        await page.SetViewportSizeAsync(320, 900);
        Assert.Empty((await page.EvaluateAsync<string[]>(Lost)).Select(lost => $"{page.Url} at 320 px: {lost}"));
    }
}
