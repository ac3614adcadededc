using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Fabrique.Practices.V1;

namespace Fabrique.Tests;

/// <summary>A search that leaves the site: as a spreadsheet, for a program, or in a feed reader.</summary>
public sealed class PortalExportsTests : IAsyncLifetime
{
    private const string Formula = "=CMD(\"x\")";
    private static readonly XNamespace Atom = "http://www.w3.org/2005/Atom";
    private static readonly XNamespace Words = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";
    private static readonly XNamespace Table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";

    private PortalSite _site = null!;

    public async ValueTask InitializeAsync()
    {
        _site = await PortalSite.StartAsync();
        _site.Network.Store(PortalSite.Published("01a206f5-301a-7946-8136-95a1841d0a2b", Formula), "published");
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_spreadsheet_opens_as_OpenDocument_with_a_line_for_each_practice()
    {
        await using var archive = await ZipArchive.CreateAsync(
            await BytesAsync("/pratiques.ods", "application/vnd.oasis.opendocument.spreadsheet"),
            ZipArchiveMode.Read,
            false,
            null
        );

        Assert.Equal(["mimetype", "META-INF/manifest.xml", "content.xml"], archive.Entries.Select(entry => entry.FullName));
        Assert.Equal(archive.Entries[0].Length, archive.Entries[0].CompressedLength);
        await using var content = await archive.Entries[2].OpenAsync();
        var rows = (await XDocument.LoadAsync(content, LoadOptions.None, default)).Descendants(Table + "table-row").ToList();
        Assert.Equal(["adresse", "territoire_code"], Cells(rows[0]).Take(2));
        Assert.Equal(3, rows.Count);
        Assert.Contains(rows, row =>
            Cells(row).Contains("Un skatepark né d’une pétition")
            && Cells(row).Contains("CC-BY-SA-4.0")
            && Cells(row).Contains(PortalSite.Loos)
        );

        static List<string> Cells(XElement row) =>
            [
                .. row.Elements(Table + "table-cell")
                    .Select(cell => string.Join('\n', cell.Elements(Words + "p").Select(line => line.Value))),
            ];
    }

    [Fact]
    public async Task A_spreadsheet_keeps_spaces_tabulations_and_lines_and_says_how_many_columns_it_has()
    {
        _site.Network.Store(
            PortalSite.Published(Guid.CreateVersion7().ToString(), "  deux  espaces\tet une tabulation \nla suite"),
            "published"
        );
        await using var archive = await ZipArchive.CreateAsync(
            await BytesAsync("/pratiques.ods", "application/vnd.oasis.opendocument.spreadsheet"),
            ZipArchiveMode.Read,
            false,
            null
        );
        await using var content = await archive.Entries[2].OpenAsync();
        var table = Assert.Single(
            (await XDocument.LoadAsync(content, LoadOptions.PreserveWhitespace, default)).Descendants(Table + "table")
        );

        // ODF 1.3, part 3, 9.1.2: columns, of which there is one or more, then rows, all as long as there are columns.
        Assert.Equal(["table-column", "table-row"], table.Elements().Select(element => element.Name.LocalName).Distinct());
        var columns = (int)Assert.Single(table.Elements(Table + "table-column")).Attribute(Table + "number-columns-repeated")!;
        Assert.All(table.Elements(Table + "table-row"), row => Assert.Equal(columns, row.Elements(Table + "table-cell").Count()));
        Assert.Contains(table.Descendants(Table + "table-cell"), cell =>
            string.Join('|', cell.Elements(Words + "p").Select(Read)) == "[2]deux[2]espaces[tab]et une tabulation[1]|la suite"
        );

        static string Read(XElement line) =>
            string.Concat(
                line.Nodes()
                    .Select(node =>
                        node switch
                        {
                            XElement { Name.LocalName: "s" } spaces => $"[{spaces.Attribute(Words + "c")!.Value}]",
                            XElement { Name.LocalName: "tab" } => "[tab]",
                            _ => $"{node}",
                        }
                    )
            );
    }

    [Fact]
    public async Task A_table_for_programs_holds_what_is_stored_and_one_for_people_computes_nothing()
    {
        var program = await BytesAsync("/pratiques.csv", "text/csv");
        using var raw = new StreamReader(program, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false);
        var table = await raw.ReadToEndAsync();
        Assert.StartsWith("adresse,territoire_code,", table, StringComparison.Ordinal);
        Assert.Contains("Un skatepark né d’une pétition", table, StringComparison.Ordinal);
        Assert.Contains(",\"=CMD(\"\"x\"\")\",", table, StringComparison.Ordinal);

        using var forPeople = new StreamReader(
            await BytesAsync("/pratiques.tableur.csv", "text/csv"),
            new UTF8Encoding(false),
            detectEncodingFromByteOrderMarks: false
        );
        table = await forPeople.ReadToEndAsync();
        Assert.StartsWith("\ufeffadresse;territoire_code;", table, StringComparison.Ordinal);
        Assert.Contains(";\"'=CMD(\"\"x\"\")\";", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ods"), InlineData("csv"), InlineData("tableur.csv"), InlineData("json"), InlineData("atom")]
    public async Task No_practice_stops_the_export_of_the_others(string format)
    {
        // Another node, or an earlier release, may have kept what this one would not.
        var odd = PortalSite.Published(Guid.CreateVersion7().ToString(), "Pratique aux e\uFFFF\uFFFEffets\u000B\u0001\uFDD0");
        (odd.Summary, odd.Place) = ("\u0000\uFFFF", new Place { Name = "Lo\uFFFFos" });
        odd.Themes.Add("\uFFFE");
        odd.Sources[0].Url = "https://exemple.fr/\u0002\uFFFF";
        _site.Network.Store(odd, "published");
        var file = await BytesAsync($"/pratiques.{format}", FormatType(format));
        var bytes = new MemoryStream();
        await file.CopyToAsync(bytes);
        bytes.Position = 0;
        if (format == "ods")
        {
            await using var archive = await ZipArchive.CreateAsync(bytes, ZipArchiveMode.Read, false, null);
            await using var content = await archive.Entries[2].OpenAsync();
            Assert.Equal(4, (await XDocument.LoadAsync(content, LoadOptions.None, default)).Descendants(Table + "table-row").Count());
        }
        else if (format == "atom")
        {
            Assert.Equal("<?xml"u8.ToArray(), bytes.ToArray()[..5]);
            Assert.Equal(3, (await XDocument.LoadAsync(bytes, LoadOptions.None, default)).Root!.Elements(Atom + "entry").Count());
        }
        else
        {
            Assert.Contains("Un skatepark né d’une pétition", Encoding.UTF8.GetString(bytes.ToArray()), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/pratiques.ods"), InlineData("/pratiques.csv"), InlineData("/pratiques.tableur.csv"), InlineData("/pratiques.json")]
    [InlineData("/pratiques.atom"), InlineData("/territoires.geojson"), InlineData($"/territoires/{PortalSite.Loos}.geojson")]
    public async Task Pages_of_other_sites_read_open_data_without_the_cookies_of_their_visitors(string address)
    {
        using var asked = new HttpRequestMessage(HttpMethod.Get, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        asked.Headers.Add("Origin", "https://ailleurs.example");
        using var answer = await _site.SendAsync(asked);
        Assert.Equal(["*"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Pages_for_people_are_not_read_by_other_sites()
    {
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/pratiques")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        asked.Headers.Add("Origin", "https://ailleurs.example");
        using var answer = await _site.SendAsync(asked);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_program_gets_each_practice_with_its_address()
    {
        using var reader = new StreamReader(await BytesAsync("/pratiques.json?q=skatepark", "application/json"));
        var practice = Assert.Single(JsonNode.Parse(await reader.ReadToEndAsync())!.AsArray());

        Assert.EndsWith($"/pratiques/{PortalSite.Skatepark}", (string?)practice!["address"], StringComparison.Ordinal);
        Assert.Equal("Un skatepark né d’une pétition", (string?)practice["practice"]!["title"]);
    }

    [Fact]
    public async Task A_feed_reader_follows_a_search()
    {
        var feed = (
            await XDocument.LoadAsync(await BytesAsync("/pratiques.atom?q=skatepark", "application/atom+xml"), LoadOptions.None, default)
        ).Root!;

        Assert.Equal(Atom + "feed", feed.Name);
        Assert.Equal("2026-03-02T09:30:00Z", feed.Element(Atom + "updated")!.Value);
        var entry = Assert.Single(feed.Elements(Atom + "entry"));
        Assert.Equal($"urn:uuid:{PortalSite.Skatepark}", entry.Element(Atom + "id")!.Value);
        Assert.Contains("Loos-en-Gohelle", entry.Element(Atom + "author")!.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ods")]
    [InlineData("csv")]
    [InlineData("json")]
    [InlineData("atom")]
    public async Task Nothing_is_sent_as_if_it_were_a_table_while_the_catalogue_is_away(string format)
    {
        _site.Network.Away["ExportPractices"] = true;
        var page = await _site.GetAsync($"/pratiques.{format}");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
    }

    private static string FormatType(string format) =>
        format switch
        {
            "ods" => "application/vnd.oasis.opendocument.spreadsheet",
            "json" => "application/json",
            "atom" => "application/atom+xml",
            _ => "text/csv",
        };

    private async Task<Stream> BytesAsync(string address, string type)
    {
        var answer = await _site.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, address)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            }
        );
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        return await answer.Content.ReadAsStreamAsync();
    }
}
