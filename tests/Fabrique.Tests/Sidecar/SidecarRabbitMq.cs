using Dapr;
using Dapr.Client;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Fabrique.Tests;

/// <summary>RabbitMQ, with the component file a node ships.</summary>
public sealed class SidecarRabbitMq(RabbitMqServer server) : SidecarStrictSuite
{
    /// <summary>What a node ships, with fewer events on their way: a test shall tell a share from everything.</summary>
    public static string Component { get; } =
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "components", "rabbitmq", "pubsub.yaml"))
            .Replace("value: \"100\"", "value: \"20\"", StringComparison.Ordinal);

    protected override async Task<(string Component, string[] Arguments)> BrokerAsync() =>
        (Component, [$"--FABRIQUE_BROKER={await server.StartAsync()}"]);
}

/// <summary>What only a broker of its own can be asked.</summary>
public sealed class SidecarRabbitMqTopology(RabbitMqServer server) : SidecarTest
{
    protected override async Task<(string Component, string[] Arguments)> BrokerAsync() =>
        (SidecarRabbitMq.Component, [$"--FABRIQUE_BROKER={await server.StartAsync()}"]);

    [Fact]
    public async Task Exchanges_and_queues_are_those_of_dapr()
    {
        Recorder("portal");
        await Node.StartAsync();
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        var queue = $"portal-{Topic}";
        await channel.ExchangeDeclarePassiveAsync(Topic, Cancellation);
        await channel.ExchangeDeclarePassiveAsync($"dlx-{queue}", Cancellation);
        await channel.QueueDeclarePassiveAsync(queue, Cancellation);
        await channel.QueueDeclarePassiveAsync($"dlq-{queue}", Cancellation);

        // A declaration with the same properties is accepted by the broker, one with others is not.
        await channel.ExchangeDeclareAsync(Topic, "fanout", durable: true, autoDelete: false, cancellationToken: Cancellation);
        await channel.QueueDeclareAsync(
            queue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            Arguments($"dlx-{queue}"),
            cancellationToken: Cancellation
        );
        await channel.QueueDeclareAsync(
            $"dlq-{queue}",
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-mode"] = "lazy" },
            cancellationToken: Cancellation
        );
        var refused = await Assert.ThrowsAsync<OperationInterruptedException>(() =>
            channel.QueueDeclareAsync(
                queue,
                durable: true,
                exclusive: false,
                autoDelete: false,
                Arguments("other"),
                cancellationToken: Cancellation
            )
        );
        Assert.Equal(406, refused.ShutdownReason!.ReplyCode);

        static Dictionary<string, object?> Arguments(string deadLetterExchange) =>
            new() { ["x-queue-type"] = "classic", ["x-dead-letter-exchange"] = deadLetterExchange };
    }

