using System.Diagnostics;
using CsCheck;
using Fabrique.Territories;

namespace Fabrique.Tests;

public sealed class DirectorySearchTests(DirectoryFixture directory) : IClassFixture<DirectoryFixture>
{
    [Theory]
    [InlineData("loos-en-g")]
    [InlineData("Loos-en-Gohelle")]
    [InlineData("LOOS EN GOHELLE")]
    [InlineData("  loos   en\tgohelle ")]
    [InlineData("62750")]
    [InlineData("62528")]
    [InlineData("216205286")]
    [InlineData("216 205 286")]
    [InlineData("216\u00a0205\u202f286")]
    [InlineData("62750 Loos-en-Gohelle")]
    [InlineData("Loos-en-Gohelle (62)")]
    [InlineData("loos pas-de-calais")]
    public async Task Loos_en_Gohelle_is_found_however_it_is_typed(string query)
    {
        Assert.Equal("62528", (await directory.FindAsync(query))[0].Id);
    }

    [Theory]
    [InlineData("évreux", "27229")]
    [InlineData("evreux", "27229")]
    [InlineData("EVREUX", "27229")]
    [InlineData("e\u0301vreux", "27229")]
    [InlineData("st etienne", "42218")]
    [InlineData("St-Étienne", "42218")]
    [InlineData("evreu", "27229")]
    [InlineData("stes maries de la mer", "13096")]
    [InlineData("ste-foy-les-lyon", "69202")]
    [InlineData("coeuvres", "02201")]
    [InlineData("Cœuvres-et-Valsery", "02201")]
    [InlineData("l’haÿ-les-roses", "94038")]
    [InlineData("L'Hay les Roses", "94038")]
    [InlineData("isle d abeau", "38193")]
    [InlineData("lisle-dabeau", "38193")]
    [InlineData("lens-liévin", "246200364")]
    [InlineData("ajaccio", "2A004")]
    [InlineData("2a004", "2A004")]
    [InlineData("saint-denis 93", "93066")]
    [InlineData("saint denis reunion", "97411")]
    [InlineData("hauts de france", "R32")]
    [InlineData("pas de calais", "D62")]
    [InlineData("62", "D62")]
    [InlineData("d62", "D62")]
    [InlineData("974", "D974")]
    [InlineData("246200364", "246200364")]
    public async Task A_name_or_a_code_is_forgiven_its_spelling(string query, string expected)
    {
        Assert.Equal(expected, (await directory.FindAsync(query))[0].Id);
    }

    [Theory]
    [InlineData("Communauté d'agglomération de Lens-Liévin", "246200364")]
    [InlineData("communauté d’agglomération Lens Liévin", "246200364")]
    [InlineData("agglo lens", "246200364")]
    [InlineData("lens agglo", "246200364")]
    [InlineData("CA de Lens - Liévin", "246200364")]
    [InlineData("CA Lens-Liévin", "246200364")]
    [InlineData("communaute agglo de lens lievin", "246200364")]
    [InlineData("communauté d'aglomération de lens-lievin", "246200364")]
    [InlineData("Communauté de communes du Pays de l'Ozon", "246900765")]
    [InlineData("CC du Pays de l'Ozon", "246900765")]
    [InlineData("CC Pays de l’Ozon", "246900765")]
    [InlineData("com com pays ozon", "246900765")]
    [InlineData("COMMUNAUTÉ DE COMMUNES DU PAYS DE L'OZON", "246900765")]
    [InlineData("Communauté urbaine de Dunkerque", "245900428")]
    [InlineData("CU Dunkerque", "245900428")]
    [InlineData("dunkerque", "59183")]
    [InlineData("Agglo Hénin-Carvin", "246200299")]
    [InlineData("communauté de communes de Bitche", "200069441")]
    [InlineData("communauté de communes Vallée de l'Ubaye", "200072304")]
    [InlineData("Métropole de Lyon", "200046977")]
    [InlineData("métropole bordeaux", "243300316")]
    [InlineData("mairie de Loos-en-Gohelle", "62528")]
    [InlineData("Commune de Loos en Gohelle", "62528")]
    [InlineData("loos en gohelle mairie", "62528")]
    [InlineData("VILLE DE LENS", "62498")]
    [InlineData("62750 LOOS EN GOHELLE CEDEX", "62528")]
    [InlineData("commune nouvelle de Livarot-Pays-d'Auge", "14371")]
    [InlineData("Ville-d'Avray", "92077")]
    [InlineData("département du Pas-de-Calais", "D62")]
    [InlineData("département 62", "D62")]
    [InlineData("région Hauts-de-France", "R32")]
    [InlineData("region 32", "R32")]
    [InlineData("Loos de Gohelle", "62528")]
    [InlineData("Ｌｏｏｓ‐en‐Gohelle", "62528")]
    [InlineData("loos\u200B-en-gohelle", "62528")]
    [InlineData("loos en gohelle hauts de france", "62528")]
    public async Task What_people_call_a_territory_finds_it(string query, string expected)
    {
        var page = await directory.PageAsync(query);
        Assert.Equal(expected, page.Territories is [var first, ..] ? first.Id : null);
    }

