using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Grpc.Core;

namespace Fabrique.Sidecar;

/// <summary>
/// A broker inside the sidecar, for a node with nothing installed. It behaves as RabbitMQ does — a bounded queue per app and
/// topic, at least once, refused when nobody is bound — but what it holds ends with the process.
/// </summary>
internal sealed partial class InMemoryPubSub(
    Component component,
    InMemoryPubSub.Settings settings,
    Policy outbound,
    TimeProvider clock,
    ILogger<InMemoryPubSub> log
) : PubSub(component, outbound, clock)
{
    private readonly ConcurrentDictionary<string, ImmutableList<Queue>> _topics = new();

    public override string? Problem => null;

    public override async Task ConsumeAsync(Subscription subscription, Deliver deliver, CancellationToken stopping)
    {
        var maxLength = (int)Math.Min(subscription.Declaration.Queue.MaxLength ?? settings.MaxLength, int.MaxValue);
        var queue = new Queue(subscription.Queue, maxLength);
        _topics.AddOrUpdate(subscription.Topic, [queue], (_, queues) => queues.Add(queue));
        subscription.Settle(null);

        // Without its subscriber the queue would only fill up and hold the publishers, and what it took while the sidecar stops would be
        // lost.
        await using var removed = stopping.Register(() => _topics.AddOrUpdate(subscription.Topic, [], (_, queues) => queues.Remove(queue)));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, settings.Consumers).Select(_ => ConsumeAsync(queue, deliver, stopping)));
        }
        finally
        {
            if (queue.Messages.Reader.Count is > 0 and var count)
            {
                LogEnd(queue.Name, count);
            }
        }
    }

    /// <summary>All queues or none: what one full queue holds back and is published again must not reach the others twice.</summary>
    protected override async Task SendAsync(string topic, Message message, CancellationToken cancellation)
    {
        var queues = _topics.GetValueOrDefault(topic, []);
        if (queues.IsEmpty)
        {
            throw NobodyBound(topic);
        }
        var waiting = new Waiting(message.Body.ToArray(), Time.GetUtcNow() + message.TimeToLive);
        var held = new List<Queue>(queues.Count);
        foreach (var queue in queues)
        {
            try
            {
                await queue.Places.WaitAsync(cancellation);
                held.Add(queue);
            }
            catch (OperationCanceledException)
            {
                held.ForEach(taken => taken.Places.Release());
                var reason = $"{Name}: the queue {queue.Name} is full ({queue.MaxLength} messages): publish again later";
                throw new RpcException(new Status(StatusCode.ResourceExhausted, reason));
            }
        }
        held.ForEach(queue => queue.Messages.Writer.TryWrite(waiting));
    }

    private async Task ConsumeAsync(Queue queue, Deliver deliver, CancellationToken stopping)
    {
        try
        {
            await foreach (var message in queue.Messages.Reader.ReadAllAsync(stopping))
            {
                var expired = message.Expires < Time.GetUtcNow();
                var settlement = expired ? Settlement.DeadLetter : await deliver(message.Body, stopping);
                if (settlement == Settlement.DeadLetter)
                {
                    LogDeadLetter(queue.Name, expired ? "its time to live is over" : "no attempt succeeded");
                }
                queue.Places.Release();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The sidecar stops, or the app no longer subscribes.
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "A message of {Queue} is lost: {Reason}. A deadLetterTopic, or RabbitMQ, would keep it."
    )]
    private partial void LogDeadLetter(string queue, string reason);

    [LoggerMessage(LogLevel.Warning, "The queue {Queue} ends with {Count} messages that were not delivered")]
    private partial void LogEnd(string queue, int count);

    private readonly record struct Waiting(ReadOnlyMemory<byte> Body, DateTimeOffset? Expires);

    private sealed class Queue(string name, int maxLength)
    {
        public string Name => name;

        public int MaxLength => maxLength;

        public SemaphoreSlim Places { get; } = new(maxLength);

        public Channel<Waiting> Messages { get; } = Channel.CreateUnbounded<Waiting>();
    }

    /// <summary>Component metadata, with the names <c>pubsub.rabbitmq</c> has for the same things.</summary>
    /// <param name="MaxLength">Messages a queue holds before publishers wait.</param>
    /// <param name="Consumers">Messages in delivery at the same time, per subscription; 1 keeps their order.</param>
    internal sealed record Settings(int MaxLength, int Consumers)
    {
        public static Settings Read(YamlMap metadata)
        {
            var settings = new Settings(
                metadata.Number("maxLen", byDefault: 10_000, least: 1, most: 1_000_000),
                metadata.Number("prefetchCount", byDefault: 20, least: 1, most: 255)
            );
            metadata.RejectOthers();
            return settings;
        }
    }
}
