using System.Text.Json.Nodes;
using Yarp.ReverseProxy;

namespace Fabrique.Gateway;

/// <summary>The health of the node: that of each piece behind the gateway, with its figures.</summary>
internal sealed class PiecesHealth(HttpClient http, IProxyStateLookup proxy)
{
    /// <summary>200 with <c>{"status":"healthy","pieces":{…}}</c>; 503 when a piece is unhealthy or does not answer.</summary>
    public async Task<IResult> AnswerAsync(CancellationToken cancellation)
    {
        var pieces = await Task.WhenAll(proxy.GetClusters()
            .OrderBy(cluster => cluster.ClusterId, StringComparer.Ordinal)
            .Select(async cluster => (cluster.ClusterId, Health: await AskAsync(cluster.Destinations.Values.First().Model.Config.Address, cancellation))));
        var worst = Any("unhealthy") ? "unhealthy" : Any("degraded") ? "degraded" : "healthy";
        var answer = new JsonObject
        {
            ["status"] = worst,
            ["version"] = ServiceDefaults.Version,
            ["pieces"] = new JsonObject(pieces.Select(piece => KeyValuePair.Create<string, JsonNode?>(piece.ClusterId, piece.Health))),
        };
        return Results.Json(answer, statusCode: worst == "unhealthy" ? 503 : 200);

        bool Any(string status) => pieces.Any(piece => (string?)piece.Health["status"] == status);
    }

    private async Task<JsonNode> AskAsync(string address, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(new Uri(address), "/health"), cancellation);
            return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation)) ?? Unhealthy("no answer");
        }
        catch (Exception error) when (error is HttpRequestException or System.Text.Json.JsonException || (error is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            return Unhealthy("no answer");
        }
    }

    private static JsonObject Unhealthy(string reason) => new() { ["status"] = "unhealthy", ["reason"] = reason };
}
