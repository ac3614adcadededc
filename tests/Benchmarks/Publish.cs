using System.Collections.Concurrent;
using System.Text;
using Dapr.AspNetCore;
using Fabrique.Records;
using Fabrique.Runner;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Fabrique.Benchmarks;

/// <summary>
/// An event from its publisher until its handler has it, with the broker's confirm: through the sidecar, as the relay of records publishes
/// and services subscribe, against RabbitMQ.Client alone. Publisher and handler are in this process on either side, the broker and the
/// sidecar in their own; exchange, queue, durability and prefetch are the same.
/// </summary>
internal sealed class Publish()
    : Benchmark("publish", "events from publisher to handler, against RabbitMQ.Client with confirms (and daprd where it is on the path)")
{
    private const int PayloadSize = 250;

    /// <summary>That of the component file.</summary>
    private const ushort Prefetch = 100;

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new();

    public override async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var broker = await Broker.ChooseAsync(null, folder.New(), CancellationToken.None);
        if (broker.ConnectionString is null)
        {
            throw new PlainError("the case 'publish' needs RabbitMQ: ./fabrique bench installs it");
        }

        await using var names = await Server.StartAsync(broker.Processes[0]);
        await using var server = await Server.StartAsync(broker.Processes[1]);
        await using var connection = await ConnectAsync(broker.ConnectionString);
        await using var publishing = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true)
        );
        await using var consuming = await connection.CreateChannelAsync();
        await ConsumeAsync(consuming);
        await using var embedded = await SidecarNode.StartAsync(folder.New(), broker, DaprSidecar.EmbeddedName, Services, app =>
            Map(app, DaprSidecar.EmbeddedName)
        );
        await using var daprd = Shell.Which(DaprSidecar.DaprdName) is null
            ? null
            : await SidecarNode.StartAsync(folder.New(), broker, DaprSidecar.DaprdName, Services, app => Map(app, DaprSidecar.DaprdName));

        await Load.WarmUpAsync(() => ThroughAsync(payload => PublishAsync(embedded, payload)));
        await Load.WarmUpAsync(() => ThroughAsync(payload => PublishAsync(publishing, payload)));
        foreach (var inFlight in new[] { 1, 16, 64 })
        {
            Side Of(string name, Func<byte[], Task> publish) => new(name, () => Load.RunAsync(inFlight, () => ThroughAsync(publish)));
            var ours = Of("Fabrique", payload => PublishAsync(embedded, payload));
            var bare = Of("RabbitMQ.Client", payload => PublishAsync(publishing, payload));
            await report.CompareAsync($"publish → handler, {inFlight} in flight", ours, bare, goal: 0.6, latencyGoal: 1.4);
            if (daprd is not null)
            {
                await report.CompareAsync(
                    $"publish → handler, {inFlight} in flight",
                    ours,
                    Of("daprd", payload => PublishAsync(daprd, payload))
                );
            }
        }
    }

    private static void Services(IServiceCollection services) => services.AddRouting();

    /// <summary>A subscription as services have theirs.</summary>
    private void Map(WebApplication app, string topic)
    {
        app.MapSubscribeHandler();
        app.MapPost("/events", (BulkEvents events) =>
            {
                foreach (var entry in events.Entries)
                {
                    Handled(entry.Event.Arrival.Envelope.Span);
                }

                return events.Handled();
            })
            .WithTopic("pubsub", topic)
            .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = topic });
    }

    private async Task ThroughAsync(Func<byte[], Task> publish)
    {
        var (id, payload) = (Samples.NewId(), new byte[PayloadSize]);
        Encoding.ASCII.GetBytes(id, payload);
        var handled = _waiting[id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await publish(payload);
        await handled.Task;
    }

    private void Handled(ReadOnlySpan<byte> payload)
    {
        if (_waiting.TryRemove(Encoding.ASCII.GetString(payload[..36]), out var handled))
        {
            handled.SetResult();
        }
    }

    private static Task PublishAsync(SidecarNode node, byte[] payload) =>
        node.Dapr.PublishByteEventAsync(
            "pubsub",
            node.AppId,
            payload,
            "application/octet-stream",
            new()
            {
                ["cloudevent.id"] = Encoding.ASCII.GetString(payload, 0, 36),
                ["cloudevent.type"] = "fabrique.practices.v1.Practice",
                ["cloudevent.source"] = "n0123456789abcdef",
                ["cloudevent.subject"] = "bench",
            }
        );

    private static async Task PublishAsync(IChannel channel, byte[] payload) =>
        await channel.BasicPublishAsync("bare", "", mandatory: true, new BasicProperties { Persistent = true }, payload);

    private static Task<IConnection> ConnectAsync(string connectionString) =>
        new ConnectionFactory { Uri = new Uri(connectionString) }.CreateConnectionAsync();

    private async Task ConsumeAsync(IChannel channel)
    {
        await channel.ExchangeDeclareAsync("bare", ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync("bare", durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync("bare", "bare", "");
        await channel.BasicQosAsync(0, Prefetch, global: false);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, message) =>
        {
            Handled(message.Body.Span);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false);
        };
        await channel.BasicConsumeAsync("bare", autoAck: false, consumer);
    }
}
