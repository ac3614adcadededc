using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

public sealed class PracticeSearchOnSqliteTests(ServiceOnSqlite<PracticesDb> service)
    : PracticeSearchSuite(service),
        IClassFixture<ServiceOnSqlite<PracticesDb>>;

public sealed class PracticeSearchOnPostgreSqlTests(ServiceOnPostgreSql<PracticesDb> service)
    : PracticeSearchSuite(service),
        IClassFixture<ServiceOnPostgreSql<PracticesDb>>;

/// <summary>What somebody finds in the catalogue, and what helps who finds nothing. The same on every database.</summary>
public abstract class PracticeSearchSuite(ServiceUnderTest<PracticesDb> service)
{
    private const string Town = "29232";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private PracticeService.PracticeServiceClient Practices => new(service.Channel);

    [Theory]
    [InlineData("mobilite"), InlineData("MOBILITÉS"), InlineData("la mobilité des habitants"), InlineData("l’habitante mobile")]
    public async Task Accents_capitals_small_words_and_forms_do_not_matter(string query)
    {
        var id = await PublishAsync("Mobilités douces pour les habitants", practice =>
            practice.Summary = "Des mobilités, des vélos mobiles pour les habitantes."
        );
        Assert.Contains(id, await FoundAsync(query));
    }

    [Fact]
    public async Task A_word_of_the_title_says_more_than_one_of_the_summary_and_that_more_than_one_of_the_text()
    {
        var text = await PublishAsync("Premier", practice => practice.Context = "Un glacier.");
        var summary = await PublishAsync("Deuxième", practice => practice.Summary = "Un glacier.");
        var title = await PublishAsync("Le glacier");
        Assert.Equal([title, summary, text], await FoundAsync("glaciers"));
    }

    [Fact]
    public async Task A_slip_of_the_finger_is_understood_and_said()
    {
        var id = await PublishAsync("Chaufferie collective au bois déchiqueté");
        var list = await Practices.ListPracticesAsync(new() { Query = "chaufferei déchiqeté", Territory = Town });
        Assert.Equal([id], list.Practices.Select(practice => practice.Id));
        Assert.Equal("chaufferie déchiqueté", list.Help.Understood);
        Assert.Equal("Chaufferie", Marked(list.Practices[0].Title, list.Matches[0].Texts[0])[0]);
    }

    [Fact]
    public async Task A_rare_word_that_looks_like_a_common_one_is_searched_and_the_other_suggested()
    {
        for (var at = 0; at < 10; at++)
        {
            await PublishAsync($"Compostage {at}");
        }
        var rare = await PublishAsync("Comportage");
        var list = await Practices.ListPracticesAsync(new() { Query = "comportage", Territory = Town });
        Assert.Equal([rare], list.Practices.Select(practice => practice.Id));
        Assert.Equal(("", "compostage"), (list.Help.Understood, list.Help.DidYouMean));
    }

    [Fact]
    public async Task When_no_practice_has_all_the_words_any_will_do_and_it_is_said()
    {
        var one = await PublishAsync("Trottinettes");
        var other = await PublishAsync("Téléphérique");
        var list = await Practices.ListPracticesAsync(new() { Query = "trottinette téléphérique", Territory = Town });
        Assert.Equal(new[] { one, other }.Order(), list.Practices.Select(practice => practice.Id).Order());
        Assert.True(list.Help.AnyWord);
        Assert.False((await Practices.ListPracticesAsync(new() { Query = "trottinette", Territory = Town })).Help.AnyWord);
    }

