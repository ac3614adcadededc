using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabrique.Portal.Api;

/// <summary>
/// A request that a reader can make as it stands, and the part of its answer that is worth showing. They stand in examples.json beside the
/// contract, in an order in which a node can be asked them one after the other; a test does, area after area.
/// </summary>
public sealed record ApiExample(
    string Call,
    Dictionary<string, string>? Path,
    Dictionary<string, string>? Query,
    JsonObject? Body,
    JsonObject Answer
)
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static IReadOnlyList<ApiExample> All { get; } = [.. Load()];

    public static ApiExample? Of(ApiCall call) => All.FirstOrDefault(example => example.Call == call.Method.Name);

    /// <summary>The address that it asks, without the site.</summary>
    public string Address(ApiCall call) =>
        (Path ?? []).Aggregate(call.Path, (path, field) => path.Replace($"{{{field.Key}}}", field.Value, StringComparison.Ordinal))
        + QueryString.Create((Query ?? []).Select(field => KeyValuePair.Create(field.Key, (string?)field.Value)));

    /// <summary>The request as a command; the token, where one is needed, is in the variable TOKEN.</summary>
    public string Curl(ApiCall call, string site)
    {
        var parts = new List<string>
        {
            call.Verb == HttpMethod.Get ? $"curl '{site}{Address(call)}'" : $"curl -X {call.Verb} '{site}{Address(call)}'",
        };
        if (call.Role is not null)
        {
            parts.Add("-H \"Authorization: Bearer $TOKEN\"");
        }
        if (Body is not null)
        {
            parts.Add("-H 'Content-Type: application/json'");
            parts.Add($"-d '{Write(Body).Replace("'", @"'\''", StringComparison.Ordinal)}'");
        }
        return string.Join(" \\\n  ", parts);
    }

    public static string Write(JsonNode json) => json.ToJsonString(Readable);

    private static IEnumerable<ApiExample> Load()
    {
        var assembly = typeof(ApiExample).Assembly;
        foreach (var area in ApiCall.All.Select(call => call.Area).Distinct())
        {
            using var stream = assembly.GetManifestResourceStream($"api/{area}/v1/examples.json");
            foreach (var example in stream is null ? [] : JsonSerializer.Deserialize<List<ApiExample>>(stream, Readable)!)
            {
                yield return example;
            }
        }
    }
}
