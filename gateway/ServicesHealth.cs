using System.Text.Json.Nodes;
using Yarp.ReverseProxy;

namespace Fabrique.Gateway;

/// <summary>The health of the node: that of each service behind the gateway, with its figures.</summary>
internal sealed class ServicesHealth(HttpClient http, IProxyStateLookup proxy)
{
    /// <summary>200 with <c>{"status":"healthy","pieces":{…}}</c>; 503 when a service is unhealthy or does not answer.</summary>
    public async Task<IResult> AnswerAsync(CancellationToken cancellation)
    {
        var services = await Task.WhenAll(
            proxy
                .GetClusters()
                .OrderBy(cluster => cluster.ClusterId, StringComparer.Ordinal)
                .Select(async cluster =>
                    (
                        cluster.ClusterId,
                        Health: OfAll(
                            await Task.WhenAll(
                                cluster
                                    .Destinations.OrderBy(process => process.Key, StringComparer.Ordinal)
                                    .Select(process => AskAsync(process.Value.Model.Config.Address, cancellation))
                            )
                        )
                    )
                )
        );
        var worst =
            services.Any(service => Is(service.Health, "unhealthy")) ? "unhealthy"
            : services.All(service => Is(service.Health, "healthy")) ? "healthy"
            : "degraded";
        var answer = new JsonObject
        {
            ["status"] = worst,
            ["version"] = Release.Version,
            ["pieces"] = new JsonObject(
                services.Select(service => KeyValuePair.Create<string, JsonNode?>(service.ClusterId, service.Health))
            ),
        };
        return Results.Json(answer, statusCode: worst == "unhealthy" ? 503 : 200);
    }

    /// <summary>A service of several processes works while one of them does; each says how it is under <c>replicas</c>.</summary>
    private static JsonNode OfAll(JsonNode[] processes) =>
        processes is [var only]
            ? only
            : new JsonObject
            {
                ["status"] =
                    processes.All(process => Is(process, "healthy")) ? "healthy"
                    : processes.All(process => Is(process, "unhealthy")) ? "unhealthy"
                    : "degraded",
                ["replicas"] = new JsonArray(processes),
            };

    private static bool Is(JsonNode health, string status) => (string?)health["status"] == status;

    private async Task<JsonNode> AskAsync(string address, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(new Uri(address), "/health"), cancellation);
            return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation)) ?? Unhealthy("no answer");
        }
        catch (Exception error)
            when (error is HttpRequestException or System.Text.Json.JsonException
                || (error is TaskCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            return Unhealthy("no answer");
        }
    }

    private static JsonObject Unhealthy(string reason) => new() { ["status"] = "unhealthy", ["reason"] = reason };
}
