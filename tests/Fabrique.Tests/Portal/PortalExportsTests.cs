using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Fabrique.Tests;

/// <summary>A search that leaves the site: as a spreadsheet, for a program, or in a feed reader.</summary>
public sealed class PortalExportsTests : IAsyncLifetime
{
    private const string Formula = "=CMD(\"x\")";
    private static readonly XNamespace Atom = "http://www.w3.org/2005/Atom";
    private static readonly XNamespace Text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";
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
            [.. row.Elements(Table + "table-cell").Select(cell => string.Join('\n', cell.Elements(Text + "p").Select(line => line.Value)))];
    }

    [Fact]
    public async Task A_table_of_comma_separated_values_has_no_cell_that_a_spreadsheet_would_compute()
    {
        using var reader = new StreamReader(await BytesAsync("/pratiques.csv", "text/csv"));
        var table = await reader.ReadToEndAsync();

        Assert.StartsWith("adresse,territoire_code,", table, StringComparison.Ordinal);
        Assert.Contains("Un skatepark né d’une pétition", table, StringComparison.Ordinal);
        Assert.DoesNotContain(",=CMD", table, StringComparison.Ordinal);
        Assert.DoesNotContain(",\"=CMD", table, StringComparison.Ordinal);
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
