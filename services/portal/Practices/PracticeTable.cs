using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;
using CsvHelper;
using Fabrique.Practices.V1;

namespace Fabrique.Portal.Practices;

/// <summary>Practices as a table: one line each, with where it comes from and what may be done with it. The names of the columns are for programs, and never change.</summary>
public static class PracticeTable
{
    private const string Office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
    private const string Table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";
    private const string Text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";
    private const string Mime = "application/vnd.oasis.opendocument.spreadsheet";

    private static readonly IReadOnlyList<(string Name, Func<ExportedPractice, string> Value)> Columns =
    [
        ("adresse", practice => practice.Address),
        ("territoire_code", Of(practice => practice.Territory)),
        ("territoire", Of(practice => practice.Place?.Name ?? "")),
        ("departement", Of(practice => practice.Place?.Department ?? "")),
        ("region", Of(practice => practice.Place?.Region ?? "")),
        ("noeud", Of(practice => practice.Record?.Home ?? "")),
        ("version", Of(practice => practice.Record?.Version.ToString(CultureInfo.InvariantCulture) ?? "")),
        (
            "modifiee_le",
            Of(practice => practice.Record?.ChangedAt?.ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "")
        ),
        ("licence", Of(practice => practice.Licence)),
        ("langue", Of(practice => practice.Language)),
        ("titre", Of(practice => practice.Title)),
        ("resume", Of(practice => practice.Summary)),
        ("themes", Of(practice => Joined(practice.Themes))),
        ("principes", Of(practice => Joined(practice.Principles))),
        ("maturite", Of(practice => practice.Maturity)),
        ("debut", Of(practice => practice.StartedOn)),
        ("fin", Of(practice => practice.EndedOn)),
        ("contexte", Of(practice => practice.Context)),
        ("demarche", Of(practice => practice.Approach)),
        ("acteurs", Of(practice => Joined(practice.Actors))),
        ("etp", Of(practice => practice.Means is { HasStaffFte: true } means ? means.StaffFte.ToString(CultureInfo.InvariantCulture) : "")),
        ("cout", Of(practice => practice.Means?.Cost ?? "")),
        ("financements", Of(practice => Joined(practice.Means?.Funding ?? []))),
        (
            "chiffres",
            Of(practice =>
                Joined(
                    practice.Figures.Select(figure =>
                        $"{figure.Label} : {figure.Qualifier} {(figure.HasValue ? figure.Value.ToString(CultureInfo.InvariantCulture) : figure.Text)} {figure.Unit} ({figure.Period}) [{figure.Source}]"
                    )
                )
            )
        ),
        ("effets", Of(practice => Joined(practice.Effects.Select(effect => $"{effect.Kind} : {effect.Text}")))),
        ("difficultes", Of(practice => practice.Difficulties)),
        ("conditions_de_reussite", Of(practice => practice.SuccessConditions)),
        ("non_transposable", Of(practice => practice.NotTransferable)),
        ("premiere_etape", Of(practice => practice.FirstStep)),
        ("lecons", Of(practice => practice.Lessons)),
        ("contact", Of(practice => practice.ContactRole)),
        (
            "sources",
            Of(practice =>
                Joined(practice.Sources.Select(source => $"[{source.Code}] {source.Title} {source.Author} {source.Date} {source.Url}"))
            )
        ),
        ("adaptee_de", Of(practice => practice.AdaptedFrom)),
    ];

    public static async Task WriteCsvAsync(Stream output, IAsyncEnumerable<ExportedPractice> practices, CancellationToken cancellation)
    {
        // A text that begins like a formula stays a text.
        await using var csv = CsvWriter.Create(
            output,
            new CsvWriterOptions { Injection = CsvInjection.Escape, WriteByteOrderMark = true },
            leaveOpen: true
        );
        await csv.WriteRecordAsync([.. Columns.Select(column => column.Name)], cancellation);
        await foreach (var practice in practices.WithCancellation(cancellation))
        {
            await csv.WriteRecordAsync([.. Columns.Select(column => column.Value(practice))], cancellation);
        }
    }

    /// <summary>OpenDocument 1.3: the least that a spreadsheet program opens, written as it is read.</summary>
    public static async Task WriteOdsAsync(Stream output, IAsyncEnumerable<ExportedPractice> practices, CancellationToken cancellation)
    {
        // Into a file first: what can be sought needs no descriptors behind the entries, which not every reader of a stored entry accepts.
        await using var file = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            }
        );
        await using (
            var archive = await ZipArchive.CreateAsync(file, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation)
        )
        {
            await WriteOdsAsync(archive, practices, cancellation);
        }
        file.Position = 0;
        await file.CopyToAsync(output, cancellation);
    }

    private static async Task WriteOdsAsync(
        ZipArchive archive,
        IAsyncEnumerable<ExportedPractice> practices,
        CancellationToken cancellation
    )
    {
        // First and not compressed, so that the type is read without opening the archive.
        await WriteAsync("mimetype", Mime, CompressionLevel.NoCompression);
        await WriteAsync(
            "META-INF/manifest.xml",
            $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
            <manifest:file-entry manifest:full-path="/" manifest:media-type="{Mime}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
            </manifest:manifest>
            """,
            CompressionLevel.Fastest
        );
        await using var content = await archive.CreateEntry("content.xml", CompressionLevel.Fastest).OpenAsync(cancellation);
        await using var xml = XmlWriter.Create(content, new XmlWriterSettings { Async = true });
        await xml.WriteStartDocumentAsync();
        await xml.WriteStartElementAsync("office", "document-content", Office);
        await xml.WriteAttributeStringAsync("office", "version", Office, "1.3");
        await xml.WriteStartElementAsync("office", "body", Office);
        await xml.WriteStartElementAsync("office", "spreadsheet", Office);
        await xml.WriteStartElementAsync("table", "table", Table);
        await xml.WriteAttributeStringAsync("table", "name", Table, "pratiques");
        await WriteRowAsync(xml, Columns.Select(column => column.Name));
        await foreach (var practice in practices.WithCancellation(cancellation))
        {
            await WriteRowAsync(xml, Columns.Select(column => column.Value(practice)));
        }
        await xml.WriteEndDocumentAsync();

        async Task WriteAsync(string name, string text, CompressionLevel level)
        {
            await using var entry = await archive.CreateEntry(name, level).OpenAsync(cancellation);
            await entry.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        }
    }

    private static async Task WriteRowAsync(XmlWriter xml, IEnumerable<string> cells)
    {
        await xml.WriteStartElementAsync("table", "table-row", Table);
        foreach (var cell in cells)
        {
            await xml.WriteStartElementAsync("table", "table-cell", Table);
            await xml.WriteAttributeStringAsync("office", "value-type", Office, "string");
            foreach (var line in cell.Split('\n'))
            {
                await xml.WriteElementStringAsync("text", "p", Text, line);
            }
            await xml.WriteEndElementAsync();
        }
        await xml.WriteEndElementAsync();
    }

    private static Func<ExportedPractice, string> Of(Func<Practice, string> value) => exported => value(exported.Practice);

    private static string Joined(IEnumerable<string> values) => string.Join('\n', values);
}
