using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Fabrique.Site.Exports;

/// <summary>OpenDocument 1.3: the least that a spreadsheet program opens, and the schema allows, written as it is read.</summary>
internal static class OpenDocument
{
    private const string Office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
    private const string Table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";
    private const string Text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";

    /// <summary>Writes a document with one sheet.</summary>
    /// <param name="name">Of the sheet.</param>
    /// <param name="columns">How many cells every row has.</param>
    /// <param name="rows">Texts; one that another node wrote may hold what XML cannot, which is left out.</param>
    public static async Task WriteAsync(
        Stream output,
        string name,
        int columns,
        IAsyncEnumerable<IEnumerable<string>> rows,
        CancellationToken cancellation
    )
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
            await WriteAsync(archive, name, columns, rows, cancellation);
        }
        file.Position = 0;
        await file.CopyToAsync(output, cancellation);
    }

    private static async Task WriteAsync(
        ZipArchive archive,
        string name,
        int columns,
        IAsyncEnumerable<IEnumerable<string>> rows,
        CancellationToken cancellation
    )
    {
        // First and not compressed, so that the type is read without opening the archive.
        await WriteAsync("mimetype", SheetTypes.Ods, CompressionLevel.NoCompression);
        await WriteAsync(
            "META-INF/manifest.xml",
            $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
            <manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{SheetTypes.Ods}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
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
        await xml.WriteAttributeStringAsync("table", "name", Table, name);
        await xml.WriteStartElementAsync("table", "table-column", Table);
        await xml.WriteAttributeStringAsync("table", "number-columns-repeated", Table, $"{columns}");
        await xml.WriteEndElementAsync();
        await foreach (var row in rows.WithCancellation(cancellation))
        {
            await WriteRowAsync(xml, row);
        }
        await xml.WriteEndDocumentAsync();

        async Task WriteAsync(string entryName, string text, CompressionLevel level)
        {
            await using var entry = await archive.CreateEntry(entryName, level).OpenAsync(cancellation);
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
            foreach (var line in Texts.WellFormed(cell).Split('\n'))
            {
                await xml.WriteStartElementAsync("text", "p", Text);
                await WriteLineAsync(xml, line);
                await xml.WriteEndElementAsync();
            }
            await xml.WriteEndElementAsync();
        }
        await xml.WriteEndElementAsync();
    }

    // ODF 1.3, part 3, 6.1.2: readers shrink spaces in a row to one, drop those at the ends of a paragraph, and take a tabulation for one.
    private static async Task WriteLineAsync(XmlWriter xml, string line)
    {
        var at = 0;
        while (at < line.Length)
        {
            var end = End(line, at);
            if (line[at] is '\t')
            {
                await xml.WriteStartElementAsync("text", "tab", Text);
                await xml.WriteEndElementAsync();
            }
            else if (line[at] is not ' ' || (end - at == 1 && at > 0 && end < line.Length))
            {
                await xml.WriteStringAsync(line[at..end]);
            }
            else
            {
                await xml.WriteStartElementAsync("text", "s", Text);
                await xml.WriteAttributeStringAsync("text", "c", Text, $"{end - at}");
                await xml.WriteEndElementAsync();
            }
            at = end;
        }
    }

    // Of what is written in one piece: a tabulation, spaces, or all that is neither.
    private static int End(string line, int at)
    {
        var rest = line.AsSpan(at);
        var length =
            rest[0] is '\t' ? 1
            : rest[0] is ' ' ? rest.IndexOfAnyExcept(' ')
            : rest.IndexOfAny(' ', '\t');
        return length < 0 ? line.Length : at + length;
    }
}
