using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabrique.Identity;

/// <summary>One piece.</summary>
/// <param name="Name">Of the service.</param>
/// <param name="Status">"healthy", "degraded", "unhealthy".</param>
/// <param name="Quarantined">Records that it put aside; null where it keeps none.</param>
internal sealed record PieceState(string Name, string Status, int? Quarantined);

/// <summary>Asks the gateway, which asks every piece.</summary>
internal sealed class NodeHealth(HttpClient http, IConfiguration configuration)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>How the pieces are; empty where the gateway cannot be asked.</summary>
    public async Task<IReadOnlyList<PieceState>> AskAsync(CancellationToken cancellation)
    {
        if (!Uri.TryCreate(configuration["services:gateway:http:0"], UriKind.Absolute, out var gateway))
        {
            return [];
        }
        try
        {
            using var answer = await http.GetAsync(new Uri(gateway, "/health"), cancellation);
            var pieces = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellation))?["pieces"]?.AsObject();
            return
            [
                .. (pieces ?? []).Select(piece => new PieceState(
                    piece.Key,
                    (string?)piece.Value?["status"] ?? "",
                    Quarantined(piece.Value)
                )),
            ];
        }
        catch (Exception away)
            when (away is HttpRequestException or JsonException or InvalidOperationException
                || (away is TaskCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            return [];
        }
    }

    /// <summary>All processes of a piece count the same store.</summary>
    private static int? Quarantined(JsonNode? piece) =>
        (int?)(
            piece?["checks"]?["relay"]?["quarantined"]
            ?? piece
                ?["replicas"]?.AsArray()
                .Select(replica => replica?["checks"]?["relay"]?["quarantined"])
                .FirstOrDefault(count => count is not null)
        );
}
