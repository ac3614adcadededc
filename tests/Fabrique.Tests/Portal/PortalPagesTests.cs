using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fabrique.Tests;

/// <summary>What a visitor reads, without script and without account.</summary>
public sealed partial class PortalPagesTests : IAsyncLifetime
{
    private PortalSite _site = null!;

    public static TheoryData<string, string, string> Pages =>
        new()
        {
            { "/", "Ce qui a marché ailleurs, et ce qui a coincé", "Fabrique – des territoires" },
            { "/recherche?q=loos", "Recherche\u00a0: «\u00a0loos\u00a0»", "Recherche\u00a0: loos" },
            { "/territoires", "Territoires", "Territoires – Fabrique" },
            { "/territoires/62528-loos-en-gohelle", "Loos-en-Gohelle (62)", "Loos-en-Gohelle (62) – Fabrique" },
            { "/territoires/62528-loos-en-gohelle/trajectoire", "La trajectoire", "Loos-en-Gohelle (62)\u00a0: La trajectoire – Fabrique" },
            {
                "/territoires/62528-loos-en-gohelle/methode",
                "Les résultats et la méthode",
                "Loos-en-Gohelle (62)\u00a0: Les résultats et la méthode – Fabrique"
            },
            { "/territoires/62498-lens", "Lens (62)", "Lens (62) – Fabrique" },
            { "/territoires/semblables", "Des territoires comme le mien", "Des territoires comme le mien – Fabrique" },
            { "/territoires/semblables?de=62498", "Des territoires comme Lens", "Des territoires comme le mien – Fabrique" },
            { "/style", "Composants", "Composants – Fabrique" },
            { "/pratiques", "Pratiques", "Pratiques – Fabrique" },
            { $"/pratiques/{PortalSite.Skatepark}", "Un skatepark né d’une pétition", "Un skatepark né d’une pétition – Fabrique" },
            { "/plan-du-site", "Plan du site", "Plan du site – Fabrique" },
            { "/mentions-legales", "Mentions légales", "Mentions légales – Fabrique" },
            { "/accessibilite", "Accessibilité\u00a0: non conforme", "Accessibilité – Fabrique" },
            { "/ecoconception", "Écoconception", "Écoconception – Fabrique" },
            { "/licences", "Licences et réutilisation", "Licences et réutilisation – Fabrique" },
        };

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_reads_without_script_and_holds_in_its_budget(string address, string heading, string title)
    {
        var page = await _site.GetAsync(address);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Equal(heading, page.Heading);
        Assert.StartsWith(title, page.Title, StringComparison.Ordinal);
        Assert.Equal("fr", page.Document.DocumentElement.GetAttribute("lang"));
        Assert.Empty(page.Document.QuerySelectorAll("script:not([type='application/ld+json']), style, iframe, [style]"));
        Assert.DoesNotContain(page.Document.All.SelectMany(element => element.Attributes), attribute =>
            attribute.Name.StartsWith("on", StringComparison.Ordinal)
        );
        Assert.Empty(
            page.Document.All.GroupBy(element => element.Id)
                .Where(ids => !string.IsNullOrEmpty(ids.Key) && ids.Count() > 1)
                .Select(ids => ids.Key)
        );
        Assert.Single(page.Document.QuerySelectorAll("main"));
        Assert.Equal("#contenu", page.Links.First());
        Assert.InRange(Encoding.UTF8.GetByteCount(page.Html), 1_000, 60_000);
    }

