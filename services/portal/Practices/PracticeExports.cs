using System.Text;
using Fabrique.Practices.V1;
using Fabrique.Site.Exports;
using Google.Protobuf;
using Grpc.Core;

namespace Fabrique.Portal.Practices;

/// <summary>
/// The search of the moment, for a spreadsheet, a program or a feed reader: /pratiques.ods, .csv, .tableur.csv, .json and .atom take the
/// addresses of /pratiques.
/// </summary>
public static class PracticeExports
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public static void MapPracticeExports(this WebApplication app)
    {
        Map("csv", SheetTypes.Csv, (practices, http) =>
            PracticeTable.Sheet.WriteCsvAsync(http.Response.Body, practices, http.RequestAborted)
        );
        Map("tableur.csv", SheetTypes.Csv, (practices, http) =>
            PracticeTable.Sheet.WriteCsvForPeopleAsync(http.Response.Body, practices, http.RequestAborted)
        );
        Map("ods", SheetTypes.Ods, (practices, http) =>
            PracticeTable.Sheet.WriteOdsAsync(http.Response.Body, practices, http.RequestAborted)
        );
        Map("json", "application/json", WriteJsonAsync);
        Map("atom", AtomFeed.Type, (practices, http) => PracticeFeed.WriteAsync(http, practices));

        void Map(string format, string type, Func<IAsyncEnumerable<ExportedPractice>, HttpContext, Task> write) =>
            app.MapGet(
                    $"/pratiques.{format}",
                    async (HttpContext http, PracticeService.PracticeServiceClient practices, TimeProvider clock) =>
                    {
                        var request = PracticeSearch.Request(PracticeSearch.Read(http.Request));
                        request.Sort = format == "atom" ? PracticeSort.Newest : request.Sort;
                        using var call = practices.ExportPractices(
                            request,
                            deadline: clock.GetUtcNow().UtcDateTime + Timeout,
                            cancellationToken: http.RequestAborted
                        );
                        bool any;
                        try
                        {
                            // What is wrong is known before the first byte is sent.
                            any = await call.ResponseStream.MoveNext(http.RequestAborted);
                        }
                        catch (RpcException error)
                        {
                            http.Response.StatusCode = new Answer<Practice>(null, error).StatusCode;
                            return;
                        }
                        http.Response.ContentType = type;
                        if (format != "atom")
                        {
                            http.Response.Headers.ContentDisposition = $"attachment; filename=\"pratiques.{format}\"";
                        }
                        await write(ReadAsync(call.ResponseStream, any, http), http);
                    }
                )
                .ReadByOtherSites();
    }

    private static async IAsyncEnumerable<ExportedPractice> ReadAsync(
        IAsyncStreamReader<ExportPracticesResponse> stream,
        bool any,
        HttpContext http
    )
    {
        for (; any; any = await stream.MoveNext(http.RequestAborted))
        {
            var practice = stream.Current.Practice;
            yield return new ExportedPractice(practice, $"{http.Site()}{Addresses.To($"/pratiques/{practice.Id}")}");
        }
    }

    /// <summary>Each practice as the API answers it, beside its address; its territory, its node and its licence are in it.</summary>
    private static async Task WriteJsonAsync(IAsyncEnumerable<ExportedPractice> practices, HttpContext http)
    {
        var separator = "[";
        await foreach (var (practice, address) in practices)
        {
            await http.Response.WriteAsync(
                $"{separator}\n{{\"address\": \"{Encoding.UTF8.GetString(System.Text.Json.JsonEncodedText.Encode(address).EncodedUtf8Bytes)}\", \"practice\": {JsonFormatter.Default.Format(practice)}}}",
                http.RequestAborted
            );
            separator = ",";
        }
        await http.Response.WriteAsync(separator == "[" ? "[]" : "\n]", http.RequestAborted);
    }
}

/// <summary>A practice that leaves the site, and where it is read.</summary>
public readonly record struct ExportedPractice(Practice Practice, string Address);