    [Fact]
    public async Task A_message_is_persistent_with_its_time_to_live()
    {
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await channel.ExchangeDeclareAsync(Topic, "fanout", durable: true, cancellationToken: Cancellation);
        var queue = (await channel.QueueDeclareAsync(cancellationToken: Cancellation)).QueueName;
        await channel.QueueBindAsync(queue, Topic, "", cancellationToken: Cancellation);
        var app = Node.Add("practices", _ => { });
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, 1, new Dictionary<string, string> { ["ttlInSeconds"] = "60" }, Cancellation);
        var message = await channel.BasicGetAsync(queue, autoAck: true, Cancellation);
        Assert.Equal(
            (DeliveryModes.Persistent, "60000", ""),
            (message!.BasicProperties.DeliveryMode, message.BasicProperties.Expiration, message.RoutingKey)
        );
    }

    [Fact]
    public async Task Without_a_dead_letter_topic_the_broker_keeps_what_nobody_could_handle()
    {
        var app = Subscriber("practices", web => web.MapPost("/handle", () => Results.StatusCode(500)).WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("poison"), Cancellation);
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await Eventually.TrueAsync(
            async () => await channel.MessageCountAsync($"dlq-practices-{Topic}", Cancellation) == 1,
            "the message is in the dead letter queue"
        );
    }

    [Fact]
    public async Task What_is_queued_survives_the_sidecar()
    {
        var portal = Recorder("portal");
        var practices = Node.Add("practices", _ => { });
        await Node.StartAsync();
        await portal.StopAsync();
        using (var dapr = Node.Client(practices))
        {
            for (var n = 0; n < 50; n++)
            {
                await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation);
            }
        }

        await Node.StopSidecarAsync();
        await portal.StartAsync();
        await Node.StartSidecarAsync();
        await ArrivedAsync([.. Enumerable.Range(0, 50).Select(n => $"portal: n{n}")]);
    }

    [Fact]
    public async Task A_queue_with_other_properties_is_refused_and_the_others_go_on()
    {
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await channel.QueueDeclareAsync(
            $"practices-{Topic}",
            durable: true,
            exclusive: false,
            autoDelete: false,
            cancellationToken: Cancellation
        );
        Recorder("practices");
        var portal = Recorder("portal");
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation);
        await ArrivedAsync("portal: x");
        Assert.Equal("degraded", (await Node.HealthAsync()).GetProperty("status").GetString());

        await channel.QueueDeleteAsync($"practices-{Topic}", cancellationToken: Cancellation);
        await Eventually.TrueAsync(
            async () => (await Node.HealthAsync()).GetProperty("status").GetString() == "healthy",
            "the queue is declared once the other is gone"
        );
    }

    [Fact]
    public async Task A_queue_somebody_deleted_is_made_again()
    {
        var app = Recorder("practices");
        await Node.StartAsync();
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await channel.QueueDeleteAsync($"practices-{Topic}", cancellationToken: Cancellation);
        using var dapr = Node.Client(app);
        Assert.Equal(
            StatusCode.NotFound,
            (await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation))).StatusCode
        );
        await SidecarRabbitMqFailures.PublishAsync(dapr, Topic, "y");
        await ArrivedAsync("practices: y");

        // Without its exchange the broker closes the channel that publishes: the connection is made anew.
        await channel.ExchangeDeleteAsync(Topic, cancellationToken: Cancellation);
        await SidecarRabbitMqFailures.PublishAsync(dapr, Topic, "z");
        await ArrivedAsync("practices: y", "practices: z");
    }

    [Fact]
    public async Task A_queue_is_what_its_subscription_asks_for()
    {
        var metadata = new Dictionary<string, string>
        {
            ["queueName"] = $"own-{Topic}",
            ["queueType"] = "quorum",
            ["singleActiveConsumer"] = "true",
            ["maxLenBytes"] = "1000000",
        };
        var app = Subscriber("practices", web => web.MapPost("/handle", (Practice practice) => Arrived.Enqueue(practice.Title))
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        Metadata = metadata,
                    }
                ));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation);
        await ArrivedAsync("x");
        var arguments = new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            ["x-single-active-consumer"] = true,
            ["x-max-length-bytes"] = 1_000_000L,
            ["x-overflow"] = "reject-publish",
            ["x-dead-letter-exchange"] = $"dlx-own-{Topic}",
        };
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await channel.QueueDeclareAsync(
            $"own-{Topic}",
            durable: true,
            exclusive: false,
            autoDelete: false,
            arguments,
            cancellationToken: Cancellation
        );
    }

    [Fact]
    public async Task A_dead_letter_topic_that_nobody_reads_loses_nothing()
    {
        var app = Subscriber("practices", web => web.MapPost("/handle", () => Results.StatusCode(500))
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = Topic,
                        DeadLetterTopic = $"{Topic}-nobody",
                    }
                ));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("poison"), Cancellation);
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await Eventually.TrueAsync(
            async () => await channel.MessageCountAsync($"dlq-practices-{Topic}", Cancellation) == 1,
            "the broker keeps the message"
        );
    }

    [Fact]
    public async Task Single_concurrency_keeps_the_order()
    {
        Resource("pubsub.yaml", SidecarRabbitMq.Component.Replace("value: parallel", "value: single", StringComparison.Ordinal));
        var app = Subscriber("practices", web => web.MapPost("/handle", async (Practice practice) =>
                {
                    // Side by side, the second of each pair would overtake the first.
                    await Task.Delay(TimeSpan.FromMilliseconds(practice.Title[^1] % 2 == 0 ? 5 : 0));
                    Arrived.Enqueue(practice.Title);
                })
                .WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        var titles = Enumerable.Range(0, 200).Select(n => $"n{n}").ToList();
        foreach (var title in titles)
        {
            await dapr.PublishEventAsync("pubsub", Topic, new Practice(title), Cancellation);
        }

        await Eventually.TrueAsync(() => Arrived.Count >= titles.Count, "every event arrives");
        Assert.Equal(titles, Arrived);
    }

    [Fact]
    public async Task A_handler_at_work_while_the_sidecar_stops_can_still_publish()
    {
        var (begun, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var app = Subscriber("practices", web =>
        {
            web.MapPost("/handle", async (Practice practice) =>
                {
                    begun.SetResult();
                    await release.Task;
                    using var dapr = Node.Client(Practices!);
                    await dapr.PublishEventAsync("pubsub", $"{Topic}-next", practice);
                    Arrived.Enqueue(practice.Title);
                })
                .WithTopic("pubsub", Topic);
            web.MapPost("/next", () => Arrived.Enqueue("next")).WithTopic("pubsub", $"{Topic}-next");
        });
        Practices = app;
        await Node.StartAsync();
        using (var dapr = Node.Client(app))
        {
            await dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation);
        }

        await begun.Task;
        var stopping = Node.StopSidecarAsync();
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await Eventually.TrueAsync(
            async () => await channel.ConsumerCountAsync($"practices-{Topic}-next", Cancellation) == 0,
            "the sidecar takes no more"
        );
        release.SetResult();
        await stopping;
        await ArrivedAsync("x");
        Assert.Equal(
            (0u, 1u),
            (
                await channel.MessageCountAsync($"practices-{Topic}", Cancellation),
                await channel.MessageCountAsync($"practices-{Topic}-next", Cancellation)
            )
        );
    }

    [Fact]
    public async Task What_is_not_done_when_the_sidecar_has_stopped_is_in_its_queue_again()
    {
        var begun = 0;
        var app = Subscriber("practices", web => web.MapPost("/handle", async (HttpContext context) =>
                {
                    Interlocked.Increment(ref begun);
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                })
                .WithTopic("pubsub", Topic));
        Resource("resiliency.yaml", Resiliency.Replace("handler: 2s", "handler: 10m", StringComparison.Ordinal));
        await Node.StartAsync();
        using (var dapr = Node.Client(app))
        {
            for (var n = 0; n < 30; n++)
            {
                await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation);
            }
        }

        await Eventually.TrueAsync(() => begun == 20, "as many as are prefetched are under way");
        await Node.StopSidecarAsync();
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await Eventually.TrueAsync(
            async () => await channel.MessageCountAsync($"practices-{Topic}", Cancellation) == 30,
            "all are in the queue"
        );
        Assert.Equal(0u, await channel.MessageCountAsync($"dlq-practices-{Topic}", Cancellation));
    }

    private SidecarApp? Practices { get; set; }
}