    [Theory]
    [
        InlineData("Paris 11"),
        InlineData("Paris 11e"),
        InlineData("11e arrondissement de Paris"),
        InlineData("Paris XI"),
        InlineData("PARIS 11EME")
    ]
    [InlineData("paris 11 75011"), InlineData("Paris, 11ᵉ arr.")]
    public async Task An_arrondissement_of_Paris_finds_Paris_and_is_told(string query)
    {
        var page = await directory.PageAsync(query);
        Assert.Equal((1, "75056", "75111", 11), (page.Total, page.Territories[0].Id, page.Code, AskedPlace.DistrictNumber(page.Code!)));
    }

    [Theory]
    [
        InlineData("Lyon 3e arrondissement", "69123", "69383"),
        InlineData("lyon 3e", "69123", "69383"),
        InlineData("Marseille 1er", "13055", "13201")
    ]
    [InlineData("Marseille 1 er", "13055", "13201"), InlineData("Marseille 16", "13055", "13216")]
    public async Task So_does_one_of_Lyon_or_Marseille(string query, string expected, string code)
    {
        var page = await directory.PageAsync(query);
        Assert.Equal((1, expected, code), (page.Total, page.Territories[0].Id, page.Code));
    }

    [Theory]
    [InlineData("1001", "01001", "01001"), InlineData("1220", "01143", "01220"), InlineData("code INSEE 1001", "01001", "01001")]
    [InlineData("1", "D01", "01"), InlineData("D1", "D01", "D01"), InlineData("INSEE 62528", "62528", "62528")]
    [InlineData("code postal 62750", "62528", "62750"), InlineData("CP : 62750", "62528", "62750"), InlineData("F-62750", "62528", "62750")]
    [InlineData("200055655", "200055655", "200055655"), InlineData("200.055.655", "200055655", "200055655")]
    [InlineData("200\u00a0055\u202f655", "200055655", "200055655"), InlineData("SIREN 200055655", "200055655", "200055655")]
    [InlineData("n° SIREN : 200 055 655", "200055655", "200055655"), InlineData("20005565500017", "200055655", "200055655")]
    [InlineData("SIRET 216 205 286 00018", "62528", "216205286"), InlineData("200-055-655", "200055655", "200055655")]
    public async Task A_code_is_found_whatever_was_lost_of_it_or_written_around_it(string query, string expected, string code)
    {
        var page = await directory.PageAsync(query);
        Assert.Equal((expected, code), (page.Territories is [var first, ..] ? first.Id : null, page.Code));
    }

    [Fact]
    public async Task A_code_that_says_what_it_is_finds_nothing_else()
    {
        Assert.Contains("62750", (await directory.PageAsync("62750")).Territories.Select(territory => territory.Insee));
        Assert.DoesNotContain("62750", (await directory.PageAsync("code postal 62750")).Territories.Select(territory => territory.Insee));
        Assert.Equal(["62750"], (await directory.PageAsync("code INSEE 62750")).Territories.Select(territory => territory.Id));
        Assert.Equal(0, (await directory.PageAsync("SIREN 62750")).Total);
    }

