using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Fabrique.Tests;

/// <summary>What the sidecar must do whatever the broker; each broker joins with its component file.</summary>
public abstract class SidecarSuite : SidecarTest
{
    [Fact]
    public async Task The_sidecar_is_found_and_tells_what_it_runs()
    {
        var app = Subscriber("practices", web => web.MapPost("/handle", () => { }).WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.WaitForSidecarAsync(Cancellation);
        Assert.True(await dapr.CheckOutboundHealthAsync(Cancellation));
        Assert.True(await dapr.CheckHealthAsync(Cancellation));
        var metadata = await dapr.GetMetadataAsync(Cancellation);
        Assert.Equal("practices", metadata.Id);
        Assert.Equal("pubsub", Assert.Single(metadata.Components).Name);
    }

    [Fact]
    public async Task An_event_reaches_every_app_that_subscribes_once()
    {
        var practices = Recorder("practices");
        Recorder("portal");
        await Node.StartAsync();
        using var dapr = Node.Client(practices);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("Cantine bio"), Cancellation);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("Ceinture verte"), Cancellation);
        await ArrivedAsync("portal: Cantine bio", "portal: Ceinture verte", "practices: Cantine bio", "practices: Ceinture verte");
    }

    [Fact]
    public async Task The_envelope_is_the_one_dapr_makes()
    {
        var envelopes = new ConcurrentQueue<JsonElement>();
        var app = Node.Add("practices", web =>
        {
            web.MapSubscribeHandler();
            web.MapPost("/handle", (HttpRequest request) => TakeAsync(request, envelopes)).WithTopic("pubsub", Topic);
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishByteEventAsync("pubsub", Topic, Encoding.UTF8.GetBytes("""{"n":12345678901234567890.10,"é":"<&>"}"""), "application/json", cancellationToken: Cancellation);
        var json = await OneAsync(envelopes);
        Assert.Equal("practices", json.GetProperty("source").GetString());
        Assert.Equal("com.dapr.event.sent", json.GetProperty("type").GetString());
        Assert.Equal("1.0", json.GetProperty("specversion").GetString());
        Assert.Equal("application/json", json.GetProperty("datacontenttype").GetString());
        Assert.Equal(Topic, json.GetProperty("topic").GetString());
        Assert.Equal("pubsub", json.GetProperty("pubsubname").GetString());
        Assert.Equal("12345678901234567890.10", json.GetProperty("data").GetProperty("n").GetRawText());
        Assert.Equal("<&>", json.GetProperty("data").GetProperty("é").GetString());
        Assert.True(Guid.TryParse(json.GetProperty("id").GetString(), out _));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$", json.GetProperty("time").GetString());
        Assert.True(json.TryGetProperty("tracestate", out _));
        Assert.Equal("pubsub", json.GetProperty("header").GetString());

        var metadata = new Dictionary<string, string>
        {
            ["cloudevent.id"] = "fiche-1/2",
            ["CloudEvent.Type"] = "fabrique.practices.v1.Practice",
            ["cloudevent.source"] = "node-1",
            ["cloudevent.subject"] = "fiche-1",
            ["ttlInSeconds"] = "60",
        };
        await dapr.PublishEventAsync("pubsub", Topic, "texte", metadata, Cancellation);
        json = await OneAsync(envelopes);
        Assert.Equal(["fiche-1/2", "fabrique.practices.v1.Practice", "node-1", "fiche-1"], Fields(json, "id", "type", "source", "subject"));

        var own = new CloudEvent<Practice>(new Practice("Zéro déchet")) { Id = "own-1", Source = new Uri("https://loos.example"), Type = "shared" };
        await dapr.PublishEventAsync("pubsub", Topic, own, Cancellation);
        json = await OneAsync(envelopes);
        Assert.Equal(["own-1", "https://loos.example", "shared"], Fields(json, "id", "source", "type"));
        Assert.Equal("Zéro déchet", json.GetProperty("data").GetProperty("title").GetString());
        Assert.Equal(Topic, json.GetProperty("topic").GetString());
    }

    [Fact]
    public async Task Bytes_arrive_as_they_were_published()
    {
        var bodies = new ConcurrentQueue<byte[]>();
        var app = Subscriber("practices", web => web.MapPost("/handle", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            Assert.Equal("application/octet-stream", request.ContentType);
            bodies.Enqueue(body.ToArray());
        }).WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        var signed = Enumerable.Range(0, 2 << 20).Select(i => (byte)i).ToArray();
        await dapr.PublishByteEventAsync("pubsub", Topic, signed, "application/octet-stream", cancellationToken: Cancellation);
        await Eventually.TrueAsync(() => bodies.TryPeek(out var body) && body.SequenceEqual(signed), "the handler gets the bytes");
    }

    [Fact]
    public async Task A_raw_payload_is_no_envelope_on_the_way_and_one_for_the_handler()
    {
        var envelopes = new ConcurrentQueue<JsonElement>();
        var app = Node.Add("practices", web =>
        {
            web.MapSubscribeHandler();
            web.MapPost("/handle", (HttpRequest request) => TakeAsync(request, envelopes)).WithTopic("pubsub", Topic, enableRawPayload: true);
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishByteEventAsync("pubsub", Topic, "pas du JSON"u8.ToArray(), "text/plain", new() { ["rawPayload"] = "true" }, Cancellation);
        var json = await OneAsync(envelopes);
        Assert.Equal("pas du JSON", Encoding.UTF8.GetString(json.GetProperty("data_base64").GetBytesFromBase64()));
        Assert.Equal("application/octet-stream", json.GetProperty("datacontenttype").GetString());
    }

    [Fact]
    public async Task A_bulk_publish_delivers_every_entry()
    {
        var app = Recorder("practices");
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        var result = await dapr.BulkPublishEventAsync("pubsub", Topic, Enumerable.Range(0, 50).Select(n => new Practice($"n{n}")).ToList(), cancellationToken: Cancellation);
        Assert.Empty(result.FailedEntries);
        await ArrivedAsync([.. Enumerable.Range(0, 50).Select(n => $"practices: n{n}")]);
        var failed = await dapr.BulkPublishEventAsync("pubsub", Topic + "-nobody", new List<Practice> { new("a"), new("b") }, cancellationToken: Cancellation);
        Assert.Equal(2, failed.FailedEntries.Count);
    }

    [Fact]
    public async Task A_handler_that_fails_is_tried_again_then_the_event_is_a_dead_letter()
    {
        var attempts = 0;
        var app = Subscriber("practices", web =>
        {
            web.MapPost("/handle", () =>
            {
                Interlocked.Increment(ref attempts);
                return Results.StatusCode(500);
            }).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = Topic, DeadLetterTopic = $"{Topic}-dead" });
            web.MapPost("/dead", (Practice practice) => Arrived.Enqueue($"dead: {practice.Title}")).WithTopic("pubsub", $"{Topic}-dead");
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("poison"), Cancellation);
        await ArrivedAsync("dead: poison");
        Assert.Equal(4, attempts);
        var figures = (await Node.HealthAsync()).GetProperty("checks").GetProperty("apps").GetProperty("practices").GetProperty("subscriptions")[0];
        Assert.Equal((4, 1, 0), (figures.GetProperty("failed").GetInt32(), figures.GetProperty("deadLettered").GetInt32(), figures.GetProperty("delivered").GetInt32()));
    }

    [Theory]
    [InlineData("""{"status":"SUCCESS"}""", 200, 1, false)]
    [InlineData("""{"status":"RETRY"}""", 200, 4, true)]
    [InlineData("""{"status":"Completed"}""", 200, 4, true)]
    [InlineData("""{"status":"DROP"}""", 200, 1, true)]
    [InlineData("""not JSON""", 200, 1, false)]
    [InlineData("", 404, 1, true)]
    public async Task The_apps_answer_decides(string answer, int status, int attempts, bool isDeadLetter)
    {
        var seen = 0;
        var app = Subscriber("practices", web =>
        {
            web.MapPost("/handle", () =>
            {
                Interlocked.Increment(ref seen);
                return Results.Text(answer, statusCode: status);
            }).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = Topic, DeadLetterTopic = $"{Topic}-dead" });
            web.MapPost("/dead", () => Arrived.Enqueue("dead")).WithTopic("pubsub", $"{Topic}-dead");
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation);
        await Eventually.TrueAsync(
            async () =>
            {
                var figures = (await Node.HealthAsync()).GetProperty("checks").GetProperty("apps").GetProperty("practices").GetProperty("subscriptions")[0];
                return figures.GetProperty("delivered").GetInt32() + figures.GetProperty("deadLettered").GetInt32() == 1;
            },
            "the event is settled");
        Assert.Equal(attempts, seen);
        await ArrivedAsync(isDeadLetter ? ["dead"] : []);
    }

    [Fact]
    public async Task A_handler_that_hangs_is_a_failed_attempt()
    {
        var attempts = 0;
        var app = Subscriber("practices", web => web.MapPost("/handle", async (Practice practice, HttpContext context) =>
        {
            if (Interlocked.Increment(ref attempts) == 1)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            Arrived.Enqueue(practice.Title);
        }).WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("lent"), Cancellation);
        await ArrivedAsync("lent");
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_handler_that_is_slow_holds_up_no_other_app_and_is_given_no_more_than_its_share()
    {
        var (released, begun) = (new TaskCompletionSource(), new ConcurrentDictionary<string, bool>());
        var fast = Recorder("practices");
        Subscriber("portal", web => web.MapPost("/handle", async (Practice practice, HttpContext context) =>
        {
            begun[practice.Title] = true;
            await released.Task.WaitAsync(context.RequestAborted);
            Arrived.Enqueue($"portal: {practice.Title}");
        }).WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(fast);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(n => dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation)));
        await ArrivedAsync([.. Enumerable.Range(0, 60).Select(n => $"practices: n{n}")]);
        // prefetchCount of the components that a node ships.
        Assert.InRange(begun.Count, 1, 20);

        released.SetResult();
        await ArrivedAsync([.. Enumerable.Range(0, 60).SelectMany(n => new[] { $"practices: n{n}", $"portal: n{n}" })]);
    }

    [Fact]
    public async Task Events_wait_for_an_app_that_is_down_without_counting_attempts()
    {
        var portal = Recorder("portal");
        var practices = Node.Add("practices", _ => { });
        await Node.StartAsync();
        await portal.StopAsync();
        using var dapr = Node.Client(practices);
        for (var n = 0; n < 100; n++)
        {
            await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation);
        }

        // Longer than all the attempts of the policy together.
        await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
        await portal.StartAsync();
        await ArrivedAsync([.. Enumerable.Range(0, 100).Select(n => $"portal: n{n}")]);
        Assert.Equal("up", await StateAsync("portal"));
    }

    [Fact]
    public async Task An_app_restarted_while_events_flow_misses_none()
    {
        var portal = Recorder("portal");
        var practices = Node.Add("practices", _ => { });
        await Node.StartAsync();
        using var dapr = Node.Client(practices);
        var publishing = Task.Run(async () =>
        {
            for (var n = 0; n < 600; n++)
            {
                await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation);
            }
        }, Cancellation);
        for (var restart = 1; restart <= 3; restart++)
        {
            await Eventually.TrueAsync(() => Arrived.Count > restart * 50, "events flow");
            await portal.StopAsync();
            await portal.StartAsync();
        }

        await publishing;
        var expected = Enumerable.Range(0, 600).Select(n => $"portal: n{n}").ToHashSet();
        await Eventually.TrueAsync(() => expected.IsSubsetOf(Arrived), "every event arrives");
    }

    [Fact]
    public async Task An_app_that_starts_late_gets_what_was_published_before()
    {
        var portal = Recorder("portal");
        var practices = Node.Add("practices", _ => { });
        await Node.StartAsync(later: portal);
        using var dapr = Node.Client(practices);
        var refused = await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("trop tôt"), Cancellation));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("portal", refused.Status.Detail, StringComparison.Ordinal);

        var publishing = dapr.PublishEventAsync("pubsub", Topic, new Practice("attendu"), Cancellation);
        await portal.StartAsync();
        await publishing;
        await ArrivedAsync("portal: attendu");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_app_replaced_by_one_with_other_routes_and_topics_is_followed(bool isSeenDown)
    {
        var renamed = false;
        var app = Subscriber("practices", web =>
        {
            var name = renamed ? "second" : "first";
            web.MapPost($"/{name}", (Practice practice) => Arrived.Enqueue($"{name}: {practice.Title}")).WithTopic("pubsub", $"{Topic}-{name}");
            web.MapPost($"/common-{name}", (Practice practice) => Arrived.Enqueue($"common-{name}: {practice.Title}")).WithTopic("pubsub", Topic);
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", $"{Topic}-first", new Practice("a"), Cancellation);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("b"), Cancellation);
        await ArrivedAsync("common-first: b", "first: a");
        renamed = true;
        await app.StopAsync();
        if (isSeenDown)
        {
            await dapr.PublishEventAsync("pubsub", Topic, new Practice("c"), Cancellation);
            await Eventually.TrueAsync(async () => await StateAsync("practices") == "down", "the sidecar sees the app go");
        }

        await app.StartAsync();
        if (!isSeenDown)
        {
            await dapr.PublishEventAsync("pubsub", Topic, new Practice("c"), Cancellation);
        }

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await dapr.PublishEventAsync("pubsub", $"{Topic}-second", new Practice("d"), Cancellation);
                return true;
            }
            catch (DaprException)
            {
                return false;
            }
        }, "the new subscription is read");
        await ArrivedAsync("common-first: b", "first: a", "common-second: c", "second: d");
    }

    [Fact]
    public async Task A_publish_nobody_is_bound_to_is_refused()
    {
        var app = Node.Add("practices", _ => { });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        var error = await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Contains(Topic, error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publish_with_bad_arguments_names_them()
    {
        var app = Recorder("practices");
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await InvalidAsync("'elsewhere'", () => dapr.PublishEventAsync("elsewhere", Topic, 1, Cancellation));
        await InvalidAsync("ttlInSeconds", () => dapr.PublishEventAsync("pubsub", Topic, 1, new Dictionary<string, string> { ["ttlInSeconds"] = "soon" }, Cancellation));
        await InvalidAsync("JSON object", () => dapr.PublishByteEventAsync("pubsub", Topic, "[1]"u8.ToArray(), "application/cloudevents+json", cancellationToken: Cancellation));

        static async Task InvalidAsync(string word, Func<Task> publish)
        {
            var error = await RefusedAsync(publish);
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
            Assert.Contains(word, error.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData("")]
    public async Task Without_the_apps_own_token_nothing_is_published(string token)
    {
        Recorder("practices");
        await Node.StartAsync();
        using var dapr = Node.Client(token);
        Assert.Equal(StatusCode.Unauthenticated, (await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, 1, Cancellation))).StatusCode);
        using var http = new HttpClient();
        using var response = await http.PostAsync(new Uri(Node.Http, $"/v1.0/publish/pubsub/{Topic}"), new StringContent("1"), Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.True(await dapr.CheckHealthAsync(Cancellation));
    }

    [Fact]
    public async Task Http_publishes_too()
    {
        var app = Recorder("practices");
        await Node.StartAsync();
        using var http = new HttpClient { BaseAddress = Node.Http, DefaultRequestHeaders = { { "dapr-api-token", app.Token } } };
        using var content = new StringContent("""{"title":"par HTTP"}""", Encoding.UTF8, "application/json");
        using var published = await http.PostAsync($"/v1.0/publish/pubsub/{Topic}?metadata.ttlInSeconds=60", content, Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, published.StatusCode);
        await ArrivedAsync("practices: par HTTP");
        using var refused = await http.PostAsync($"/v1.0/publish/pubsub/{Topic}-nobody", new StringContent("1"), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Contains("no queue is bound", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var metadata = await http.GetAsync("/v1.0/metadata", Cancellation);
        Assert.Contains(Topic, await metadata.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_trace_spans_publisher_and_handler()
    {
        var app = Subscriber("practices", web => web.MapPost("/handle", () => Arrived.Enqueue(Activity.Current?.TraceId.ToString() ?? "")).WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        using var activity = new Activity("publish").Start();
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation);
        await ArrivedAsync(activity.TraceId.ToString());
    }

    [Fact]
    public async Task A_delivery_under_way_when_the_sidecar_stops_is_finished()
    {
        var begun = new TaskCompletionSource();
        var app = Subscriber("practices", web => web.MapPost("/handle", async (Practice practice) =>
        {
            begun.TrySetResult();
            await Task.Delay(TimeSpan.FromSeconds(1));
            Arrived.Enqueue(practice.Title);
        }).WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using (var dapr = Node.Client(app))
        {
            await dapr.PublishEventAsync("pubsub", Topic, new Practice("en cours"), Cancellation);
        }

        await begun.Task.WaitAsync(Cancellation);
        await Node.StopSidecarAsync();
        Assert.Equal(["en cours"], Arrived);
    }

    [Fact]
    public async Task A_subscription_the_sidecar_cannot_serve_is_refused_and_shown()
    {
        Subscriber("practices", web => web.MapPost("/handle", () => { }).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = Topic, Match = "event.type == 'x'", Priority = 1 }));
        await Node.StartAsync();
        Assert.Equal("refused", await StateAsync("practices"));
        await Eventually.TrueAsync(async () => (await Node.HealthAsync()).GetProperty("status").GetString() == "degraded", "the node is degraded, not away");
    }

    private static IEnumerable<string?> Fields(JsonElement json, params string[] names) => names.Select(name => json.GetProperty(name).GetString());

    private static async Task TakeAsync(HttpRequest request, ConcurrentQueue<JsonElement> envelopes)
    {
        Assert.Equal("application/cloudevents+json", request.ContentType);
        var envelope = (await JsonNode.ParseAsync(request.Body))!.AsObject();
        envelope["header"] = request.Headers["pubsubName"].ToString();
        envelopes.Enqueue(JsonDocument.Parse(envelope.ToJsonString()).RootElement);
    }

    private static async Task<JsonElement> OneAsync(ConcurrentQueue<JsonElement> envelopes)
    {
        var envelope = default(JsonElement);
        await Eventually.TrueAsync(() => envelopes.TryDequeue(out envelope), "an envelope arrives");
        return envelope;
    }
}