    [Fact]
    public async Task What_matches_is_shown_in_the_form_it_has_there_and_in_a_passage_when_the_summary_has_none()
    {
        await PublishAsync("L’éolienne <b>communale</b>", practice =>
            practice.Difficulties = "Des recours, puis des hirondelles <script> au nid."
        );
        var byTitle = await Practices.ListPracticesAsync(new() { Query = "éoliennes communales", Territory = Town });
        Assert.Equal(["éolienne", "communale"], Marked(byTitle.Practices[0].Title, byTitle.Matches[0].Texts[0]));

        var byText = await Practices.ListPracticesAsync(new() { Query = "hirondelle", Territory = Town });
        var text = Assert.Single(byText.Matches[0].Texts);
        Assert.Equal("difficulties", text.Field);
        Assert.Equal(["hirondelles"], Marked(text.Passage, text));
        Assert.Contains("<script>", text.Passage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_in_difficulties_finds_what_was_hard_and_nothing_else()
    {
        var hard = await PublishAsync("Verger", practice => practice.Difficulties = "Le foncier manquait.");
        await PublishAsync("Le foncier communal");
        var list = await Practices.ListPracticesAsync(
            new()
            {
                Query = "fonciers",
                Territory = Town,
                Scope = SearchScope.Difficulties,
            }
        );
        Assert.Equal([hard], list.Practices.Select(practice => practice.Id));
        Assert.Equal("difficulties", list.Matches[0].Texts[0].Field);
    }

    [Fact]
    public async Task A_list_is_sorted_as_asked_page_after_page()
    {
        string[] titles = ["Éclairage", "abeilles", "Zone humide", "École", "eau"];
        foreach (var title in titles)
        {
            await PublishAsync(title, practice => practice.Context = "Le rhododendron.");
        }
        Assert.Equal(["abeilles", "eau", "Éclairage", "École", "Zone humide"], await TitlesAsync(PracticeSort.Title));
        Assert.Equal(["eau", "École", "Zone humide", "abeilles", "Éclairage"], await TitlesAsync(PracticeSort.Newest));

        async Task<List<string>> TitlesAsync(PracticeSort sort)
        {
            var found = new List<string>();
            var request = new ListPracticesRequest
            {
                Query = "rhododendron",
                Sort = sort,
                PageSize = 2,
            };
            do
            {
                var page = await Practices.ListPracticesAsync(request);
                found.AddRange(page.Practices.Select(practice => practice.Title));
                request.PageToken = page.NextPageToken;
            } while (request.PageToken.Length > 0);
            return found;
        }
    }

    [Fact]
    public async Task Who_finds_nothing_learns_what_the_same_words_find_elsewhere_and_where_there_is_something_to_read()
    {
        await PublishAsync("Ornithologie");
        var narrow = await Practices.ListPracticesAsync(new() { Query = "ornithologie", Maturity = { "MASSIFIEE" } });
        Assert.Equal((0, 1), (narrow.TotalSize, narrow.Help.UnfilteredSize));
        Assert.Equal(["ALIM"], narrow.Help.NearThemes);

        var nothing = await Practices.ListPracticesAsync(new() { Query = "xylophonistique" });
        Assert.Equal((0, 0), (nothing.TotalSize, nothing.Help.UnfilteredSize));
        Assert.NotEmpty(nothing.Help.NearThemes);
    }

    [Fact]
    public async Task What_is_not_published_is_neither_found_nor_suggested_nor_compared()
    {
        var draft = (await Practices.CreatePracticeAsync(new() { Practice = Publishable("Thanatopraxie") }, service.As(Town))).Practice.Id;
        var published = await PublishAsync("Spéléologie");
        await Practices.WithdrawPracticeAsync(new() { Id = published }, service.As(Town));
        foreach (var query in new[] { "thanatopraxie", "thanatopraxei", "spéléologie", "speleologei" })
        {
            var list = await Practices.ListPracticesAsync(new() { Query = query });
            Assert.Equal((0, "", "", 0), (list.TotalSize, list.Help.Understood, list.Help.DidYouMean, list.Help.UnfilteredSize));
        }
        await RefusedAsync(StatusCode.NotFound, () => Practices.ListSimilarPracticesAsync(new() { Id = draft }).ResponseAsync);
        Assert.Contains(
            draft,
            (
                await Practices.ListPracticesAsync(
                    new()
                    {
                        Query = "thanatopraxie",
                        Territory = Town,
                        Status = PracticeStatus.Draft,
                    },
                    service.As(Town)
                )
            ).Practices.Select(practice => practice.Id)
        );
    }

    [Fact]
    public async Task Similar_practices_speak_of_the_same_things()
    {
        var one = await PublishAsync("Une ruche pédagogique à l’école");
        var near = await PublishAsync("Des ruches pédagogiques au collège");
        var similar = (await Practices.ListSimilarPracticesAsync(new() { Id = one })).Practices;
        Assert.Equal(near, similar[0].Id);
        Assert.DoesNotContain(one, similar.Select(practice => practice.Id));
        Assert.Equal(3, similar.Count);
    }

    [Fact]
    public async Task An_adaptation_is_found_from_what_it_was_adapted_from()
    {
        var model = await PublishAsync("Le modèle");
        var adapted = await PublishAsync("L’adaptation", practice => practice.AdaptedFrom = model);
        Assert.Equal(
            [adapted],
            (await Practices.ListPracticesAsync(new() { AdaptedFrom = model })).Practices.Select(practice => practice.Id)
        );
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () =>
            PublishAsync("Sans modèle", practice => practice.AdaptedFrom = "https://exemple.test/1")
        );
        Assert.Equal(["adaptedFrom"], Fields(refused));
    }

    [Fact]
    public async Task An_export_holds_the_whole_practices_of_the_search_in_its_order_no_draft_and_nothing_invented()
    {
        var text = await PublishAsync("Premier", practice => practice.Context = "Le baobab.");
        var title = await PublishAsync("Le baobab");
        await Practices.CreatePracticeAsync(new() { Practice = Publishable("Baobab caché") }, service.As(Town));
        var invented = (
            await Practices.CreatePracticeAsync(
                new() { Practice = new(Publishable("Baobab inventé")) { Territory = "ZZ001" } },
                service.As("ZZ001")
            )
        )
            .Practice
            .Id;
        await Practices.PublishPracticeAsync(new() { Id = invented }, service.As("ZZ001"));
        Assert.Contains(
            invented,
            (await Practices.ListPracticesAsync(new() { Query = "baobabs" })).Practices.Select(practice => practice.Id)
        );
        var exported = await Practices
            .ExportPractices(new() { Query = "baobabs" })
            .ResponseStream.ReadAllAsync(Cancellation)
            .ToListAsync(Cancellation);
        Assert.Equal([title, text], exported.Select(one => one.Practice.Id));
        Assert.Equal("Le baobab.", exported[1].Practice.Context);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Practices
                .ExportPractices(new() { Territory = Town, Status = PracticeStatus.Draft }, service.As("ZZ002"))
                .ResponseStream.MoveNext(Cancellation)
        );
    }