    [Fact]
    public void A_code_without_its_zero_is_the_same_territory()
    {
        Assert.Equal("01001", directory.Official.Find("1001")?.Id);
        Assert.Equal("62528", directory.Official.Find(" 62\u200B528 ")?.Id);
        Assert.Equal("200055655", directory.Official.Find("200 055 655")?.Id);
        Assert.Null(directory.Official.Find("9999"));
    }

    [Fact]
    public async Task Territories_are_called_by_their_full_names()
    {
        Assert.Equal("Communauté de communes du Pays de l'Ozon", directory.Official.Find("246900765")!.Name);
        Assert.Equal("Communauté d’agglomération de Lens - Liévin", directory.Official.Find("62528")!.Epci.Name);
        var groupings = await directory.PageAsync("", limit: 2_000, kinds: ["CC", "CA", "CU"]);
        Assert.DoesNotContain(groupings.Territories, grouping => grouping.Name is ['C', 'C' or 'A' or 'U', ' ', ..]);
    }

    [Fact]
    public async Task Every_grouping_is_found_by_its_full_name_and_by_that_of_the_official_list()
    {
        var groupings = (await directory.PageAsync("", limit: 2_000, kinds: ["CC", "CA", "CU", "ME", "EPT"])).Territories;
        var missed = new List<string>();
        foreach (var grouping in groupings.Where((_, at) => at % 19 == 0))
        {
            var abbreviated = grouping
                .Name.Replace("Communauté de communes", "CC", StringComparison.Ordinal)
                .Replace("Communauté d’agglomération", "CA", StringComparison.Ordinal)
                .Replace("Communauté urbaine", "CU", StringComparison.Ordinal);
            foreach (var query in new[] { grouping.Name, abbreviated, grouping.Name.ToUpperInvariant(), grouping.Name.Replace('’', '\'') })
            {
                if ((await directory.PageAsync(query, limit: 1)).Territories is not [var found, ..] || found.Name != grouping.Name)
                {
                    missed.Add(query);
                }
            }
        }
        Assert.Empty(missed);
    }

    [Fact]
    public async Task A_grouping_is_in_each_departement_of_its_communes_and_has_them()
    {
        Assert.Equal(["95527", "200055655"], (await directory.PageAsync("Roissy", department: "95")).Territories.Select(found => found.Id));
        Assert.Equal("200055655", (await directory.PageAsync("Roissy", department: "77", kinds: ["CA"])).Territories[0].Id);
        Assert.Empty((await directory.PageAsync("Roissy", department: "62", kinds: ["CA"])).Territories);
        var communes = await directory.PageAsync("", limit: 100, epci: "246200364");
        Assert.Equal((36, 36), (communes.Total, communes.Territories.Count));
        Assert.All(communes.Territories, commune => Assert.Equal("246200364", commune.Epci.Code));
        Assert.Contains("62528", communes.Territories.Select(commune => commune.Id));
        Assert.Equal(9, (await directory.PageAsync("", epci: "200057875")).Total);
        Assert.Equal(0, (await directory.PageAsync("", epci: "62528")).Total);
        Assert.Equal("62528", (await directory.PageAsync("loos", epci: "246200364")).Territories[0].Id);
    }

    [Theory]
    [InlineData("loos en goele", "62528")]
    [InlineData("loso en gohelle", "62528")]
    [InlineData("Loos en Goh elle", "62528")]
    [InlineData("grennoble", "38185")]
    [InlineData("marseile", "13055")]
    [InlineData("sain etiene", "42218")]
    [InlineData("loos en goele 62750", "62528")]
    [InlineData("ajacio 20000", "2A004")]
    public async Task A_name_is_forgiven_a_slip_when_nothing_has_that_name(string query, string? expected)
    {
        var page = await directory.PageAsync(query);

        Assert.Equal((expected, expected is not null), (page.Territories is [var first, ..] ? first.Id : null, page.IsNear));
    }

    [Theory]
    [InlineData("loos en goele 59")]
    [InlineData("xy")]
    [InlineData("00000")]
    [InlineData("zzzzzzzzzzzz")]
    public async Task A_slip_is_not_any_text(string query) =>
        Assert.Equal((0, false), await directory.PageAsync(query) is var page ? (page.Total, page.IsNear) : default);

