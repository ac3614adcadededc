using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Fabrique.Tests;

/// <summary>Apps that are broken, unhealthy, slow, or several processes: what their messages and their callers meet.</summary>
public sealed class SidecarAppTests : SidecarTest
{
    protected override async Task<(string Component, string[] Arguments)> BrokerAsync() =>
        (await File.ReadAllTextAsync(Path.Combine(SidecarInMemory.Components, "pubsub.yaml")), []);

    protected override string Resiliency =>
        """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata:
              name: pubsub
            spec:
              policies:
                timeouts:
                  brief: 1s
                retries:
                  delivery: { policy: constant, duration: 20ms, maxRetries: 4 }
                  patient: { policy: constant, duration: 50ms, maxRetries: 400 }
                circuitBreakers:
                  third: { trip: consecutiveFailures >= 3, timeout: 100ms }
                  pause: { trip: consecutiveFailures > 2, timeout: 1s }
              targets:
                components:
                  pubsub:
                    inbound: { retry: delivery, circuitBreaker: third }
                apps:
                  practices: { circuitBreaker: pause }
                  portal: { timeout: brief }
                  late: { retry: patient }
            """;

    [Fact]
    public async Task Events_wait_for_an_app_that_fails_each_time_and_are_no_dead_letters()
    {
        var (isBroken, attempts) = (true, 0);
        var app = Subscriber("practices", web =>
        {
            web.MapPost("/handle", (Practice practice) =>
                {
                    Interlocked.Increment(ref attempts);
                    if (Volatile.Read(ref isBroken))
                    {
                        return Results.StatusCode(500);
                    }

                    Arrived.Enqueue(practice.Title);
                    return Results.Ok();
                })
                .WithTopic(
                    new Dapr.TopicOptions
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
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("a"), Cancellation);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("b"), Cancellation);

        // More than the ten attempts that both have together.
        await Eventually.TrueAsync(() => Volatile.Read(ref attempts) > 14, "the circuit lets one try after each pause");
        var subscription = (await Node.HealthAsync())
            .GetProperty("checks")
            .GetProperty("apps")
            .GetProperty("practices")
            .GetProperty("subscriptions")[0];
        Assert.Equal(("paused", 0), (subscription.GetProperty("state").GetString(), subscription.GetProperty("deadLettered").GetInt32()));
        Assert.Equal("degraded", (await Node.HealthAsync()).GetProperty("status").GetString());
        Volatile.Write(ref isBroken, false);
        await ArrivedAsync("a", "b");
    }

    [Fact]
    public async Task Calls_to_an_app_that_fails_each_time_are_answered_at_once_until_it_works_again()
    {
        var (isBroken, calls) = (true, 0);
        Subscriber("practices", web => web.MapGet("/ask", () =>
            {
                Interlocked.Increment(ref calls);
                return Volatile.Read(ref isBroken) ? Results.StatusCode(500) : Results.Ok();
            }));
        var portal = Subscriber("portal", _ => { });
        await Node.StartAsync();
        using var http = Http(portal, "practices");
        for (var n = 0; n < 3; n++)
        {
            Assert.Equal(HttpStatusCode.InternalServerError, (await http.GetAsync("/ask", Cancellation)).StatusCode);
        }

        using var refused = await http.GetAsync("/ask", Cancellation);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 3), (refused.StatusCode, calls));
        Assert.Contains("circuit to practices is open", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Volatile.Write(ref isBroken, false);
        await Eventually.TrueAsync(async () => (await http.GetAsync("/ask", Cancellation)).IsSuccessStatusCode, "the app is tried again");
    }

