using System.Text.RegularExpressions;
using CsvHelper;

namespace Fabrique.Site.Exports;

/// <summary>
/// A table that leaves the site: one line an item. The names of the columns are for programs, and never change. A file for programs holds
/// what is stored; one for people opens in a spreadsheet program and runs nothing there (decision 65).
/// </summary>
/// <param name="name">Of the sheet in a spreadsheet program.</param>
/// <param name="columns">From left to right.</param>
public sealed partial class Sheet<TItem>(string name, IReadOnlyList<(string Name, Func<TItem, string> Value)> columns)
{
    /// <summary>For programs: CSV as RFC 4180 has it, in UTF-8, every value as it is stored.</summary>
    public Task WriteCsvAsync(Stream output, IAsyncEnumerable<TItem> items, CancellationToken cancellation) =>
        WriteAsync(output, items, CsvWriterOptions.Default, value => value, cancellation);

    /// <summary>
    /// For spreadsheet programs that read no OpenDocument: CSV as those of countries with a decimal comma take it, by semicolons and with
    /// a byte order mark. What one of them could take for a formula has an apostrophe before it.
    /// </summary>
    public Task WriteCsvForPeopleAsync(Stream output, IAsyncEnumerable<TItem> items, CancellationToken cancellation) =>
        WriteAsync(output, items, CsvWriterOptions.Default with { Separator = ';', WriteByteOrderMark = true }, Harmless, cancellation);

    /// <summary>For people: OpenDocument 1.3, in which every cell is a text and none is computed.</summary>
    public Task WriteOdsAsync(Stream output, IAsyncEnumerable<TItem> items, CancellationToken cancellation) =>
        OpenDocument.WriteAsync(
            output,
            name,
            columns.Count,
            items.Select(item => columns.Select(column => column.Value(item))).Prepend(columns.Select(column => column.Name)),
            cancellation
        );

    /// <summary>
    /// A cell in which nothing is a formula, wherever a program parts it: it may take a comma, a tabulation or a line for the end of a
    /// cell, and overlook quotation marks and spaces. A number alone stays a number.
    /// </summary>
    internal static string Harmless(string value) => Number().IsMatch(value) ? value : FormulaStart().Replace(value, "$1'");

    private async Task WriteAsync(
        Stream output,
        IAsyncEnumerable<TItem> items,
        CsvWriterOptions options,
        Func<string, string> written,
        CancellationToken cancellation
    )
    {
        await using var csv = CsvWriter.Create(output, options, leaveOpen: true);
        await csv.WriteRecordAsync([.. columns.Select(column => column.Name)], cancellation);
        await foreach (var item in items.WithCancellation(cancellation))
        {
            await csv.WriteRecordAsync([.. columns.Select(column => written(column.Value(item)))], cancellation);
        }
    }

    [GeneratedRegex(@"\A[+-]?\d+(?:[.,]\d+)?\z")]
    private static partial Regex Number();

    // Full-width forms are computed too where they are typed. The tabulation and the line ends begin a cell by themselves.
    [GeneratedRegex("""((?:\A|[;,\t\r\n|])[\s\p{C}\p{Pi}\p{Pf}'"]*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])""")]
    private static partial Regex FormulaStart();
}

/// <summary>The media types of tables.</summary>
public static class SheetTypes
{
    public const string Csv = "text/csv; charset=utf-8; header=present";
    public const string Ods = "application/vnd.oasis.opendocument.spreadsheet";
}
