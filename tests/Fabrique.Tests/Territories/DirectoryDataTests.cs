using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Fabrique.Territories;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

public sealed class DirectoryDataTests(DirectoryFixture directory) : IClassFixture<DirectoryFixture>
{
    private async Task<IReadOnlyList<Territory>> AllAsync(params string[] kinds) =>
        (await directory.PageAsync("", limit: 40000, kinds: kinds)).Territories;

    [Fact]
    public async Task Every_official_territory_is_there_once()
    {
        var all = await AllAsync();
        var counts = all.GroupBy(territory => territory.Kind).ToDictionary(kind => kind.Key, kind => kind.Count());

        Assert.Equal(
            new()
            {
                ["COM"] = 34969,
                ["CC"] = 989,
                ["CA"] = 230,
                ["CU"] = 14,
                ["ME"] = 22,
                ["EPT"] = 11,
                ["DEP"] = 101,
                ["REG"] = 18,
                ["AUT"] = 8,
            },
            counts
        );
        Assert.Equal(all.Count, all.Select(territory => territory.Id).Distinct().Count());
        Assert.All(counts.Keys, kind => Assert.True(Vocabulary.TerritoryKind.Contains(kind)));
    }

    [Fact]
    public async Task Every_territory_has_what_its_kind_must_have()
    {
        Assert.All(await AllAsync(), territory =>
        {
            Assert.NotEmpty(territory.Name);
            Assert.NotEmpty(territory.Region.Name);
            Assert.True(territory.Kind == "REG" || territory.Department.Name.Length > 0);
            Assert.True(territory.HasPopulation == territory.PopulationYear > 0);
            Assert.Equal(territory.Kind == "COM" ? territory.Id : "", territory.Insee);
            Assert.Equal(territory.Kind is "CC" or "CA" or "CU" or "ME" or "EPT", territory.MemberCount > 0);
            Assert.NotEmpty(territory.OfficialSources);
        });
        Assert.All(await AllAsync("COM"), commune => Assert.Matches("^([0-9]{2}|2[AB])[0-9]{3}$", commune.Insee));
    }

    [Fact]
    public async Task Every_SIREN_passes_the_Luhn_check()
    {
        var all = await AllAsync();
        var sirens = all.Select(territory => territory.Siren).Where(siren => siren.Length > 0).ToArray();

        Assert.Equal(94, all.Count(territory => territory is { Kind: "COM", Siren: "" }));
        Assert.Equal(34875 + 1255 + 11, sirens.Distinct().Count());
        Assert.All(sirens, siren => Assert.True(PassesLuhn(siren), siren));
        Assert.False(PassesLuhn("216205287"));

        static bool PassesLuhn(string digits) =>
            digits.Length == 9
            && digits.Reverse().Select((digit, i) => (digit - '0') * (1 + i % 2)).Sum(value => value > 9 ? value - 9 : value) % 10 == 0;
    }

    [Fact]
    public void Loos_en_Gohelle_is_told_whole()
    {
        var loos = directory.Official.Find("62528")!;

        Assert.Equal(
            ("COM", "Loos-en-Gohelle", "62528", "216205286", 6799, 2023),
            (loos.Kind, loos.Name, loos.Insee, loos.Siren, loos.Population, loos.PopulationYear)
        );
        Assert.Equal(["62750"], loos.Postcodes);
        Assert.Equal(("62", "Pas-de-Calais"), (loos.Department.Code, loos.Department.Name));
        Assert.Equal(("32", "Hauts-de-France"), (loos.Region.Code, loos.Region.Name));
        Assert.Equal(("246200364", "Communauté d’agglomération de Lens - Liévin"), (loos.Epci.Code, loos.Epci.Name));
        Assert.Equal((50.45786, 2.79215, false), (loos.Coordinates.Latitude, loos.Coordinates.Longitude, loos.Coordinates.Approximate));
        Assert.Contains(loos.OfficialSources, source => source.Contains("GeoNames", StringComparison.Ordinal));

        var grouping = directory.Official.Find(loos.Epci.Code)!;
        Assert.Equal(
            ("CA", 36, 242591, 2022, "62"),
            (grouping.Kind, grouping.MemberCount, grouping.Population, grouping.PopulationYear, grouping.Department.Code)
        );
    }

