using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CsvHelper;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>The tables of official territories shipped in this assembly, as docs/data.md describes them.</summary>
internal static class OfficialDirectoryTables
{
    /// <summary>
    /// What a code is to its territory. Of two territories with the same code, the one with the lower kind is shown first.
    /// </summary>
    internal enum CodeKind
    {
        Postcode,
        Id,

        /// <summary>Of a former commune or a municipal arrondissement, or the second id of an overseas collectivity.</summary>
        Alias,
        Siren,

        /// <summary>Of a département or region as people write it: "62".</summary>
        Short,
    }

    /// <summary>A territory and what else finds it: its codes, the names of the communes it took over, and the EPT that it is in.</summary>
    internal sealed record Entry(Territory Territory, string FormerNames, string Ept, IEnumerable<(string Code, CodeKind Kind)> Codes);

    public static List<Entry> Read()
    {
        var (regions, departments, groupings) = (Table("regions"), Table("departements"), Table("epci"));
        groupings = groupings.ConvertAll(row => row with { Name = LegalForms.WrittenOut(row.Name) });
        var (regionNames, departmentNames, groupingNames) = (Names(regions), Names(departments), Names(groupings));

        return
        [
            .. Table("communes").Select(row => Commune(row)),
            .. groupings.Concat(Table("ept")).Select(row => Named(row, row.Kind, row.Code, [], siren: row.Code)),
            // An overseas collectivity stands in both lists of the source: it is shown once, and either id finds it.
            .. departments
                .Where(row => row.Zone != "com")
                .Select(row => Named(row with { Departement = row.Code }, "DEP", "D" + row.Code, [(row.Code, CodeKind.Short)])),
            .. regions.Select(row =>
                row.Zone == "com"
                    ? Named(
                        row with
                        {
                            Departement = row.Code,
                            Region = row.Code,
                        },
                        "AUT",
                        "R" + row.Code,
                        [("D" + row.Code, CodeKind.Alias), (row.Code, CodeKind.Short)]
                    )
                    : Named(row with { Region = row.Code }, "REG", "R" + row.Code, [(row.Code, CodeKind.Short)])
            ),
        ];

        Entry Commune(OfficialRow row)
        {
            var former = Split(row.FormerCodes);
            var entry = Named(
                row,
                "COM",
                row.Code,
                [
                    .. Split(row.Postcodes).Select(code => (code, CodeKind.Postcode)),
                    .. former.Concat(Split(row.Districts)).Select(code => (code, CodeKind.Alias)),
                    (row.Siren, CodeKind.Siren),
                ],
                row.Siren
            );
            entry.Territory.Insee = row.Code;
            entry.Territory.Postcodes.AddRange(Split(row.Postcodes));
            entry.Territory.FormerCodes.AddRange(former);
            return entry;
        }

        Entry Named(OfficialRow row, string kind, string id, IEnumerable<(string Code, CodeKind Kind)> codes, string siren = "")
        {
            var territory = new Territory
            {
                Id = id,
                Kind = kind,
                Name = row.Name,
                Siren = siren,
                PopulationYear = row.PopulationYear ?? 0,
                Department = departmentNames.GetValueOrDefault(row.Departement),
                Region = regionNames[row.Region],
                Epci = groupingNames.GetValueOrDefault(row.Epci),
                MemberCount = row.Members ?? 0,
            };
            if (row.Population is { } population)
            {
                territory.Population = population;
            }

            if (row is { Latitude: { } latitude, Longitude: { } longitude })
            {
                territory.Coordinates = new Coordinates
                {
                    Latitude = latitude,
                    Longitude = longitude,
                    Approximate = row.Approx == true,
                };
            }

            return new Entry(territory, row.FormerNames, row.Ept, [(id, CodeKind.Id), .. codes.Where(code => code.Code.Length > 0)]);
        }
    }