    [Fact]
    public async Task What_changed_between_two_versions_is_read_word_by_word()
    {
        var address = $"/pratiques/{PortalSite.Skatepark}";
        Assert.DoesNotContain($"{address}/versions", (await _site.GetAsync(address)).Links);
        _site.Network.Overwrite(PortalSite.Skatepark, practice =>
            practice.Difficulties = "Le projet a demandé beaucoup de temps <et d’argent>."
        );
        Assert.Contains($"{address}/versions", (await _site.GetAsync(address)).Links);

        var list = await _site.GetAsync($"{address}/versions");
        var compared = await _site.GetAsync(list.Links.Single(link => link.Contains("de=1&a=2", StringComparison.Ordinal)).Split('#')[0]);

        Assert.Equal(["Les difficultés"], compared.Document.QuerySelectorAll(".differences h3").Select(title => title.TextContent));
        Assert.Contains("beaucoup de", compared.Document.QuerySelector(".difference ins")!.TextContent, StringComparison.Ordinal);
        Assert.Contains(
            "<et d’argent>",
            string.Concat(compared.Document.QuerySelectorAll(".difference ins").Select(added => added.TextContent)),
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.NotFound, (await _site.GetAsync($"{address}/versions?de=7&a=2")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _site.GetAsync($"/pratiques/{Guid.Empty}/versions")).Status);
        Assert.Contains(
            "Les deux textes sont les mêmes",
            (await _site.GetAsync($"{address}/versions?de=2&a=2")).Text,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("2020", true), InlineData("2020-03", true), InlineData("2020-03-31", true)]
    [InlineData("2999", false), InlineData("2999-01", false), InlineData("", false)]
    public async Task A_text_that_was_not_read_again_in_time_says_so(string due, bool said)
    {
        _site.Network.Overwrite(PortalSite.Skatepark, practice => practice.ReviewDueOn = due);
        var page = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}");
        Assert.Equal(said, page.Text.Contains("Texte à relire", StringComparison.Ordinal));
        // Only its territory is asked to do something about it.
        Assert.DoesNotContain("C’est le vôtre", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_told_of_a_failure_that_did_not_happen()
    {
        var page = await _site.GetAsync("/erreur/503");

        Assert.Equal(HttpStatusCode.NotFound, page.Status);
        Assert.DoesNotContain("503", page.Heading, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_link_of_the_site_leads_somewhere()
    {
        var seen = new Dictionary<string, PortalPage>();
        var ahead = new Queue<string>(["/"]);
        while (ahead.TryDequeue(out var address))
        {
            var path = address.Split('#')[0];
            if (!seen.TryGetValue(path, out var page))
            {
                page = seen[path] = await _site.GetAsync(path);
                Assert.True(
                    page.Status is HttpStatusCode.OK or HttpStatusCode.Redirect or HttpStatusCode.MovedPermanently,
                    $"{path}: {page.Status}"
                );
                // The API and sessions are the gateway's, accounts the identity service's.
                foreach (
                    var link in page.Links.Where(link =>
                        link.StartsWith('/')
                        && !link.StartsWith("/api/v1", StringComparison.Ordinal)
                        && !link.StartsWith("/session/", StringComparison.Ordinal)
                        && !link.Contains("/compte", StringComparison.Ordinal)
                    )
                )
                {
                    ahead.Enqueue(link);
                }

                var broken = page.Links.Where(link => link.StartsWith('#')).Where(link => page.Document.GetElementById(link[1..]) is null);
                Assert.Empty(broken.Select(link => path + link));
            }
        }

        Assert.InRange(seen.Count, 60, 400);
    }

    [Fact]
    public async Task A_text_that_looks_like_HTML_is_shown_as_text()
    {
        const string Evil = "<script>alert(1)</script><img src=x onerror=alert(2)>";
        var practice = PortalSite.Published("01a206f5-0000-7000-8000-000000000001", Evil);
        practice.Context = practice.Summary = practice.Figures[0].Unit = practice.Difficulties = practice.ContactRole = Evil;
        practice.Sources[0].Title = Evil;
        practice.Sources[0].Url = "javascript:alert(3)";
        _site.Network.Store(practice, "published");

        foreach (
            var address in (string[])
                [
                    "/",
                    "/pratiques",
                    $"/pratiques/{practice.Id}",
                    "/pratiques?q=" + Uri.EscapeDataString(Evil),
                    "/recherche?q=" + Uri.EscapeDataString(Evil),
                ]
        )
        {
            var page = await _site.GetAsync(address);
            Assert.Empty(page.Document.QuerySelectorAll("script, img"));
            Assert.Contains("<script>alert(1)</script>", page.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(page.Links, link => link.StartsWith("javascript", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task A_practice_shows_each_figure_with_what_one_needs_to_judge_it()
    {
        var page = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}");

        var figure = page.Document.QuerySelector(".figures li")!.TextContent;
        foreach (var part in (string[])["environ 11 à 14", "ans", "De 1999 à 2009", "déclaratif"])
        {
            Assert.Contains(part, figure, StringComparison.Ordinal);
        }

        Assert.Equal("#source-L", page.Document.QuerySelector(".figures .source-mark")!.GetAttribute("href"));
        Assert.Equal("https://example.org/article", page.Document.QuerySelector("#source-L a")!.GetAttribute("href"));
        Assert.Contains("Version 1, du 2 mars 2026", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trajectory_has_a_table_that_says_the_same()
    {
        var page = await _site.GetAsync("/territoires/62528-loos-en-gohelle/trajectoire");

        var milestones = page.Document.QuerySelectorAll(".milestones h3").Select(title => title.TextContent.Trim());
        var rows = page.Document.QuerySelectorAll(".trajectory tbody th").Select(title => title.TextContent.Trim());
        Assert.Equal(16, milestones.Count());
        Assert.Equal(milestones, rows);
        Assert.Contains("7 octobre 2014", page.Text, StringComparison.Ordinal);
        Assert.All(page.Document.QuerySelectorAll("table"), table => Assert.NotNull(table.QuerySelector("caption")));
    }

    [Theory]
    [InlineData("/territoires/62528/methode", "/territoires/62528-loos-en-gohelle/methode")]
    [InlineData("/en/territoires/62999-ancien-nom/trajectoire", "/en/territoires/62528-loos-en-gohelle/trajectoire")]
    public async Task The_parts_of_a_territorys_story_follow_its_address(string address, string right)
    {
        var page = await _site.GetAsync(address);
        Assert.Equal((HttpStatusCode.MovedPermanently, right), (page.Status, page.Response.Headers.Location!.ToString()));
    }

    [Theory]
    [InlineData("/territoires/62498-lens/methode")]
    [InlineData("/territoires/62498-lens/trajectoire")]
    [InlineData("/territoires/62999999/methode")]
    public async Task There_is_no_page_for_what_a_territory_does_not_tell(string address) =>
        Assert.Equal(HttpStatusCode.NotFound, (await _site.GetAsync(address)).Status);

    [Theory]
    [InlineData("/territoires/62528")]
    [InlineData("/territoires/62528-loos")]
    [InlineData("/territoires/62999-ancien-nom")]
    [InlineData("/en/territoires/62528")]
    public async Task A_territory_has_one_address_to_which_the_others_lead(string address)
    {
        var page = await _site.GetAsync(address);

        var language = address.StartsWith("/en", StringComparison.Ordinal) ? "/en" : "";
        Assert.Equal(
            (HttpStatusCode.MovedPermanently, $"{language}/territoires/62528-loos-en-gohelle"),
            (page.Status, page.Response.Headers.Location!.ToString())
        );
        var right = await _site.GetAsync(page.Response.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, right.Status);
        Assert.EndsWith(
            $"{language}/territoires/62528-loos-en-gohelle",
            right.Document.QuerySelector("link[rel=canonical]")!.GetAttribute("href"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData($"/pratiques/{PortalSite.Skatepark}", "Un skatepark né d’une pétition", "article")]
    [InlineData("/territoires/62528-loos-en-gohelle", "Loos-en-Gohelle (62)", "website")]
    public async Task A_message_that_links_to_a_page_shows_what_it_is_and_a_reader_finds_its_feed(string address, string title, string kind)
    {
        var head = (await _site.GetAsync($"{address}?etat=x")).Document.Head!;
        var canonical = head.QuerySelector("link[rel=canonical]")!.GetAttribute("href")!;
        Assert.EndsWith(address, canonical, StringComparison.Ordinal);
        Assert.Equal((title, canonical, kind), (Said("title"), Said("url"), Said("type")));
        Assert.NotEmpty(Said("description"));
        Assert.Equal(
            $"/pratiques.atom?territoire={PortalSite.Loos}",
            head.QuerySelector("link[rel=alternate][type='application/atom+xml']")!.GetAttribute("href")
        );

        string Said(string name) => head.QuerySelector($"meta[property='og:{name}']")!.GetAttribute("content")!;
    }

    [Fact]
    public async Task Machines_read_a_territory_as_GeoJSON_and_as_linked_data()
    {
        var file = await _site.GetAsync("/territoires/62528.geojson");
        Assert.Equal("application/geo+json", file.Response.Content.Headers.ContentType!.MediaType);
        var feature = JsonNode.Parse(file.Html)!;
        Assert.Equal(("Feature", "Point"), ((string)feature["type"]!, (string)feature["geometry"]!["type"]!));
        Assert.Equal([2.7922, 50.4579], feature["geometry"]!["coordinates"]!.AsArray().Select(degrees => (double)degrees!));
        Assert.Equal(
            ("62528", "Loos-en-Gohelle", 6_799, 2023),
            (
                (string)feature["properties"]!["insee"]!,
                (string)feature["properties"]!["name"]!,
                (int)feature["properties"]!["population"]!,
                (int)feature["properties"]!["populationYear"]!
            )
        );

        Assert.Equal(
            "/territoires/62528.geojson",
            (await _site.GetAsync("/territoires/62999.geojson")).Response.Headers.Location!.ToString()
        );
        Assert.Equal(HttpStatusCode.NotFound, (await _site.GetAsync("/territoires/99999.geojson")).Status);
        var members = JsonNode.Parse((await _site.GetAsync("/territoires.geojson")).Html)!;
        Assert.Equal(["62528"], members["features"]!.AsArray().Select(member => (string)member!["id"]!));

        var loos = _site.Network.Territories["62528"];
        loos.Profile.Introduction = "</script><script>alert(1)</script>";
        var page = await _site.GetAsync("/territoires/62528-loos-en-gohelle");
        var data = JsonNode.Parse(Assert.Single(page.Document.QuerySelectorAll("script")).TextContent)!;
        Assert.Equal(
            ("AdministrativeArea", "Loos-en-Gohelle", 50.4579),
            ((string)data["@type"]!, (string)data["name"]!, (double)data["geo"]!["latitude"]!)
        );
        Assert.Equal(loos.Profile.Introduction, (string)data["description"]!);
    }

    [Fact]
    public async Task The_map_is_a_file_that_browsers_keep_and_pages_lead_from_its_marks()
    {
        var page = await _site.GetAsync("/territoires");

        var mark = Assert.Single(page.Document.QuerySelectorAll("a.map-mark"));
        Assert.Equal(
            ("/territoires/62528-loos-en-gohelle", "Loos-en-Gohelle (62)"),
            (mark.GetAttribute("href"), mark.GetAttribute("aria-label"))
        );
        Assert.Contains(
            "/territoires/62528-loos-en-gohelle",
            page.Document.QuerySelectorAll("#liste a").Select(link => link.GetAttribute("href"))
        );
        var file = page.Document.QuerySelector("use")!.GetAttribute("href")!.Split('#');
        var map = await _site.GetAsync(file[0]);
        Assert.Equal("image/svg+xml", map.Response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("immutable", map.Response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Contains($"id=\"{file[1]}\"", map.Html, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "immutable",
            (await _site.GetAsync("/carte.svg?v=autre")).Response.Headers.CacheControl!.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_town_chooses_itself_and_reads_why_others_are_like_it()
    {
        var choice = await _site.GetAsync("/territoires/semblables?q=Lens");
        Assert.Equal("Des territoires comme Lens", choice.Document.QuerySelector("h1")!.TextContent);

        var page = await _site.GetAsync("/territoires/semblables?de=62498&situation=MINIER");
        var card = page.Document.QuerySelector(".card-territory")!.TextContent;
        foreach (
            var reason in (string[])
                [
                    "Loos-en-Gohelle (62)",
                    "Même situation\u00a0: après-mine",
                    "Même département\u00a0: Pas-de-Calais",
                    "4,8 fois moins d’habitants",
                ]
        )
        {
            Assert.Contains(reason, card, StringComparison.Ordinal);
        }
        Assert.Equal(["MINIER"], page.Document.QuerySelectorAll("input[checked]").Select(box => box.GetAttribute("value")));
        Assert.Contains(
            "Vérifiez l’orthographe",
            (await _site.GetAsync("/territoires/semblables?q=nulle part")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_territory_that_has_not_joined_shows_its_official_sheet_and_how_to_join()
    {
        var page = await _site.GetAsync("/territoires/62498-lens");

        Assert.Contains("Lens n’a pas encore rejoint le réseau", page.Text, StringComparison.Ordinal);
        Assert.Contains("habitants (2023)", page.Text, StringComparison.Ordinal);
        Assert.Contains("Insee, code officiel géographique", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_live_in_the_address_and_each_can_be_removed()
    {
        var page = await _site.GetAsync("/pratiques?q=skatepark&theme=PART&maturite=EPROUVEE");

        Assert.Equal("1 pratique", page.Document.QuerySelector(".result-title")!.TextContent);
        Assert.Contains("/pratiques?q=skatepark&maturite=EPROUVEE", page.Links);
        Assert.Contains("/pratiques?theme=PART&maturite=EPROUVEE", page.Links);
        Assert.Equal(
            ["PART", "EPROUVEE"],
            page.Document.QuerySelectorAll("input[type=checkbox][checked]").Select(box => box.GetAttribute("value"))
        );

        var nothing = await _site.GetAsync("/pratiques?q=introuvable&theme=PART");
        Assert.Contains("Rien ne correspond à cette recherche", nothing.Text, StringComparison.Ordinal);
        Assert.Contains("/pratiques?theme=PART", nothing.Links);
    }

    [Fact]
    public async Task Pages_of_results_go_forth_and_back()
    {
        for (var at = 0; at < 41; at++)
        {
            _site.Network.Store(PortalSite.Published($"01a206f5-0000-7000-8000-{at:D12}", $"Pratique {at:D2}"), "published");
        }

        var address = "/pratiques?theme=PART";
        for (var number = 1; number <= 3; number++)
        {
            address = Link(await _site.GetAsync(address), "next")!;
        }

        var last = await _site.GetAsync(address);
        Assert.Contains("Page 4 sur 4", last.Text, StringComparison.Ordinal);
        Assert.Null(Link(last, "next"));
        Assert.Equal(6, last.Document.QuerySelectorAll("article").Length);
        Assert.Contains("Page 3 sur 4", (await _site.GetAsync(Link(last, "prev")!)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_site_stays_readable_when_a_service_is_away()
    {
        _site.Network.Away["ListPractices"] = true;
        _site.Network.Away["GetPractice"] = true;

        var home = await _site.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, home.Status);
        Assert.Contains("Les pratiques : service momentanément indisponible", home.Text, StringComparison.Ordinal);
        Assert.Contains("Loos-en-Gohelle (62)", home.Text, StringComparison.Ordinal);

        var practice = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, practice.Status);
        Assert.Equal("Service momentanément indisponible", practice.Heading);
        Assert.Equal(TimeSpan.FromMinutes(1), practice.Response.Headers.RetryAfter!.Delta);

        _site.Network.Away["*"] = true;
        foreach (var row in Pages)
        {
            var page = await _site.GetAsync(row.Data.Item1);
            Assert.True(page.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{row.Data.Item1}: {page.Status}");
            Assert.NotEmpty(page.Document.QuerySelectorAll(".site-footer a"));
        }
    }

    [Theory]
    [InlineData("/pratiques/rien-de-tel")]
    [InlineData("/territoires/99999")]
    [InlineData("/adresse-inventee")]
    public async Task What_does_not_exist_is_a_404_that_keeps_the_look_of_the_site(string address)
    {
        var page = await _site.GetAsync(address);

        Assert.Equal(HttpStatusCode.NotFound, page.Status);
        Assert.Equal("Page introuvable", page.Heading);
        Assert.Contains("/territoires", page.Links);
    }

    [Theory]
    [InlineData("/licences", "site")]
    [InlineData("/", "site", "shell")]
    [InlineData("/recherche?q=loos", "site", "shell")]
    [InlineData("/pratiques", "site", "practices")]
    [InlineData("/territoires/62528-loos-en-gohelle", "site", "territories")]
    [InlineData("/charte", "site", "memberships")]
    [InlineData("/api", "site", "api")]
    public async Task Style_sheets_are_small_named_by_their_content_and_kept_for_a_year(string address, params string[] sheets)
    {
        var links = (await _site.GetAsync(address))
            .Document.QuerySelectorAll("link[rel=stylesheet]")
            .Select(link => link.GetAttribute("href")!)
            .ToList();
        Assert.Equal(sheets, links.Select(link => Regex.Match(link, @"^/([a-z]+)\.[a-z0-9]{8,}\.css$").Groups[1].Value));
        var size = 0;
        foreach (var link in links)
        {
            var style = await _site.GetAsync(link);
            Assert.Equal(HttpStatusCode.OK, style.Status);
            Assert.Contains("immutable", style.Response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("@import", style.Html, StringComparison.Ordinal);
            Assert.DoesNotContain("url(", style.Html, StringComparison.Ordinal);
            size += Encoding.UTF8.GetByteCount(style.Html);
        }
        Assert.InRange(size, 1_000, 40_000);
    }

    [Theory]
    [InlineData("/vers/fabrique.practices.v1.Practice/" + PortalSite.Skatepark, "/pratiques/" + PortalSite.Skatepark)]
    [InlineData("/en/vers/fabrique.territories.v1.Profile/62528", "/en/territoires/62528")]
    [InlineData("/vers/fabrique.territories.v1.Membership/62528", "/mon-territoire?territoire=62528")]
    [InlineData("/vers/fabrique.practices.v1.Practice/1%3Fsuite", "/pratiques/1%3Fsuite")]
    [InlineData("/vers/fabrique.practices.v1.RevisePracticeRequest/1", "/pratiques/1/modifier")]
    [InlineData("/vers/fabrique.practices.v1.ListPracticeReportsRequest/62528", "/brouillons?territoire=62528")]
    [InlineData("/vers/fabrique.identity.v1.JoinRequest/1", "/facilitation/demandes")]
    [InlineData("/vers/fabrique.nowhere.v1.Nothing/1", null)]
    public async Task A_record_that_is_named_elsewhere_leads_to_its_page(string address, string? page)
    {
        var answer = await _site.GetAsync(address);

        Assert.Equal(page is null ? HttpStatusCode.NotFound : HttpStatusCode.Found, answer.Status);
        Assert.Equal(page, answer.Response.Headers.Location?.OriginalString);
        Assert.True(page is not null || answer.Heading == "Page introuvable");
    }

    [Fact]
    public async Task Colours_of_text_hold_four_and_a_half_to_one_on_every_ground()
    {
        var style = (
            await _site.GetAsync((await _site.GetAsync("/")).Document.QuerySelector("link[rel=stylesheet]")!.GetAttribute("href")!)
        ).Html;
        var dark = style.IndexOf("@media (prefers-color-scheme: dark)", StringComparison.Ordinal);
        var light = Colours(style[..dark]);
        var night = Colours(style[..dark])
            .Concat(Colours(style[dark..style.IndexOf("*, ::before", StringComparison.Ordinal)]))
            .GroupBy(colour => colour.Key)
            .ToDictionary(colour => colour.Key, colour => colour.Last().Value);

        foreach (var palette in (Dictionary<string, string>[])[light, night])
        {
            foreach (var ground in (string[])["paper", "sand", "card", "done-ground", "alarm-ground"])
            {
                Assert.All((string[])["ink", "soft", "brick", "brick-deep", "green", "alarm"], text =>
                    Assert.True(
                        Contrast(palette[text], palette[ground]) >= 4.5,
                        $"{text} on {ground}: {Contrast(palette[text], palette[ground]):0.00}"
                    )
                );
            }

            Assert.True(Contrast(palette["on-brick"], palette["brick"]) >= 4.5);
            Assert.True(Contrast(palette["slag-text"], palette["slag"]) >= 4.5);
            Assert.True(Contrast(palette["sun"], palette["slag"]) >= 4.5);
            Assert.True(Contrast(palette["edge"], palette["card"]) >= 3);
        }
    }

    [Fact]
    public async Task Health_answers_whatever_the_services_do()
    {
        _site.Network.Away["*"] = true;
        Assert.Contains("\"status\":\"healthy\"", (await _site.GetAsync("/health")).Html, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await _site.GetAsync("/alive")).Status);
    }

    private static string? Link(PortalPage page, string relation) =>
        page.Document.QuerySelector($"a[rel~={relation}]")?.GetAttribute("href");

    private static Dictionary<string, string> Colours(string style) =>
        Colour()
            .Matches(style)
            .DistinctBy(colour => colour.Groups[1].Value)
            .ToDictionary(colour => colour.Groups[1].Value, colour => colour.Groups[2].Value);

    // WCAG 2.2, relative luminance and contrast ratio.
    private static double Contrast(string left, string right)
    {
        var (a, b) = (Luminance(left), Luminance(right));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string colour)
    {
        var parts = Enumerable
            .Range(0, 3)
            .Select(part => Convert.ToInt32(colour.Substring(part * 2, 2), 16) / 255.0)
            .Select(part => part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4))
            .ToList();
        return (0.2126 * parts[0]) + (0.7152 * parts[1]) + (0.0722 * parts[2]);
    }

    [GeneratedRegex("--([a-z-]+): #([0-9a-f]{6});")]
    private static partial Regex Colour();
}