    [Fact]
    public async Task A_call_has_the_time_its_policy_gives_unless_it_is_a_stream()
    {
        var portal = Subscriber("portal", web => web.MapGet("/wait", async (HttpContext context) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(2), context.RequestAborted);
                return "done";
            }));
        await Node.StartAsync();
        using var http = Http(portal, "portal");
        using var late = await http.GetAsync("/wait", Cancellation);
        Assert.Equal(HttpStatusCode.GatewayTimeout, late.StatusCode);
        http.DefaultRequestHeaders.Add("dapr-stream", "true");
        Assert.Equal("done", await http.GetStringAsync("/wait", Cancellation));
    }

    [Fact]
    public async Task A_call_that_reached_nobody_is_made_again_as_its_policy_says()
    {
        var late = Subscriber("late", web => web.MapPost("/ask", async (HttpRequest request) =>
            {
                Arrived.Enqueue(await new StreamReader(request.Body).ReadToEndAsync());
            }));
        var portal = Subscriber("portal", _ => { });
        await Node.StartAsync();
        await late.StopAsync();
        using var http = Http(portal, "late");
        using var content = new StringContent("une fois");
        var asking = http.PostAsync("/ask", content, Cancellation);
        await Eventually.TrueAsync(async () => await StateAsync("late") == "down", "the call finds nobody");
        Assert.False(asking.IsCompleted);
        await late.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await asking).StatusCode);
        await ArrivedAsync("une fois");
    }

    [Fact]
    public async Task An_app_that_says_it_is_not_healthy_is_left_alone_until_it_is()
    {
        var isHealthy = false;
        var app = Subscriber("practices", web =>
        {
            web.MapGet("/ready", () => Volatile.Read(ref isHealthy) ? Results.NoContent() : Results.StatusCode(503));
            web.MapGet("/ask", () => "yes");
            web.MapPost("/handle", (Practice practice) => Arrived.Enqueue(practice.Title)).WithTopic("pubsub", Topic);
        });
        app.Settings.AddRange([
            "enable-app-health-check=true",
            "app-health-check-path=/ready",
            "app-health-probe-interval=1",
            "app-health-threshold=2",
        ]);
        var portal = Subscriber("portal", _ => { });
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        using var http = Http(portal, "practices");
        for (var turn = 0; turn < 2; turn++)
        {
            await Eventually.TrueAsync(async () => await StateAsync("practices") == "unhealthy", "the sidecar has asked");
            await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{turn}"), Cancellation);
            using var refused = await http.GetAsync("/ask", Cancellation);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("'practices' is not healthy", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            Assert.Equal(turn, Arrived.Count);
            Volatile.Write(ref isHealthy, true);
            await Eventually.TrueAsync(() => Arrived.Count == turn + 1, "what waited arrives");
            Assert.Equal("yes", await http.GetStringAsync("/ask", Cancellation));
            Volatile.Write(ref isHealthy, false);
        }
    }

    [Fact]
    public async Task Replicas_take_turns_and_one_that_is_down_is_passed_over()
    {
        var replicas = Enumerable
            .Range(0, 2)
            .Select(replica => Subscriber("practices", web =>
                {
                    web.MapGet("/ask", () => $"{replica}");
                    web.MapPost("/handle", (Practice practice) => Arrived.Enqueue($"{replica}: {practice.Title}"))
                        .WithTopic("pubsub", Topic);
                }))
            .ToList();
        var portal = Subscriber("portal", _ => { });
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        using var http = Http(portal, "practices");
        await Eventually.TrueAsync(async () => await UpAsync() == 2, "both have answered");
        await PublishAsync(10);
        Assert.Equal(2, Arrived.Select(arrived => arrived[0]).Distinct().Count());
        var answers = new[] { await http.GetStringAsync("/ask", Cancellation), await http.GetStringAsync("/ask", Cancellation) };
        Assert.Equal(["0", "1"], answers.Order());

        await replicas[0].StopAsync();
        await PublishAsync(10);
        Assert.All(Arrived, arrived => Assert.StartsWith("1:", arrived, StringComparison.Ordinal));
        for (var n = 0; n < 4; n++)
        {
            Assert.Equal("1", await http.GetStringAsync("/ask", Cancellation));
        }

        Assert.Equal(("up", 1), (await StateAsync("practices"), await UpAsync()));
        await replicas[1].StopAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/ask", Cancellation)).StatusCode);
        Assert.Equal("down", await StateAsync("practices"));
        Arrived.Clear();
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("attend"), Cancellation);
        await replicas[0].StartAsync();
        await ArrivedAsync("0: attend");

        async Task PublishAsync(int count)
        {
            Arrived.Clear();
            for (var n = 0; n < count; n++)
            {
                await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation);
            }

            await Eventually.TrueAsync(() => Arrived.Count >= count, "every event arrives");
            Assert.Equal(count, Arrived.Select(arrived => arrived[3..]).Distinct().Count());
            Assert.Equal(count, Arrived.Count);
        }

        async Task<int> UpAsync() =>
            (await Node.HealthAsync())
                .GetProperty("checks")
                .GetProperty("apps")
                .GetProperty("practices")
                .GetProperty("replicasUp")
                .GetInt32();
    }

    private HttpClient Http(SidecarApp caller, string callee)
    {
        var dapr = Node.Client(caller);
        return dapr.CreateInvokableHttpClient(callee);
    }
}
