using System.IO.Compression;
using System.Net;
using System.Text;
using Fabrique.Portal;

namespace Fabrique.Tests;

/// <summary>The description of the API as people read it.</summary>
public sealed class ApiPageTests : IAsyncLifetime
{
    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData("/api", "Chercher des pratiques", "Au moins une pour publier.")]
    [InlineData("/en/api", "Search practices", "At least one to publish.")]
    public async Task Every_call_has_its_place_with_a_name_and_an_example_and_every_link_arrives(string address, string title, string field)
    {
        var page = await _site.GetAsync(address);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        foreach (var call in ApiCall.All)
        {
            var section = page.Document.GetElementById(call.Id)!;
            Assert.NotEqual(call.Method.Name, section.TextContent);
            Assert.Contains(ApiExample.Of(call)!.Curl(call, page.Response.RequestMessage!.RequestUri!.GetLeftPart(UriPartial.Authority)), section.ParentElement!.TextContent, StringComparison.Ordinal);
        }
        Assert.Contains(title, page.Text, StringComparison.Ordinal);
        Assert.Contains(field, page.Text, StringComparison.Ordinal);
        Assert.All(page.Links.Where(link => link.StartsWith('#')), link => Assert.NotNull(page.Document.GetElementById(link[1..])));
        Assert.Equal(page.Document.QuerySelectorAll("[id]").Length, page.Document.QuerySelectorAll("[id]").Select(element => element.Id).Distinct().Count());
    }

    [Fact]
    public async Task It_is_light_and_found_from_every_page()
    {
        Assert.Contains("/api", (await _site.GetAsync("/")).Links);
        Assert.Contains("/en/api", (await _site.GetAsync("/en/plan-du-site")).Links);
        var page = await _site.GetAsync("/api");
        Assert.Contains(ApiDocument.Address, page.Links);
        Assert.Empty(page.Document.Scripts);
        using var packed = new MemoryStream();
        await using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await brotli.WriteAsync(Encoding.UTF8.GetBytes(page.Html), TestContext.Current.CancellationToken);
        }
        // With the style sheet, well below the 100 KB of a first view.
        Assert.InRange(packed.Length, 1, 60_000);
    }

    [Fact]
    public void Every_text_of_the_contracts_is_translated_and_nothing_else()
    {
        var shown = ApiTexts.Shown(ApiDocument.Create("https://example.org")).ToHashSet();
        Assert.True(shown.Count > 150);
        foreach (var (_, po) in ApiTexts.Translations)
        {
            var told = po.Entries.Select(entry => entry.Key.Text).Where(text => text.Length > 0).ToHashSet();
            Assert.True(shown.SetEquals(told), $"Missing:\n{string.Join("\n", shown.Except(told))}\nNo longer said:\n{string.Join("\n", told.Except(shown))}");
        }
    }
}
