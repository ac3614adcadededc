using System.Net;
using System.Text.Json.Nodes;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

/// <summary>The gateway alone, with nobody behind it.</summary>
public sealed class GatewayTests : IDisposable
{
    private readonly GatewayFactory _factory = new(GatewayFactory.Away);
    private readonly HttpClient _http;

    public GatewayTests() => _http = _factory.Open();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_that_is_away_is_a_named_problem_and_the_way_out()
    {
        var answer = await _http.GetAsync("/api/v1/practices", Cancellation);
        Assert.Equal("10", answer.Headers.GetValues("Retry-After").Single());
        await ProblemAsync(answer, (int)answer.StatusCode);
        Assert.InRange((int)answer.StatusCode, 502, 504);
    }

    [Fact]
    public async Task A_portal_that_is_away_is_a_page_in_French()
    {
        using var answer = await _http.GetAsync("/", Cancellation);
        var page = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.InRange((int)answer.StatusCode, 502, 504);
        Assert.Contains("lang=\"fr\"", page, StringComparison.Ordinal);
        Assert.Contains("Réessayez", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_health_of_the_node_names_the_services_that_are_missing()
    {
        using var answer = await _http.GetAsync("/health", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var health = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Equal(GatewayFactory.Names.Order(), health["pieces"]!.AsObject().Select(service => service.Key));
        Assert.Equal("unhealthy", (string?)health["pieces"]!["practices"]!["status"]);
        using var alive = await _http.GetAsync("/alive", Cancellation);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    public void Dispose()
    {
        _http.Dispose();
        _factory.Dispose();
    }
}