    [Fact]
    public async Task What_was_invented_is_listed_and_counts_neither_in_the_total_nor_in_a_facet()
    {
        var real = await PublishAsync("L’oryctérope", practice => practice.Maturity = "EPROUVEE");
        var invented = (
            await Practices.CreatePracticeAsync(
                new() { Practice = new(Publishable("L’oryctérope inventé")) { Territory = "ZZ001" } },
                service.As("ZZ001")
            )
        )
            .Practice
            .Id;
        await Practices.PublishPracticeAsync(new() { Id = invented }, service.As("ZZ001"));
        var list = await Practices.ListPracticesAsync(new() { Query = "oryctéropes", CountTerritories = true });
        Assert.Equal(new[] { real, invented }.Order(), list.Practices.Select(practice => practice.Id).Order());
        Assert.Equal((1, 1), (list.TotalSize, list.TerritorySize));
        Assert.Equal(["EPROUVEE"], list.Facets.Single(facet => facet.Name == "maturity").Values.Select(value => value.Code));
        var alone = await Practices.ListPracticesAsync(new() { Query = "oryctéropes", Territory = "ZZ001" });
        Assert.Equal((1, invented), (alone.TotalSize, Assert.Single(alone.Practices).Id));
    }

    [Theory]
    [InlineData("tamanoir·e·s"), InlineData("tamanoirs"), InlineData("tama\u200Bnoir"), InlineData("ｔamanoir"), InlineData("tamanoir(e)s")]
    public async Task Inclusive_writing_and_invisible_letters_are_found_and_searched(string query)
    {
        await PublishAsync("Les tamanoir·e·s du zoo");
        var list = await Practices.ListPracticesAsync(new() { Query = query, Territory = Town });
        Assert.NotEmpty(list.Practices);
        Assert.Equal(["tamanoir·e·s"], Marked(list.Practices[0].Title, list.Matches[0].Texts[0]));
        Assert.Equal("", list.Help.Understood);
    }

