using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Fabrique.Runner;

/// <summary>What a process says of itself.</summary>
/// <param name="Text">In a word or two.</param>
/// <param name="Page">The whole of its health page; empty when it did not answer.</param>
internal sealed record Probe(bool IsHealthy, string Text, string Page = "")
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    /// <summary>
    /// Asks the health page, or whether a broker listens; without address there is nothing to ask and the answer is healthy.
    /// </summary>
    public static async Task<Probe> AskAsync(Uri? address, bool http2, string page, CancellationToken cancellation)
    {
        try
        {
            return address switch
            {
                null => new Probe(true, "alive"),
                { Scheme: "amqp" } => await ConnectAsync(address, cancellation),
                _ => await GetAsync(new Uri(address, page), http2, cancellation),
            };
        }
        catch (Exception error)
            when (error is HttpRequestException or SocketException or IOException or JsonException
                || (error is OperationCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            return new Probe(false, error is OperationCanceledException ? "no answer in 3 s" : "no answer");
        }
    }

    private static async Task<Probe> GetAsync(Uri page, bool http2, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, page)
        {
            Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await Client.SendAsync(request, cancellation);
        var body = await response.Content.ReadAsStringAsync(cancellation);
        var status =
            response.Content.Headers.ContentType?.MediaType == "application/json"
            && JsonDocument.Parse(body).RootElement is { ValueKind: JsonValueKind.Object } json
            && json.TryGetProperty("status", out var value)
                ? value.ToString()
                : null;
        return new Probe(
            response.IsSuccessStatusCode,
            status ?? (response.IsSuccessStatusCode ? "healthy" : $"answers {(int)response.StatusCode}"),
            body
        );
    }

    /// <summary>A broker opens its port when all the rest of it is up. Nothing is said: it would log a greeting without a login.</summary>
    private static async Task<Probe> ConnectAsync(Uri address, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, cancellation);
        return new Probe(true, "healthy");
    }
}
