using System.IO.Compression;
using System.Text;
using System.Xml;
using CsvHelper;

namespace Fabrique.Site.Exports;

/// <summary>A table for a spreadsheet or a program: one line an item. The names of the columns are for programs, and never change.</summary>
/// <param name="name">Of the sheet in a spreadsheet program.</param>
/// <param name="columns">From left to right.</param>
public sealed class Sheet<TItem>(string name, IReadOnlyList<(string Name, Func<TItem, string> Value)> columns)
{
    private const string Office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
    private const string Table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";
    private const string Text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";

    /// <summary>CSV (RFC 4180), in UTF-8 with a byte order mark.</summary>
    public async Task WriteCsvAsync(Stream output, IAsyncEnumerable<TItem> items, CancellationToken cancellation)
    {
        // A text that begins like a formula stays a text.
        await using var csv = CsvWriter.Create(
            output,
            new CsvWriterOptions { Injection = CsvInjection.Escape, WriteByteOrderMark = true },
            leaveOpen: true
        );
        await csv.WriteRecordAsync([.. columns.Select(column => column.Name)], cancellation);
        await foreach (var item in items.WithCancellation(cancellation))
        {
            await csv.WriteRecordAsync([.. columns.Select(column => column.Value(item))], cancellation);
        }
    }

    /// <summary>OpenDocument 1.3: the least that a spreadsheet program opens, written as it is read.</summary>
    public async Task WriteOdsAsync(Stream output, IAsyncEnumerable<TItem> items, CancellationToken cancellation)
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
            await WriteOdsAsync(archive, items, cancellation);
        }
        file.Position = 0;
        await file.CopyToAsync(output, cancellation);
    }

    private async Task WriteOdsAsync(ZipArchive archive, IAsyncEnumerable<TItem> items, CancellationToken cancellation)
    {
        // First and not compressed, so that the type is read without opening the archive.
        await WriteAsync("mimetype", SheetTypes.Ods, CompressionLevel.NoCompression);
        await WriteAsync(
            "META-INF/manifest.xml",
            $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
            <manifest:file-entry manifest:full-path="/" manifest:media-type="{SheetTypes.Ods}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
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
        await WriteRowAsync(xml, columns.Select(column => column.Name));
        await foreach (var item in items.WithCancellation(cancellation))
        {
            await WriteRowAsync(xml, columns.Select(column => column.Value(item)));
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
            foreach (var line in cell.Split('\n'))
            {
                await xml.WriteElementStringAsync("text", "p", Text, line);
            }
            await xml.WriteEndElementAsync();
        }
        await xml.WriteEndElementAsync();
    }
}

/// <summary>The media types of tables.</summary>
public static class SheetTypes
{
    public const string Csv = "text/csv; charset=utf-8";
    public const string Ods = "application/vnd.oasis.opendocument.spreadsheet";
}
