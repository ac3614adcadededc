using System.Net;
using System.Text.Json.Nodes;

namespace Fabrique.Tests;

/// <summary>What strangers may send to the only door of a node, and the words that they get for it.</summary>
public sealed class EntranceTests : IAsyncLifetime
{
    private readonly Origin _origin = new();
    private GatewayFactory _gateway = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _origin.StartAsync();
        _gateway = new GatewayFactory(
            name => [_origin.AddressOf(name)],
            host => host.UseSetting("Site:Address", "https://fabrique.example.org")
        );
        _http = _gateway.Open();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Theory]
    [InlineData("TRACE / HTTP/1.1", 405)]
    [InlineData("BREW /pratiques HTTP/1.1", 405)]
    [InlineData("TRACE /api/v1/practices HTTP/1.1", 405)]
    [InlineData("OPTIONS * HTTP/1.1", 404)]
    [InlineData("PUT /pratiques HTTP/1.1\nContent-Length: 0", 405)]
    [InlineData("DELETE /api/v1/practices HTTP/1.1", 405)]
    [InlineData("GET //evil.example/compte/connexion?langue=fr HTTP/1.1", 404)]
    [InlineData("GET /en//evil.example/?langue=fr HTTP/1.1", 404)]
    [InlineData("GET /\\evil.example/?langue=fr HTTP/1.1", 404)]
    [InlineData("GET /%5Cevil.example/?langue=fr HTTP/1.1", 404)]
    [InlineData("GET /%09/evil.example/?langue=fr HTTP/1.1", 404)]
    [InlineData("GET /.//evil.example/?langue=fr HTTP/1.1", 404)]
    [InlineData("GET /api/v1//evil.example HTTP/1.1", 404)]
    [InlineData("GET /?LONG:20000 HTTP/1.1", 414)]
    [InlineData("GET /api/v1/practices?query=LONG:200000 HTTP/1.1", 414)]
    [InlineData("GET /api/v1/practices HTTP/1.1\nX-Long: LONG:40000", 431)]
    [InlineData(
        "POST /fabrique.practices.v1.PracticeService/ListPractices HTTP/1.1\nContent-Type: application/grpc\nX-Long: LONG:40000",
        431
    )]
    public async Task What_the_node_does_not_take_it_refuses_in_words_and_sends_nobody_elsewhere(string request, int status)
    {
        var answer = await AskAsync($"{Written(request)}\nHost: fabrique.example.org");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Location", answer, StringComparison.Ordinal);
        var words = answer.Split("\r\n\r\n", 2)[1];
        Assert.Matches("(adresse|octets|address)", words);
        if (request.Contains(" /api/v1", StringComparison.Ordinal))
        {
            var problem = JsonNode.Parse(words[words.IndexOf('{', StringComparison.Ordinal)..(words.LastIndexOf('}') + 1)])!;
            Assert.Equal(("about:blank", status), ((string?)problem["type"], (int?)problem["status"]));
            Assert.NotEmpty((string?)problem["reason"] ?? "");
        }
    }

    [Theory]
    [InlineData("evil.example", 421)]
    [InlineData("fabrique.example.org.evil.example", 421)]
    [InlineData("fabrique.example.org:8443", 421)]
    [InlineData("192.0.2.7", 421)]
    [InlineData("fabrique.example.org", 200)]
    [InlineData("FABRIQUE.example.org:443", 200)]
    [InlineData("127.0.0.1:9000", 200)]
    [InlineData("localhost", 200)]
    public async Task A_site_with_an_address_answers_to_no_other_name(string host, int status)
    {
        foreach (var path in new[] { "/page", "/api/v1/practices" })
        {
            var answer = await AskAsync($"GET {path} HTTP/1.1\nHost: {host}");
            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
            Assert.Equal(status == 421, answer.Contains("Ce site ne répond pas à ce nom", StringComparison.Ordinal));
        }
        // Whoever watches over the node asks it by its number.
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync($"GET /alive HTTP/1.1\nHost: {host}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Cookie: a=é")]
    [InlineData("User-Agent: Navigateur de Béthune ✓")]
    [InlineData("Authorization: Bearer é")]
    [InlineData("Upgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")]
    [InlineData("Upgrade: h2c\nHTTP2-Settings: AAMAAABk")]
    [InlineData("Accept-Language: fr\nAccept-Language: en")]
    [InlineData("Content-Type:")]
    public async Task Odd_headers_change_nothing_in_what_is_answered(string headers)
    {
        Assert.StartsWith(
            "HTTP/1.1 200 ",
            await AskAsync($"GET /page HTTP/1.1\nHost: fabrique.example.org\n{headers}"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_error_without_a_word_of_a_service_gets_those_of_the_gateway()
    {
        using var page = await _http.GetAsync("/speechless", Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, page.StatusCode);
        Assert.Contains("<h1>", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private Task<string> AskAsync(string request) => RawHttp.AskAsync(_http.BaseAddress!, request, Cancellation);

    /// <summary>"LONG:7" becomes seven letters.</summary>
    private static string Written(string request) =>
        request.Split("LONG:") is [var before, var after]
            ? before + new string('x', int.Parse(after.Split(' ')[0], null)) + (after.Contains(' ') ? after[after.IndexOf(' ')..] : "")
            : request;
}
