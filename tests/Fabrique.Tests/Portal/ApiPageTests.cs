using System.Net;
using System.Text.RegularExpressions;
using Fabrique.Portal.Api;

namespace Fabrique.Tests;

/// <summary>The description of the API as people read it.</summary>
public sealed class ApiPageTests : IAsyncLifetime
{
    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData("", "Chercher des pratiques", "Au moins une pour publier.")]
    [InlineData("/en", "Search practices", "At least one to publish.")]
    public async Task Every_call_has_a_page_with_a_name_and_an_example(string language, string title, string field)
    {
        foreach (var call in ApiCall.All)
        {
            var page = await _site.GetAsync($"{language}/api/demandes/{call.Id}");
            Assert.Equal(HttpStatusCode.OK, page.Status);
            // A title, not a paragraph; what it says more stands below it, and does not begin with it again.
            var name = page.Document.QuerySelector("h1")!.TextContent;
            Assert.InRange(name.Length, 5, 60);
            Assert.False(call.Description.StartsWith(call.Title, StringComparison.Ordinal), call.Id);
            Assert.Contains(
                ApiExample.Of(call)!.Curl(call, page.Response.RequestMessage!.RequestUri!.GetLeftPart(UriPartial.Authority)),
                page.Document.DocumentElement.TextContent,
                StringComparison.Ordinal
            );
        }
        Assert.Contains(title, (await _site.GetAsync($"{language}/api/domaines/practices")).Text, StringComparison.Ordinal);
        Assert.Contains(field, (await _site.GetAsync($"{language}/api/objets/Practice")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_page_of_the_description_is_light_and_its_links_arrive()
    {
        var pages = new Dictionary<string, PortalPage>();
        var ahead = new Queue<string>(["/api"]);
        while (ahead.TryDequeue(out var address))
        {
            if (pages.ContainsKey(address.Split('#')[0]))
            {
                continue;
            }
            var page = pages[address.Split('#')[0]] = await _site.GetAsync(address);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.Empty(page.Document.Scripts);
            Assert.Equal(
                page.Document.QuerySelectorAll("[id]").Length,
                page.Document.QuerySelectorAll("[id]").Select(element => element.Id).Distinct().Count()
            );
            // Three requests and some kilobytes on each.
            var index = EcoIndex.Of(page.Document.All.Length, requests: 3, kilobytes: 18);
            Assert.True(EcoIndex.Grade(index) == "A", $"{address}: {page.Document.All.Length} elements");
            foreach (var link in page.Links.Where(link => link.StartsWith("/api", StringComparison.Ordinal) && link != ApiDocument.Address))
            {
                ahead.Enqueue(link);
            }
        }

        Assert.True(pages.Count > 40, "each call and each object has a page");
        Assert.All(
            pages.SelectMany(page =>
                page.Value.Links.Where(link => Regex.IsMatch(link, "^(/api[^#]*)?#")).Select(link => (From: page.Key, To: link.Split('#')))
            ),
            link =>
                Assert.True(
                    pages[link.To[0].Length > 0 ? link.To[0] : link.From].Document.GetElementById(link.To[1]) is not null
                        || link.To[1] == "contenu",
                    $"{link.From}: #{link.To[1]}"
                )
        );
    }

    [Fact]
    public async Task What_was_an_anchor_of_one_long_page_still_leads_to_it()
    {
        var page = await _site.GetAsync("/api");
        string[] anchors = ["lire", "refus", "refus-409", "practices", "objets", "listes", "liste-Theme"];
        Assert.All(anchors, anchor => Assert.NotNull(page.Document.GetElementById(anchor)));
    }

    [Fact]
    public async Task It_is_found_from_every_page_and_a_wrong_name_in_it_gets_a_page_too()
    {
        Assert.Contains("/api", (await _site.GetAsync("/")).Links);
        Assert.Contains("/en/api", (await _site.GetAsync("/en/plan-du-site")).Links);
        Assert.Contains(ApiDocument.Address, (await _site.GetAsync("/api")).Links);
        foreach (var address in new[] { "/api/demandes/rien", "/api/domaines/rien", "/api/objets/Rien" })
        {
            var missing = await _site.GetAsync(address);
            Assert.Equal(HttpStatusCode.NotFound, missing.Status);
            Assert.Contains("Page introuvable", missing.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_text_of_the_contracts_is_translated_and_nothing_else()
    {
        var shown = ApiTexts.Shown(ApiDocument.Create("https://example.org")).ToHashSet();
        Assert.True(shown.Count > 150);
        foreach (var (_, po) in ApiTexts.Translations)
        {
            var told = po.Entries.Select(entry => entry.Key).Where(key => key.Text.Length > 0).ToHashSet();
            Assert.True(
                shown.SetEquals(told),
                $"Missing:\n{string.Join("\n", shown.Except(told))}\nNo longer said:\n{string.Join("\n", told.Except(shown))}"
            );
        }
    }
}
