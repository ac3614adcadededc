using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

/// <summary>What a search of territories tells of what it found.</summary>
public abstract partial class TerritoriesSuite
{
    private const string Lens = "246200364";

    [Fact]
    public async Task A_territory_that_was_found_by_a_code_says_by_which()
    {
        var postcode = await Territories.ListTerritoriesAsync(new() { Query = "62750" });
        Assert.Equal((Loos, true, false), (postcode.Territories[0].Id, postcode.Exact, postcode.Approximate));
        Assert.Equal(TerritoryMatch.Types.Kind.Postcode, Match(postcode, Loos).Kind);
        Assert.Equal((TerritoryMatch.Types.Kind.Insee, "62750"), (Match(postcode, "62750").Kind, Match(postcode, "62750").Code));

        var paris = await Territories.ListTerritoriesAsync(new() { Query = "75011" });
        Assert.Equal(("75056", 11), (paris.Territories[0].Id, Match(paris, "75056").District));
        Assert.Equal(TerritoryMatch.Types.Kind.FormerInsee, Match(paris, "94011").Kind);

        var third = await Territories.ListTerritoriesAsync(new() { Query = "Lyon 3e arrondissement" });
        Assert.Equal(
            (TerritoryMatch.Types.Kind.District, "69383", 3),
            Match(third, "69123") is var lyon ? (lyon.Kind, lyon.Code, lyon.District) : default
        );
        Assert.Equal("01220", (await Territories.ListTerritoriesAsync(new() { Query = "1220" })).Matches[0].Code);
        Assert.Equal(
            TerritoryMatch.Types.Kind.Siren,
            (await Territories.ListTerritoriesAsync(new() { Query = "20005565500017" })).Matches[0].Kind
        );
        Assert.Empty((await Territories.ListTerritoriesAsync(new() { Query = "loos-en-gohelle" })).Matches);
        Assert.Equal("01001", (await Territories.GetTerritoryAsync(new() { Id = "1001" })).Territory.Id);
    }

    [Fact]
    public async Task A_name_that_is_whole_is_told_from_one_that_only_begins_so_and_from_a_former_one()
    {
        Assert.True((await Territories.ListTerritoriesAsync(new() { Query = "mairie de loos en gohelle" })).Exact);
        Assert.True((await Territories.ListTerritoriesAsync(new() { Query = "CA Lens-Liévin" })).Exact);
        Assert.False((await Territories.ListTerritoriesAsync(new() { Query = "loos-en-g" })).Exact);
        Assert.False((await Territories.ListTerritoriesAsync(new() { Query = "loos en goele" })).Exact);
        var names = await Territories.ListTerritoriesAsync(new() { Query = "Briançon" });
        Assert.Equal(("05023", true), (names.Territories[0].Id, names.Exact));
        Assert.Contains(names.Matches, match => match.Kind == TerritoryMatch.Types.Kind.FormerName && match.Territory != "05023");
    }

    [Fact]
    public async Task The_words_of_a_page_find_its_territory_when_pages_are_asked_too()
    {
        foreach (var query in new[] { "UNESCO", "Louvre-Lens", "boussole" })
        {
            var found = await Territories.ListTerritoriesAsync(new() { Query = query, Pages = true });
            var match = Assert.Single(found.Matches, match => match.Kind == TerritoryMatch.Types.Kind.Page);
            Assert.Equal((Loos, false), (match.Territory, found.Approximate));
            Assert.Contains(query[..6], match.Passage, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(Loos, found.Territories.Select(territory => territory.Id));
        }
        Assert.DoesNotContain((await Territories.ListTerritoriesAsync(new() { Query = "UNESCO" })).Territories, found => found.Id == Loos);
        Assert.Single((await Territories.ListTerritoriesAsync(new() { Query = "loos-en-gohelle", Pages = true })).Territories, found =>
            found.Id == Loos
        );
        Assert.Empty(
            (
                await Territories.ListTerritoriesAsync(
                    new()
                    {
                        Query = "UNESCO",
                        Pages = true,
                        Region = "53",
                    }
                )
            ).Territories
        );
    }

    [Fact]
    public async Task A_grouping_has_its_communes_and_a_list_says_how_many_practices_each_published()
    {
        var communes = await Territories.ListTerritoriesAsync(new() { Epci = Lens, PageSize = 100 });
        Assert.Equal(36, communes.TotalSize);
        Assert.Equal(
            [Loos],
            (await Territories.ListTerritoriesAsync(new() { Epci = Lens, Joined = true })).Territories.Select(found => found.Id)
        );
        var alone = (await Territories.GetTerritoryAsync(new() { Id = Loos })).Territory;
        Assert.Equal(alone.PracticeCount, communes.Territories.Single(found => found.Id == Loos).PracticeCount);
        Assert.Equal("Communauté d’agglomération de Lens - Liévin", alone.Epci.Name);
    }

    [Fact]
    public async Task What_was_invented_is_listed_and_counts_in_no_total()
    {
        var all = await Territories.ListTerritoriesAsync(new() { PageSize = 1 });
        Assert.Equal(36_362, all.TotalSize);
        var invented = await Territories.ListTerritoriesAsync(new() { Query = "Val-d’Essai" });
        Assert.Equal(("ZZ002", 1), (invented.Territories[0].Id, invented.TotalSize));
    }

    [Theory]
    [
        InlineData("Communauté d'agglomération Lens Liévin"),
        InlineData("CA de Lens-Liévin"),
        InlineData("agglo lens lievin"),
        InlineData("Lens - Liévin")
    ]
    public async Task An_official_grouping_is_not_declared_again(string name)
    {
        var refused = await RefusedAsync(StatusCode.InvalidArgument, () => new PerimeterService.PerimeterServiceClient(service.Channel)
                .DeclarePerimeterAsync(
                    new()
                    {
                        Name = name,
                        Kind = "AUT",
                        ValidFrom = "2020-01-01",
                        Members = { Brest, "29235" },
                        DeclaredBy = Brest,
                    },
                    service.As(Brest)
                )
                .ResponseAsync);
        Assert.Equal(["name"], Fields(refused));
    }

    private static TerritoryMatch Match(ListTerritoriesResponse found, string territory) =>
        Assert.Single(found.Matches, match => match.Territory == territory);
}
