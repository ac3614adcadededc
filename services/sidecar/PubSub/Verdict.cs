using System.Text.Json;

namespace Fabrique.Sidecar;

/// <summary>What Dapr reads in an app's answer to a delivery.</summary>
internal enum Verdict
{
    Success,
    Retry,
    Drop,
}

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

    private sealed record Answer(string? Status);
}
