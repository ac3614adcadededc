using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Fabrique.Tests;

/// <summary>
/// What a sidecar does, whichever it is and whatever its broker: the embedded one joins with each of its brokers, and daprd where it is
/// installed.
/// </summary>
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
        Assert.Contains("pubsub", metadata.Components.Select(component => component.Name));
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
        await dapr.PublishByteEventAsync(
            "pubsub",
            Topic,
            Encoding.UTF8.GetBytes("""{"n":12345678901234567890.10,"é":"<&>"}"""),
            "application/json",
            cancellationToken: Cancellation
        );
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

        var own = new CloudEvent<Practice>(new Practice("Zéro déchet"))
        {
            Id = "own-1",
            Source = new Uri("https://loos.example"),
            Type = "shared",
        };
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
                })
                .WithTopic("pubsub", Topic));
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
            web.MapPost("/handle", (HttpRequest request) => TakeAsync(request, envelopes))
                .WithTopic("pubsub", Topic, enableRawPayload: true);
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishByteEventAsync(
            "pubsub",
            Topic,
            "pas du JSON"u8.ToArray(),
            "text/plain",
            new() { ["rawPayload"] = "true" },
            Cancellation
        );
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
        var result = await dapr.BulkPublishEventAsync(
            "pubsub",
            Topic,
            Enumerable.Range(0, 50).Select(n => new Practice($"n{n}")).ToList(),
            cancellationToken: Cancellation
        );
        Assert.Empty(result.FailedEntries);
        await ArrivedAsync([.. Enumerable.Range(0, 50).Select(n => $"practices: n{n}")]);
    }

    [Fact]
    public async Task A_subscription_in_bulk_gets_every_event_and_answers_for_each()
    {
        var attempts = new ConcurrentDictionary<string, int>();
        var app = Subscriber("practices", web =>
        {
            web.MapPost("/handle", (JsonElement body) =>
                {
                    Assert.Equal(Topic, body.GetProperty("topic").GetString());
                    return new BulkSubscribeAppResponse([
                        .. body.GetProperty("entries")
                            .EnumerateArray()
                            .Select(entry =>
                                Answer(
                                    entry.GetProperty("entryId").GetString()!,
                                    entry.GetProperty("event").GetProperty("data").GetProperty("title").GetString()!
                                )
                            )
                            .OfType<BulkSubscribeAppResponseEntry>(),
                    ]);
                })
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        DeadLetterTopic = $"{Topic}-dead",
                    }
                )
                .WithBulkSubscribe(
                    new BulkSubscribeTopicOptions
                    {
                        TopicName = Topic,
                        MaxMessagesCount = 7,
                        MaxAwaitDurationMs = 50,
                    }
                );
            web.MapPost("/dead", (Practice practice) => Arrived.Enqueue($"dead: {practice.Title}")).WithTopic("pubsub", $"{Topic}-dead");
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        string[] titles = ["poison", "refused", "forgotten once", .. Enumerable.Range(0, 30).Select(n => $"n{n}")];
        await dapr.BulkPublishEventAsync(
            "pubsub",
            Topic,
            titles.Select(title => new Practice(title)).ToList(),
            cancellationToken: Cancellation
        );
        await ArrivedAsync(["dead: poison", "dead: refused", "forgotten once", .. titles[3..]]);
        Assert.Equal(
            [("forgotten once", 2), ("poison", MaxRetries + 1)],
            attempts
                .Where(title => title.Value > 1)
                .Select(title => (title.Key, title.Value))
                .OrderBy(title => title.Key, StringComparer.Ordinal)
        );

        BulkSubscribeAppResponseEntry? Answer(string id, string title)
        {
            var attempt = attempts.AddOrUpdate(title, 1, (_, before) => before + 1);
            switch (title)
            {
                case "poison":
                    return new(id, BulkSubscribeAppResponseStatus.RETRY);
                case "refused":
                    return new(id, BulkSubscribeAppResponseStatus.DROP);
                case "forgotten once" when attempt == 1:
                    return null;
                default:
                    Arrived.Enqueue(title);
                    return new(id, BulkSubscribeAppResponseStatus.SUCCESS);
            }
        }
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
                })
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        DeadLetterTopic = $"{Topic}-dead",
                    }
                );
            web.MapPost("/dead", (Practice practice) => Arrived.Enqueue($"dead: {practice.Title}")).WithTopic("pubsub", $"{Topic}-dead");
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("poison"), Cancellation);
        await ArrivedAsync("dead: poison");
        Assert.Equal(4, attempts);
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
                })
                .WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("lent"), Cancellation);
        await ArrivedAsync("lent");
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task Http_publishes_too()
    {
        var app = Recorder("practices");
        await Node.StartAsync();
        using var http = new HttpClient { BaseAddress = Node.HttpOf(app), DefaultRequestHeaders = { { "dapr-api-token", app.Token } } };
        using var content = new StringContent("""{"title":"par HTTP"}""", Encoding.UTF8, "application/json");
        using var published = await http.PostAsync($"/v1.0/publish/pubsub/{Topic}?metadata.ttlInSeconds=60", content, Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, published.StatusCode);
        await ArrivedAsync("practices: par HTTP");
        using var metadata = await http.GetAsync("/v1.0/metadata", Cancellation);
        Assert.Contains(Topic, await metadata.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_trace_spans_publisher_and_handler()
    {
        var app = Subscriber("practices", web =>
            web.MapPost("/handle", () => Arrived.Enqueue(Activity.Current?.TraceId.ToString() ?? "")).WithTopic("pubsub", Topic)
        );
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        using var activity = new Activity("publish").Start();
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation);
        await ArrivedAsync(activity.TraceId.ToString());
    }

    [Fact]
    public async Task The_first_rule_that_an_event_matches_says_where_it_goes()
    {
        var app = Subscriber("practices", web =>
        {
            Map(web, "/published", """event.type == "published" && event.subject != 'secret'""", 1);
            Map(web, "/gone", """event.type in ["withdrawn", "erased"]""", 2);
            Map(web, "/published-too", """event.type == "published" """, 3);
            web.MapPost("/others", (Practice practice) => Arrived.Enqueue($"/others: {practice.Title}")).WithTopic("pubsub", Topic);
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        foreach (
            var (title, type, subject) in new[]
            {
                ("a", "published", "x"),
                ("b", "erased", "x"),
                ("c", "published", "secret"),
                ("d", "revised", "x"),
            }
        )
        {
            await dapr.PublishEventAsync(
                "pubsub",
                Topic,
                new Practice(title),
                new() { ["cloudevent.type"] = type, ["cloudevent.subject"] = subject },
                Cancellation
            );
        }

        await ArrivedAsync("/published: a", "/gone: b", "/published-too: c", "/others: d");

        void Map(WebApplication web, string path, string match, int priority) =>
            web.MapPost(path, (Practice practice) => Arrived.Enqueue($"{path}: {practice.Title}"))
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        Match = match,
                        Priority = priority,
                    }
                );
    }

    [Fact]
    public async Task An_event_that_no_rule_wants_goes_to_the_dead_letter_topic()
    {
        var app = Subscriber("practices", web =>
        {
            web.MapPost("/published", () => Arrived.Enqueue("published"))
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        Match = """event.type == "published" """,
                        Priority = 1,
                        DeadLetterTopic = $"{Topic}-dead",
                    }
                );
            web.MapPost("/dead", (Practice practice) => Arrived.Enqueue($"dead: {practice.Title}")).WithTopic("pubsub", $"{Topic}-dead");
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), new() { ["cloudevent.type"] = "revised" }, Cancellation);
        await ArrivedAsync("dead: x");
    }

    [Fact]
    public async Task A_file_subscribes_an_app_unless_the_app_does_so_itself()
    {
        Resource(
            "subscriptions.yaml",
            $$"""
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata:
              name: by-file
            spec:
              pubsubname: pubsub
              topic: {{Topic}}-file
              routes:
                rules:
                  - match: event.type == "published"
                    path: /published
                default: /others
              deadLetterTopic: {{Topic}}-dead
            scopes: [practices]
            ---
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata:
              name: replaced
            spec:
              pubsubname: pubsub
              topic: {{Topic}}
              routes:
                default: /by-file
            scopes: [practices]
            """
        );
        var app = Subscriber("practices", web =>
        {
            web.MapPost("/published", (Practice practice) => Arrived.Enqueue($"/published: {practice.Title}"));
            web.MapPost("/others", (Practice practice) => Results.Json(new { status = "DROP" }));
            web.MapPost("/by-file", (Practice practice) => Arrived.Enqueue($"/by-file: {practice.Title}"));
            web.MapPost("/by-app", (Practice practice) => Arrived.Enqueue($"/by-app: {practice.Title}")).WithTopic("pubsub", Topic);
            web.MapPost("/dead", (Practice practice) => Arrived.Enqueue($"/dead: {practice.Title}")).WithTopic("pubsub", $"{Topic}-dead");
        });
        Recorder("portal");
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync(
            "pubsub",
            $"{Topic}-file",
            new Practice("a"),
            new() { ["cloudevent.type"] = "published" },
            Cancellation
        );
        await dapr.PublishEventAsync("pubsub", $"{Topic}-file", new Practice("b"), Cancellation);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("c"), Cancellation);
        await ArrivedAsync("/published: a", "/dead: b", "/by-app: c", "portal: c");
    }

    private static IEnumerable<string?> Fields(JsonElement json, params string[] names) =>
        names.Select(name => json.GetProperty(name).GetString());

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