    [Fact]
    public async Task A_name_that_exists_is_never_taken_for_another_because_a_filter_hides_it()
    {
        Assert.Equal(
            (0, false),
            await directory.PageAsync("quimper", onlyIds: ["62528"]) is var page ? (page.Total, page.IsNear) : default
        );
        Assert.False((await directory.PageAsync("lens")).IsNear);
    }

    [Fact]
    public async Task A_slip_anywhere_in_a_long_name_still_finds_it()
    {
        var names = directory.Official.Entries.Where(entry => entry.Name.Length >= 12 && entry.Traits.Kind == "COM").ToList();
        var slip = Gen.Select(Gen.Int[0, names.Count - 1], Gen.Int[1, 10], Gen.Char['a', 'z']);
        await slip.SampleAsync(
            async (at, place, letter) =>
            {
                var (name, id) = (names[at].Name, names[at].Traits.Id);
                var typed = name[..place] + letter + name[(place + 1)..];
                var page = await directory.PageAsync(
                    $"{typed} {names[at].Traits.Department.Replace("2A", "20", StringComparison.Ordinal).Replace("2B", "20", StringComparison.Ordinal)}",
                    limit: 50
                );
                Assert.True(!page.IsNear || page.Territories.Any(territory => territory.Id == id), typed);
            },
            iter: 40,
            threads: 1
        );
    }

    [Fact]
    public async Task The_exact_name_comes_first_then_the_names_that_start_so_then_the_others_each_by_population()
    {
        var page = await directory.PageAsync("lens", limit: 200);
        var tiers = page
            .Territories.Select(territory =>
                Names.Fold(territory.Name) switch
                {
                    "lens" => 0,
                    var name when name.StartsWith("lens", StringComparison.Ordinal) => 1,
                    var name when $" {name}".Contains(" lens", StringComparison.Ordinal) => 2,
                    _ => 3,
                }
            )
            .ToArray();

        Assert.Equal("62498", page.Territories[0].Id);
        Assert.Equal([0, 1, 2], tiers.Distinct().Order().Take(3));
        Assert.Equal(tiers.Order(), tiers);
        foreach (var tier in tiers.Distinct())
        {
            var populations = page.Territories.Where((_, i) => tiers[i] == tier).Select(territory => territory.Population).ToArray();
            Assert.Equal(populations.OrderDescending(), populations);
        }
    }

    [Fact]
    public async Task A_word_typed_as_far_as_st_finds_both_the_saints_and_the_towns_that_start_with_it()
    {
        var names = (await directory.FindAsync("st", "COM")).Select(territory => territory.Name).ToArray();

        Assert.Equal("Strasbourg", names[0]);
        Assert.Contains("Saint-Étienne", names);
    }

    [Fact]
    public async Task Communes_that_share_a_name_show_different_departements()
    {
        var homonyms = (await directory.PageAsync("Sainte-Colombe", limit: 100, kinds: ["COM"]))
            .Territories.TakeWhile(territory => territory.Name == "Sainte-Colombe")
            .ToArray();

        Assert.True(homonyms.Length > 5);
        Assert.Equal(homonyms.Length, homonyms.Select(territory => territory.Department.Code).Distinct().Count());
        Assert.All(homonyms, territory => Assert.NotEmpty(territory.Department.Name));
    }

    [Fact]
    public async Task A_blank_query_lists_the_most_populated_communes_first_and_finds_everything()
    {
        var page = await directory.PageAsync(" \u00a0");

        Assert.Equal(["Paris", "Marseille", "Lyon"], page.Territories.Take(3).Select(territory => territory.Name));
        Assert.All(page.Territories, territory => Assert.Equal("COM", territory.Kind));
        Assert.Equal(36362, page.Total);
    }