    [Fact]
    public async Task The_members_of_a_grouping_are_as_many_as_it_says()
    {
        var members = (await AllAsync("COM"))
            .Where(commune => commune.Epci is not null)
            .GroupBy(commune => commune.Epci.Code)
            .ToDictionary(grouping => grouping.Key, grouping => grouping.Count());
        Assert.All(await AllAsync("CC", "CA", "CU", "ME"), grouping => Assert.Equal(grouping.MemberCount, members[grouping.Id]));
    }

    [Theory]
    [InlineData("01126", "01033")] // Châtillon-en-Michaille, now in Valserhône.
    [InlineData("01120", "01262")] // Cordieux, associated with Montluel.
    [InlineData("55273", "55386")] // Lamarche-en-Woëvre, once in 55245, associated with Nonsard-Lamarche.
    [InlineData("75101", "75056")] // The first arrondissement of Paris.
    [InlineData("2a004", "2A004")]
    [InlineData(" d62 ", "D62")]
    [InlineData("D987", "R987")]
    public async Task A_former_code_finds_the_territory_it_now_belongs_to(string code, string id)
    {
        Assert.Equal(id, directory.Official.Find(code)!.Id);
        Assert.Equal(id, (await directory.FindAsync(code))[0].Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000")]
    [InlineData("97100")] // A postcode is no id.
    [InlineData("216205286")] // Nor is the SIREN of a commune.
    [InlineData("62")]
    [InlineData("' OR 1=1 --")]
    [InlineData("\0")]
    public void A_text_that_is_no_id_finds_nothing(string id)
    {
        Assert.Null(directory.Official.Find(id));
    }

    [Fact]
    public async Task Every_former_code_finds_the_commune_that_lists_it_and_a_former_name_does_too()
    {
        var communes = (await AllAsync("COM")).Where(commune => commune.FormerCodes.Count > 0).ToArray();

        Assert.Equal(4240, communes.Sum(commune => commune.FormerCodes.Count));
        Assert.All(communes, commune =>
            Assert.All(commune.FormerCodes, code => Assert.Equal(commune.Id, directory.Official.Find(code)!.Id))
        );
        Assert.Equal("01033", (await directory.FindAsync("bellegarde-sur-valserine"))[0].Id);
    }

    [Fact]
    public async Task Overseas_territories_are_there_with_what_is_known_of_them()
    {
        Assert.Equal(("976", "06", 2017), ToFacts(directory.Official.Find("97611")!));
        Assert.Equal(("987", "987", 2022), ToFacts(directory.Official.Find("98735")!));
        Assert.Equal(("988", "988", 2025), ToFacts(directory.Official.Find("98818")!));
        Assert.Equal("AUT", (await directory.FindAsync("polynesie francaise"))[0].Kind);
        Assert.Equal("98818", (await directory.FindAsync("noumea"))[0].Id);

        var clipperton = directory.Official.Find("98901")!;
        Assert.False(clipperton.HasPopulation);
        Assert.Null(clipperton.Coordinates);
        Assert.Null(clipperton.Epci);
        Assert.Equal("", clipperton.Siren);

        static (string, string, int) ToFacts(Territory territory) =>
            (territory.Department.Code, territory.Region.Code, territory.PopulationYear);
    }

    [Fact]
    public async Task A_point_lies_in_France_and_says_when_it_is_not_that_of_the_place_itself()
    {
        var all = await AllAsync();
        Assert.All(all.Where(territory => territory.Coordinates is not null), territory =>
        {
            Assert.InRange(territory.Coordinates.Latitude, -28, 51.2);
            Assert.InRange(territory.Coordinates.Longitude, -178.5, 168.5);
            Assert.True(territory.Kind == "COM" || territory.Coordinates.Approximate);
        });
        Assert.Equal(8656, all.Count(territory => territory is { Kind: "COM", Coordinates.Approximate: false }));
        Assert.True(directory.Official.Find("01001")!.Coordinates.Approximate);
    }

    [Fact]
    public void The_shipped_tables_are_those_that_the_vintage_describes()
    {
        var assembly = typeof(OfficialDirectory).Assembly;
        using var stream = assembly.GetManifestResourceStream("vintage.json")!;
        var tables = JsonNode.Parse(stream)!["files"]!
            .AsObject()
            .Where(file => file.Key.EndsWith(".csv.gz", StringComparison.Ordinal))
            .ToArray();

        Assert.Equal(5, tables.Length);
        foreach (var (name, table) in tables)
        {
            using var content = new GZipStream(assembly.GetManifestResourceStream(name)!, CompressionMode.Decompress);
            Assert.Equal(table!["sha256"]!.GetValue<string>(), Convert.ToHexStringLower(SHA256.HashData(content)));
        }
    }
}
