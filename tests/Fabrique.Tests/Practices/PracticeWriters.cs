using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Fabrique.Practices.V1;
using Grpc.Net.Client;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

/// <summary>
/// People of one territory who publish practices one after the other through the gateway of a node, whatever happens to it; it is
/// remembered what the node acknowledged, and what it answered instead.
/// </summary>
internal sealed class PracticeWriters : IAsyncDisposable
{
    // A person needs longer; these leave the machine to what is tried.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly WholeNode _node;
    private readonly string _territory;
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
    private readonly ConcurrentQueue<string> _published = new();
    private readonly ConcurrentQueue<HttpResponseMessage> _refusals = new();
    private readonly Task _writing;
    private volatile int _unanswered;

    private PracticeWriters(WholeNode node, string territory, HttpClient http, int count)
    {
        (_node, _territory, _http) = (node, territory, http);
        _writing = Task.WhenAll(Enumerable.Range(0, count).Select(writer => Task.Run(() => WriteAsync(writer))));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Answers of the node that were no success.</summary>
    public IReadOnlyCollection<HttpResponseMessage> Refusals => _refusals;

    /// <summary>Requests that ended without any answer: only a gateway that is gone does that.</summary>
    public int Unanswered => _unanswered;

    public static async Task<PracticeWriters> StartAsync(WholeNode node, string territory, int count = 3) =>
        new(node, territory, await node.HttpAsync(territory), count);

    /// <summary>Waits until that many more practices are acknowledged as published.</summary>
    public Task PublishedMoreAsync(int count, TimeSpan limit)
    {
        var before = _published.Count;
        return WholeNode.EventuallyAsync(true, () => Task.FromResult(_published.Count >= before + count), limit);
    }

    /// <summary>Waits for that many more answers that are no success.</summary>
    public Task RefusedMoreAsync(int count, TimeSpan limit)
    {
        var before = _refusals.Count;
        return WholeNode.EventuallyAsync(true, () => Task.FromResult(_refusals.Count >= before + count), limit);
    }

    /// <summary>
    /// They stop. Then the node gets healthy, holds all that it acknowledged, and the page of the territory counts the same.
    /// </summary>
    public async Task ConvergedAsync(TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        await WholeNode.EventuallyAsync(
            "healthy",
            async () => (string?)JsonNode.Parse(await _http.GetStringAsync("/health", Cancellation))!["status"],
            limit
        );
        await _stop.CancelAsync();
        await _writing;
        using var channel = GrpcChannel.ForAddress(_node.GrpcAddress);
        var catalogue = await CatalogueAsync(new PracticeService.PracticeServiceClient(channel), _territory);
        Assert.Empty(_published.Except(catalogue));
        await WholeNode.EventuallyAsync(catalogue.Count, () => CountAsync(_http, _territory), limit - watch.Elapsed);
        await WholeNode.EventuallyAsync(
            "healthy",
            async () => (string?)JsonNode.Parse(await _http.GetStringAsync("/health", Cancellation))!["status"],
            limit - watch.Elapsed
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        _http.Dispose();
        _stop.Dispose();
    }

    /// <summary>Writes a practice and publishes it.</summary>
    /// <returns>Its identifier.</returns>
    /// <exception cref="Xunit.Sdk.XunitException">The node refused.</exception>
    public static async Task<string> PublishAsync(HttpClient http, string territory, string title)
    {
        using var draft = await http.PostAsync("/api/v1/practices", Json(Practice(territory, title).ToJsonString()), Cancellation);
        var id = (string)(await JsonAsync(draft))["id"]!;
        using var published = await http.PostAsync($"/api/v1/practices/{id}:publish", Json("{}"), Cancellation);
        await JsonAsync(published);
        return id;
    }

    /// <summary>How many practices the page of the territory counts.</summary>
    public static async Task<int> CountAsync(HttpClient http, string territory) =>
        (int)JsonNode.Parse(await http.GetStringAsync($"/api/v1/territories/{territory}", Cancellation))!["practiceCount"]!;

    private async Task WriteAsync(int writer)
    {
        for (var at = 0; !_stop.IsCancellationRequested; at++)
        {
            try
            {
                if (
                    await SendAsync("/api/v1/practices", Practice(_territory, $"Practice {writer}.{at}")) is { } draft
                    && await SendAsync($"/api/v1/practices/{draft["id"]}:publish", []) is { } published
                )
                {
                    _published.Enqueue((string)published["id"]!);
                }
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                Interlocked.Increment(ref _unanswered);
            }
            await Task.Delay(Pause, Cancellation);
        }
    }

    private async Task<JsonNode?> SendAsync(string path, JsonObject body)
    {
        var answer = await _http.PostAsync(path, Json(body.ToJsonString()), Cancellation);
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            return await JsonAsync(answer);
        }
        _refusals.Enqueue(answer);
        return null;
    }

    private static JsonObject Practice(string territory, string title) =>
        new()
        {
            ["territory"] = territory,
            ["title"] = title,
            ["summary"] = "Écrite par un essai.",
            ["themes"] = new JsonArray("PART"),
            ["maturity"] = "IDEE",
            ["context"] = "Un essai.",
            ["difficulties"] = "Aucune : ce n’est qu’un essai.",
            ["successConditions"] = "Un nœud qui marche.",
            ["licence"] = "CC-BY-SA-4.0",
            ["sources"] = new JsonArray(new JsonObject { ["title"] = "L’essai lui-même" }),
        };

    private static async Task<HashSet<string>> CatalogueAsync(PracticeService.PracticeServiceClient practices, string territory)
    {
        var found = new HashSet<string>();
        var request = new ListPracticesRequest { Territory = territory, PageSize = 100 };
        do
        {
            var page = await practices.ListPracticesAsync(request);
            found.UnionWith(page.Practices.Select(practice => practice.Id));
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        return found;
    }
}