    [Fact]
    public async Task Filters_narrow_what_is_found()
    {
        var groupings = await directory.PageAsync("", limit: 100, kinds: ["CA", "CU"], region: "32", department: "62");
        Assert.NotEmpty(groupings.Territories);
        Assert.Equal(groupings.Total, groupings.Territories.Count);
        Assert.All(groupings.Territories, territory =>
        {
            Assert.True(territory.Kind is "CA" or "CU");
            Assert.Equal(("62", "32"), (territory.Department.Code, territory.Region.Code));
        });

        Assert.Equal(
            ["62498", "62528"],
            (await directory.PageAsync("", onlyIds: ["62528", "62498", "00000"])).Territories.Select(territory => territory.Id)
        );
        Assert.Empty((await directory.PageAsync("loos", onlyIds: [])).Territories);
        Assert.Empty((await directory.PageAsync("62528", department: "59")).Territories);
        Assert.Equal(0, (await directory.PageAsync("", kinds: ["COM' OR 1=1 --"])).Total);
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("loos\"")]
    [InlineData("' OR 1=1 --")]
    [InlineData("NEAR(loos gohelle)")]
    [InlineData("loos AND OR NOT")]
    [InlineData("name:loos")]
    [InlineData("{name} : ^loos + *")]
    [InlineData("*")]
    [InlineData("loos*")]
    [InlineData("(((")]
    [InlineData("loos\0en")]
    [InlineData("\0")]
    [InlineData("🌱 transition 🌱")]
    [InlineData("\ud83c")]
    [InlineData("\ufffe\uffff")]
    [InlineData("ﷺ ½ ① ª Ⅷ")]
    [InlineData("%_")]
    [InlineData("-1")]
    [InlineData("999999999999999999999999")]
    public async Task Hostile_text_is_just_text(string query)
    {
        var page = await directory.PageAsync(query);
        Assert.InRange(page.Total, 0, 36361);
    }

    [Fact]
    public async Task Any_text_of_200_characters_is_answered()
    {
        await Gen.String[Gen.Char, 0, 200]
            .SampleAsync(async query => Assert.InRange((await directory.PageAsync(query, limit: 1)).Total, 0, 36362), iter: 300);
        Assert.Equal(0, (await directory.PageAsync(string.Concat(Enumerable.Repeat("q ", 100)))).Total);
        Assert.Equal(0, (await directory.PageAsync(new string('q', 200))).Total);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("🌱")]
    [InlineData("zzzz")]
    public async Task Nothing_is_found_by_a_text_that_names_nothing(string query)
    {
        Assert.Equal(0, (await directory.PageAsync(query)).Total);
    }

    [Fact]
    public async Task Paging_gives_each_result_exactly_once()
    {
        var search = Gen.OneOf("", "saint", "sa", "le", "62", "val de", "75001", "loos").Select(Gen.Int[1, 12], Gen.OneOf("", "62", "974"));
        await search.SampleAsync(
            async (query, pages, department) =>
            {
                var ids = new List<string>();
                var total = (await directory.PageAsync(query, limit: 0, department: department)).Total;
                var size = total / pages + 1;
                for (var offset = 0; offset <= total; offset += size)
                {
                    var page = await directory.PageAsync(query, offset, size, department: department);
                    Assert.Equal(total, page.Total);
                    ids.AddRange(page.Territories.Select(territory => territory.Id));
                }

                var whole = await directory.PageAsync(query, limit: 40000, department: department);
                Assert.Equal(total, ids.Distinct().Count());
                Assert.Equal(whole.Territories.Select(territory => territory.Id), ids);
            },
            iter: 25
        );
    }

    [Fact]
    public async Task A_page_after_the_last_is_empty_and_still_tells_the_total()
    {
        var page = await directory.PageAsync("loos", offset: 1000);
        Assert.Empty(page.Territories);
        Assert.True(page.Total > 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("loos-en-g")]
    [InlineData("s")]
    [InlineData("saint")]
    [InlineData("62750")]
    public async Task The_first_results_come_within_50_milliseconds_once_warm(string query)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 30; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await directory.PageAsync(query);
            best = TimeSpan.FromTicks(Math.Min(best.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{query}: {best.TotalMilliseconds:F1} ms");
        Assert.True(best < TimeSpan.FromMilliseconds(50), $"took {best.TotalMilliseconds} ms");
    }

    [Fact]
    public async Task A_search_that_nobody_waits_for_any_more_stops()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            directory.Official.SearchAsync(new("loos"), 0, 20, new CancellationToken(canceled: true))
        );
    }
}
