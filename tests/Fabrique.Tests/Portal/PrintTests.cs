using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>A practice on paper, for the table of a council.</summary>
[Collection<NodeWithPages>]
public sealed partial class PrintTests(NodeInMemory node, Browser browser)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_shipped_practice_prints_on_one_sheet_in_letters_that_can_be_read()
    {
        using var http = await node.HttpAsync();
        var ids = JsonNode.Parse(await http.GetStringAsync("/api/v1/practices?pageSize=100&territory=62528", Cancellation))!["practices"]!
            .AsArray()
            .Select(practice => (string)practice!["id"]!)
            // Those that ship; others are written by other tests.
            .Where(id => id.StartsWith("01a206f5-", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(30, ids.Count);
        await using var context = await browser.NewContextAsync(node.Address, script: true, 1280);
        var page = await context.NewPageAsync();
        foreach (var id in ids)
        {
            await page.GotoAsync($"/pratiques/{id}");
            Assert.True(Pages(await page.PdfAsync(new() { PreferCSSPageSize = true })) == 1, id);
        }

        // The sheet is used: a gap between the columns, what is needed before the sources, and where the page is read.
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        Assert.Equal("", await page.EvaluateAsync<string>(Sheet));
        Assert.Contains(ids[^1], await page.Locator(".sheet-address").InnerTextAsync(), StringComparison.Ordinal);
        Assert.True(await page.Locator(".sheet-address path").EvaluateAsync<int>("code => code.getAttribute('d').length") > 1000);
        await page.EmulateMediaAsync(new() { Media = Media.Screen });
        await Assertions.Expect(page.Locator(".sheet-address")).ToBeHiddenAsync();

        // What is small on screen is not on paper, and what is a page long is counted.
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        Assert.True(await page.EvaluateAsync<double>(SmallestPoints) >= 8.5);
        await page.EvaluateAsync("document.querySelector('.practice-head').style.setProperty('padding-bottom', '300mm', 'important')");
        Assert.True(Pages(await page.PdfAsync(new() { PreferCSSPageSize = true })) > 1);
    }

    private const string Sheet = """
        (() => {
          const columns = getComputedStyle(document.querySelector('.practice .with-aside'));
          const comesFirst = (one, other) => document.querySelector(one).compareDocumentPosition(document.querySelector(other)) & Node.DOCUMENT_POSITION_FOLLOWING;
          return columns.columnCount !== '2' || parseFloat(columns.columnGap) < 20 ? `columns: ${columns.columnCount}, ${columns.columnGap}`
            : !comesFirst('#conditions', '#sources') ? 'the sources come before what is needed' : '';
        })()
        """;

    private const string SmallestPoints = """
        Math.min(...[...document.querySelectorAll('.practice *')]
          .filter(element => element.getClientRects().length > 0 && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim() !== ''))
          .filter(element => !element.closest('.visually-hidden'))
          .map(element => parseFloat(getComputedStyle(element).fontSize) * 0.75))
        """;

    /// <summary>How many sheets a document has.</summary>
    internal static int Pages(byte[] pdf) => PageObject().Count(Encoding.Latin1.GetString(pdf));

    [GeneratedRegex(@"/Type\s*/Page\b(?!s)")]
    private static partial Regex PageObject();
}