    [Fact]
    public async Task A_word_of_the_language_is_neither_corrected_nor_suggested_away_and_the_trade_finds_what_it_calls_otherwise()
    {
        for (var at = 0; at < 10; at++)
        {
            await PublishAsync($"Un doute {at}");
        }
        var id = await PublishAsync("Des panneaux solaires sur la halle");
        foreach (var query in new[] { "douce", "Saint-Denis", "Bitche" })
        {
            var help = (await Practices.ListPracticesAsync(new() { Query = query, Territory = Town })).Help;
            Assert.Equal(("", ""), (help.Understood, help.DidYouMean));
        }
        var found = await Practices.ListPracticesAsync(new() { Query = "photovoltaïque", Territory = Town });
        Assert.Equal((id, true), (Assert.Single(found.Practices).Id, found.Help.Also.Contains("panneau solaire")));
        Assert.Contains("solaires", Marked(found.Practices[0].Title, found.Matches[0].Texts[0]));
    }

    [Fact]
    public async Task Words_that_many_searched_in_vain_are_counted_and_those_of_a_few_forgotten()
    {
        for (var time = 0; time < 11; time++)
        {
            await Practices.ListPracticesAsync(new() { Query = "Le Quidditch à Poudlard" });
            await Practices.ListPracticesAsync(new() { Query = "quidditch 0612345678" });
        }
        await Practices.ListPracticesAsync(new() { Query = "Hermione Granger" });

        var steward = new Metadata
        {
            {
                "authorization",
                $"Bearer {NodeToken.Issue(service.Services.GetRequiredService<NodeKey>(), [new Grant(Grant.Steward, service.Services.GetRequiredService<Registry>().Node)], TimeSpan.FromHours(1), TimeProvider.System)}"
            },
        };
        var searches = (await Practices.ListUnansweredSearchesAsync(new(), steward)).Searches;
        Assert.Equal(("poudlard quidditch", 10), Assert.Single(searches.Select(search => (search.Words, search.Count))));

        foreach (var reader in new[] { new Grant(Grant.Facilitator, "R32"), new Grant(Grant.Observer, Grant.Everywhere) })
        {
            var token = NodeToken.Issue(
                service.Services.GetRequiredService<NodeKey>(),
                [reader],
                TimeSpan.FromHours(1),
                TimeProvider.System
            );
            Assert.Single(
                (await Practices.ListUnansweredSearchesAsync(new(), new Metadata { { "authorization", $"Bearer {token}" } })).Searches
            );
        }
        await RefusedAsync(StatusCode.Unauthenticated, () => Practices.ListUnansweredSearchesAsync(new()).ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () => Practices.ListUnansweredSearchesAsync(new(), service.As(Town)).ResponseAsync);
    }

    private static List<string> Marked(string text, TextMatch match) =>
        [.. match.Spans.Select(span => text.Substring(span.Start, span.Length))];

    private async Task<string> PublishAsync(string title, Action<Practice>? also = null)
    {
        var practice = Publishable(title);
        also?.Invoke(practice);
        var draft = (await Practices.CreatePracticeAsync(new() { Practice = practice }, service.As(Town))).Practice;
        await Practices.PublishPracticeAsync(new() { Id = draft.Id }, service.As(Town));
        return draft.Id;
    }

    private async Task<IEnumerable<string>> FoundAsync(string query) =>
        (
            await Practices.ListPracticesAsync(
                new()
                {
                    Query = query,
                    Territory = Town,
                    PageSize = 100,
                }
            )
        ).Practices.Select(practice => practice.Id);

    private static Practice Publishable(string title) =>
        new()
        {
            Territory = Town,
            Title = title,
            Summary = "Un essai de la recherche.",
            Themes = { "ALIM" },
            Maturity = "EXPERIMENTATION",
            Context = "Un lieu.",
            Difficulties = "Aucune à ce jour.",
            SuccessConditions = "Rien.",
            Licence = "CC-BY-SA-4.0",
            Sources =
            {
                new Source { Code = "B", Title = "Bilan" },
            },
        };
}
