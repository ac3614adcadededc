using System.Collections.Concurrent;
using System.Net;
using Dapr;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Fabrique.Tests;

/// <summary>
/// What the embedded sidecar promises besides, whatever the broker: it is stricter than daprd, and its health page tells more.
/// </summary>
public abstract class SidecarStrictSuite : SidecarSuite
{
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
                })
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        DeadLetterTopic = $"{Topic}-dead",
                    }
                );
            web.MapPost("/dead", () => Arrived.Enqueue("dead")).WithTopic("pubsub", $"{Topic}-dead");
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation);
        await Eventually.TrueAsync(
            async () =>
            {
                var figures = (await Node.HealthAsync())
                    .GetProperty("checks")
                    .GetProperty("apps")
                    .GetProperty("practices")
                    .GetProperty("subscriptions")[0];
                return figures.GetProperty("delivered").GetInt32() + figures.GetProperty("deadLettered").GetInt32() == 1;
            },
            "the event is settled"
        );
        Assert.Equal(attempts, seen);
        await ArrivedAsync(isDeadLetter ? ["dead"] : []);
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
                })
                .WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(fast);
        await Task.WhenAll(
            Enumerable.Range(0, 60).Select(n => dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation))
        );
        await ArrivedAsync([.. Enumerable.Range(0, 60).Select(n => $"practices: n{n}")]);
        // prefetchCount of the components here.
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
        var publishing = Task.Run(
            async () =>
            {
                for (var n = 0; n < 600; n++)
                {
                    await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation);
                }
            },
            Cancellation
        );
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
            web.MapPost($"/{name}", (Practice practice) => Arrived.Enqueue($"{name}: {practice.Title}"))
                .WithTopic("pubsub", $"{Topic}-{name}");
            web.MapPost($"/common-{name}", (Practice practice) => Arrived.Enqueue($"common-{name}: {practice.Title}"))
                .WithTopic("pubsub", Topic);
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

        await Eventually.TrueAsync(
            async () =>
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
            },
            "the new subscription is read"
        );
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
        await InvalidAsync("ttlInSeconds", () =>
            dapr.PublishEventAsync("pubsub", Topic, 1, new Dictionary<string, string> { ["ttlInSeconds"] = "soon" }, Cancellation)
        );
        await InvalidAsync("JSON object", () =>
            dapr.PublishByteEventAsync("pubsub", Topic, "[1]"u8.ToArray(), "application/cloudevents+json", cancellationToken: Cancellation)
        );

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
        Assert.Equal(
            StatusCode.Unauthenticated,
            (await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, 1, Cancellation))).StatusCode
        );
        using var http = new HttpClient();
        using var response = await http.PostAsync(
            new Uri(Node.Http, $"/v1.0/publish/pubsub/{Topic}"),
            new StringContent("1"),
            Cancellation
        );
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.True(await dapr.CheckHealthAsync(Cancellation));
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
                })
                .WithTopic("pubsub", Topic));
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
        Subscriber("practices", web => web.MapPost("/handle", () => { })
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        Match = "event.data.size > 3",
                        Priority = 1,
                    }
                ));
        await Node.StartAsync();
        Assert.Equal("refused", await StateAsync("practices"));
        await Eventually.TrueAsync(
            async () => (await Node.HealthAsync()).GetProperty("status").GetString() == "degraded",
            "the node is degraded, not away"
        );
    }

    [Fact]
    public async Task What_cannot_be_published_is_named_by_every_door()
    {
        var app = Recorder("practices");
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        var failed = await dapr.BulkPublishEventAsync(
            "pubsub",
            Topic + "-nobody",
            new List<Practice> { new("a"), new("b") },
            cancellationToken: Cancellation
        );
        Assert.Equal(2, failed.FailedEntries.Count);
        using var http = new HttpClient { BaseAddress = Node.Http, DefaultRequestHeaders = { { "dapr-api-token", app.Token } } };
        using var refused = await http.PostAsync($"/v1.0/publish/pubsub/{Topic}-nobody", new StringContent("1"), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Contains("no queue is bound", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bulk_publish_names_the_entries_that_failed_and_delivers_the_others()
    {
        var app = Recorder("practices");
        await Node.StartAsync();
        using var channel = GrpcChannel.ForAddress(Node.Grpc);
        var request = new BulkPublishRequest { PubsubName = "pubsub", Topic = Topic };
        for (var n = 0; n < 6; n++)
        {
            var entry = new BulkPublishRequestEntry
            {
                EntryId = $"{n}",
                ContentType = "application/json",
                Event = ByteString.CopyFromUtf8($$"""{"title":"n{{n}}"}"""),
            };
            entry.Metadata.Add("ttlInSeconds", n % 3 == 1 ? "soon" : "60");
            request.Entries.Add(entry);
        }

        var client = new Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient(channel);
        var answer = await client.BulkPublishEventAsync(
            request,
            new Metadata { { "dapr-api-token", app.Token } },
            cancellationToken: Cancellation
        );
        Assert.Equal(["1", "4"], answer.FailedEntries.Select(entry => entry.EntryId).Order());
        Assert.All(answer.FailedEntries, entry => Assert.Contains("ttlInSeconds", entry.Error, StringComparison.Ordinal));
        await ArrivedAsync("practices: n0", "practices: n2", "practices: n3", "practices: n5");
    }

    [Fact]
    public async Task The_figures_of_a_subscription_tell_what_became_of_its_events()
    {
        var app = Subscriber("practices", web =>
        {
            web.MapPost("/handle", (Practice practice) => practice.Title == "poison" ? Results.StatusCode(500) : Results.Ok())
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        DeadLetterTopic = $"{Topic}-dead",
                    }
                );
            web.MapPost("/dead", (Practice practice) => Arrived.Enqueue(practice.Title)).WithTopic("pubsub", $"{Topic}-dead");
        });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("poison"), Cancellation);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("bon"), Cancellation);
        await ArrivedAsync("poison");
        await Eventually.TrueAsync(
            async () =>
            {
                var figures = (await Node.HealthAsync())
                    .GetProperty("checks")
                    .GetProperty("apps")
                    .GetProperty("practices")
                    .GetProperty("subscriptions")[0];
                return (
                        figures.GetProperty("failed").GetInt32(),
                        figures.GetProperty("deadLettered").GetInt32(),
                        figures.GetProperty("delivered").GetInt32()
                    ) == (4, 1, 1);
            },
            "four attempts failed, one event is a dead letter and one is delivered"
        );
    }

    [Fact]
    public async Task A_queue_with_a_length_refuses_what_it_cannot_hold_and_loses_nothing()
    {
        var portal = Subscriber("portal", web => web.MapPost("/handle", (Practice practice) => Arrived.Enqueue(practice.Title))
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        Metadata = new Dictionary<string, string> { ["maxLen"] = "3" },
                    }
                ));
        await Node.StartAsync();
        await portal.StopAsync();
        using var dapr = Node.Client(portal);
        var acknowledged = new List<string>();
        while (true)
        {
            Assert.InRange(acknowledged.Count, 0, 40);
            try
            {
                await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{acknowledged.Count}"), Cancellation);
                acknowledged.Add($"n{acknowledged.Count}");
            }
            catch (DaprException e)
            {
                Assert.Equal(StatusCode.ResourceExhausted, Assert.IsType<RpcException>(e.InnerException, exactMatch: false).StatusCode);
                break;
            }
        }

        Assert.True(acknowledged.Count >= 3);
        await portal.StartAsync();
        await ArrivedAsync([.. acknowledged]);
    }
}