/// <summary>A broker that is killed, emptied, cut off or not there: a node of its own, since nobody else wants to live with that.</summary>
public sealed class SidecarRabbitMqFailures : SidecarTest
{
    private readonly RabbitMqServer _server = new();
    private readonly TcpRelay _relay = new();

    protected override async Task<(string Component, string[] Arguments)> BrokerAsync()
    {
        await _server.StartAsync();
        _relay.Target = _server.Port;
        return (SidecarRabbitMq.Component, [$"--FABRIQUE_BROKER=amqp://guest:guest@127.0.0.1:{_relay.Port}/"]);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _relay.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_broker_killed_while_publishing_loses_nothing_that_was_acknowledged()
    {
        var portal = Recorder("portal");
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        var acknowledged = 0;
        using var publishing = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var publishers = Enumerable
            .Range(0, 16)
            .Select(publisher =>
                Task.Run(
                    async () =>
                    {
                        for (var n = 0; !publishing.IsCancellationRequested; n++)
                        {
                            await PublishAsync(dapr, Topic, $"{publisher}/{n}");
                            Acknowledged.Enqueue($"portal: {publisher}/{n}");
                            Interlocked.Increment(ref acknowledged);
                        }
                    },
                    Cancellation
                )
            )
            .ToList();

        await Eventually.TrueAsync(() => acknowledged > 2000, "events are published");
        _server.Kill();
        await Eventually.TrueAsync(async () => await BrokerStateAsync() == "disconnected", "the sidecar sees the broker go");
        await _server.StartAsync();
        var before = acknowledged;
        await Eventually.TrueAsync(() => acknowledged > before + 1000, "events are published again");
        await publishing.CancelAsync();
        await Task.WhenAll(publishers);
        var expected = Acknowledged.ToHashSet();
        await Eventually.TrueAsync(
            () => Arrived.Count >= expected.Count && expected.IsSubsetOf(Arrived),
            $"all {expected.Count} acknowledged events arrive"
        );
    }

    [Fact]
    public async Task A_connection_that_is_cut_comes_back_by_itself()
    {
        var portal = Recorder("portal");
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        for (var cut = 0; cut < 5; cut++)
        {
            await PublishAsync(dapr, Topic, $"n{cut}");
            _relay.Cut();
        }

        await Eventually.TrueAsync(() => Arrived.Distinct().Count() == 5, "every event arrives");
        await Eventually.TrueAsync(
            async () => (await Node.HealthAsync()).GetProperty("status").GetString() == "healthy",
            "the sidecar is healthy again"
        );
    }

    [Fact]
    public async Task A_broker_that_is_away_is_told_at_once_and_found_when_it_is_back()
    {
        _relay.Target = 0;
        var portal = Recorder("portal");
        await Node.StartAsync(later: portal);
        await portal.StartAsync();
        using var dapr = Node.Client(portal);
        var start = TimeProvider.System.GetTimestamp();
        var error = await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation));
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal("disconnected", await BrokerStateAsync());
        Assert.Equal("unhealthy", (await Node.HealthAsync()).GetProperty("status").GetString());
        Assert.DoesNotContain("guest", (await Node.HealthAsync()).GetRawText(), StringComparison.Ordinal);

