using System.Net;
using System.Text.Json;

namespace Fabrique.Sidecar;

/// <summary>What Dapr reads in an app's answer to a delivery.</summary>
internal enum Verdict
{
    Success,
    Retry,
    Drop,
}

/// <summary>What the app answered for one event.</summary>
/// <param name="Verdict">Null: it has no such route.</param>
/// <param name="Status">Of the request.</param>
internal readonly record struct AppAnswer(Verdict? Verdict, HttpStatusCode Status);

internal static class VerdictReader
{
    /// <summary>The status in the body of a 2xx answer; whatever is not such a body means success, as for daprd.</summary>
    public static Verdict Read(byte[] answer)
    {
        if (answer.Length == 0)
        {
            // What nearly every handler answers: too frequent for an exception.
            return Verdict.Success;
        }
        try
        {
            return JsonSerializer.Deserialize<Answer>(answer, JsonSerializerOptions.Web)?.Status switch
            {
                null or "" or "SUCCESS" => Verdict.Success,
                "DROP" => Verdict.Drop,
                _ => Verdict.Retry,
            };
        }
        catch (JsonException)
        {
            return Verdict.Success;
        }
    }

    /// <summary>
    /// The verdict on each entry of a bulk answer. What the answer does not name, or names with another word, is tried again: as for daprd.
    /// </summary>
    public static Dictionary<string, Verdict> ReadBulk(byte[] answer)
    {
        var verdicts = new Dictionary<string, Verdict>(StringComparer.Ordinal);
        try
        {
            foreach (var entry in JsonSerializer.Deserialize<BulkAnswer>(answer, JsonSerializerOptions.Web)?.Statuses ?? [])
            {
                verdicts[entry.EntryId ?? ""] = entry.Status switch
                {
                    "SUCCESS" => Verdict.Success,
                    "DROP" => Verdict.Drop,
                    _ => Verdict.Retry,
                };
            }
        }
        catch (JsonException)
        {
            verdicts.Clear();
        }
        return verdicts;
    }

    private sealed record Answer(string? Status);

    private sealed record BulkAnswer(List<BulkStatus>? Statuses);

    private sealed record BulkStatus(string? EntryId, string? Status);
}