    /// <summary>
    /// Territories that were invented, in a département and a region that were invented too. They are nowhere on the map.
    /// </summary>
    public static IEnumerable<Entry> ReadFictional()
    {
        using var reader = new StreamReader(Resource("fictional.csv"));
        using var csv = CsvReader.Create(reader);
        var rows = csv.GetRecords<OfficialRow>().ToLookup(row => row.Code == Fictional.Prefix);
        var around = new CodeName { Code = Fictional.Prefix, Name = rows[true].Single().Name };
        return
        [
            .. rows[false]
                .Select(row => new Entry(
                    new Territory
                    {
                        Id = row.Code,
                        Kind = row.Kind,
                        Name = row.Name,
                        Population = row.Population ?? 0,
                        Department = around,
                        Region = around,
                        MemberCount = row.Members ?? 0,
                    },
                    "",
                    "",
                    [(row.Code, CodeKind.Id)]
                )),
        ];
    }

    /// <summary>The sources to name beside a territory of each kind.</summary>
    public static Func<string, IEnumerable<string>> ReadSources()
    {
        using var stream = Resource("vintage.json");
        var vintage = JsonNode.Parse(stream)!;
        var attributions = vintage["files"]!
            .AsObject()
            .ToDictionary(
                file => file.Key,
                file =>
                    file.Value!["sources"]!
                        .AsArray()
                        .Select(source => vintage["sources"]![source!.GetValue<string>()]!["attribution"]!.GetValue<string>())
                        .ToArray()
            );
        return kind =>
            attributions[
                kind switch
                {
                    "COM" => "communes.csv.gz",
                    "EPT" => "ept.csv.gz",
                    "DEP" => "departements.csv.gz",
                    "REG" or "AUT" => "regions.csv.gz",
                    _ => "epci.csv.gz",
                }
            ];
    }

    /// <summary>Whom to name for a source of vintage.json.</summary>
    public static string Attribution(string source)
    {
        using var stream = Resource("vintage.json");
        return JsonNode.Parse(stream)!["sources"]![source]!["attribution"]!.GetValue<string>();
    }

    /// <summary>The region of each département, by their official codes.</summary>
    public static Dictionary<string, string> DepartmentRegions() => Table("departements").ToDictionary(row => row.Code, row => row.Region);

    /// <summary>A hash of the tables: `vintage.json` holds that of each.</summary>
    public static byte[] Hash()
    {
        using var stream = Resource("vintage.json");
        return SHA256.HashData(stream);
    }

    private static List<OfficialRow> Table(string name)
    {
        using var csv = CsvReader.Create(new GZipStream(Resource(name + ".csv.gz"), CompressionMode.Decompress));
        return [.. csv.GetRecords<OfficialRow>()];
    }

    private static Dictionary<string, CodeName> Names(List<OfficialRow> rows) =>
        rows.ToDictionary(row => row.Code, row => new CodeName { Code = row.Code, Name = row.Name });

    private static string[] Split(string list) => list.Split('|', StringSplitOptions.RemoveEmptyEntries);

    private static Stream Resource(string name) => typeof(OfficialDirectoryTables).Assembly.GetManifestResourceStream(name)!;
}

/// <summary>A row of any of the tables; a column that a table does not have is empty.</summary>
[CsvRecord]
internal sealed partial record OfficialRow(
    [CsvColumn("code")] string Code = "",
    [CsvColumn("kind")] string Kind = "",
    [CsvColumn("name")] string Name = "",
    [CsvColumn("siren")] string Siren = "",
    [CsvColumn("postcodes")] string Postcodes = "",
    [CsvColumn("population")] int? Population = null,
    [CsvColumn("population_year")] int? PopulationYear = null,
    [CsvColumn("departement")] string Departement = "",
    [CsvColumn("region")] string Region = "",
    [CsvColumn("zone")] string Zone = "",
    [CsvColumn("epci")] string Epci = "",
    [CsvColumn("ept")] string Ept = "",
    [CsvColumn("members")] int? Members = null,
    [CsvColumn("former_codes")] string FormerCodes = "",
    [CsvColumn("former_names")] string FormerNames = "",
    [CsvColumn("districts")] string Districts = "",
    [CsvColumn("latitude")] double? Latitude = null,
    [CsvColumn("longitude")] double? Longitude = null,
    [CsvColumn("approx")] bool? Approx = null
);