        _relay.Target = _server.Port;
        await PublishAsync(dapr, Topic, "enfin");
        await Eventually.TrueAsync(() => Arrived.Contains("portal: enfin"), "the event arrives");
    }

    [Fact]
    public async Task A_broker_that_comes_back_empty_gets_its_queues_before_the_first_publish()
    {
        var portal = Recorder("portal");
        Recorder("practices");
        Recorder("observatory");
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        await using var empty = new RabbitMqServer();
        await empty.StartAsync();
        _relay.Target = empty.Port;
        _relay.Cut();
        await PublishAsync(dapr, Topic, "x");
        await Eventually.TrueAsync(() => Arrived.Distinct().Count() == 3, "every app gets the event");
    }

    [Fact]
    public async Task A_broker_that_stays_away_is_not_waited_for_each_time_if_a_circuit_spares_it()
    {
        Resource(
            "resiliency.yaml",
            Resiliency
                .Replace(
                    "retries:",
                    "circuitBreakers:\n      second: { trip: consecutiveFailures >= 2, timeout: 1s }\n    retries:",
                    StringComparison.Ordinal
                )
                .Replace("timeout: publish", "timeout: publish\n          circuitBreaker: second", StringComparison.Ordinal)
        );
        var portal = Recorder("portal");
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        _relay.Target = 0;
        _relay.Cut();
        var details = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            var error = await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation));
            Assert.Equal(StatusCode.Unavailable, error.StatusCode);
            details.Add(error.Status.Detail);
        }

        Assert.Equal(
            [false, false, true],
            details.Select(detail => detail.Contains("the circuit to pubsub is open", StringComparison.Ordinal))
        );
        _relay.Target = _server.Port;
        await PublishAsync(dapr, Topic, "enfin");
        await Eventually.TrueAsync(() => Arrived.Contains("portal: enfin"), "the event arrives");
    }

    [Fact]
    public async Task A_broker_that_hangs_acknowledges_nothing()
    {
        var portal = Recorder("portal");
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        await PublishAsync(dapr, Topic, "avant");
        await Eventually.TrueAsync(() => Arrived.Contains("portal: avant"), "the event arrives");
        _relay.IsHung = true;
        var error = await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("pendant"), Cancellation));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("did not confirm within 4 s", error.Status.Detail, StringComparison.Ordinal);
        _relay.IsHung = false;
        await PublishAsync(dapr, Topic, "après");
        await Eventually.TrueAsync(() => Arrived.Contains("portal: après"), "the sidecar goes on");
    }

    private System.Collections.Concurrent.ConcurrentQueue<string> Acknowledged { get; } = new();

    /// <summary>Publishes as an outbox does: until it is acknowledged.</summary>
    internal static Task PublishAsync(DaprClient dapr, string topic, string title) =>
        Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await dapr.PublishEventAsync("pubsub", topic, new Practice(title), Cancellation);
                    return true;
                }
                catch (DaprException e)
                    when (e.InnerException
                            is RpcException { StatusCode: StatusCode.Unavailable or StatusCode.FailedPrecondition or StatusCode.NotFound }
                    )
                {
                    return false;
                }
            },
            $"{title} is acknowledged"
        );

    private async Task<string?> BrokerStateAsync() =>
        (await Node.HealthAsync()).GetProperty("checks").GetProperty("pubsub").GetProperty("state").GetString();
}
