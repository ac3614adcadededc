using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Fabrique.Sidecar;

/// <summary>
/// One subscription's queue, on a channel of its own: what goes wrong here disturbs neither publishers nor other subscriptions.
/// </summary>
internal sealed class RabbitMqConsumer(Subscription subscription, RabbitMqSettings settings, Deliver deliver, CancellationToken stopping)
{
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _busy = 1;

    /// <summary>The topic's exchange, with daprd's name and properties.</summary>
    public static Task DeclareExchangeAsync(IChannel channel, string topic, CancellationToken cancellation) =>
        channel.ExchangeDeclareAsync(topic, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellation);

    /// <summary>Exchange, queue, binding and the broker's own dead letters, with daprd's names, properties and arguments.</summary>
    public static async Task DeclareAsync(IChannel channel, Subscription subscription, CancellationToken cancellation)
    {
        var queue = subscription.Queue;
        var (deadLetterExchange, deadLetterQueue) = ($"dlx-{queue}", $"dlq-{queue}");
        await channel.ExchangeDeclareAsync(
            deadLetterExchange,
            ExchangeType.Fanout,
            durable: true,
            autoDelete: false,
            cancellationToken: cancellation
        );
        var lazy = new Dictionary<string, object?> { ["x-queue-mode"] = "lazy" };
        await channel.QueueDeclareAsync(
            deadLetterQueue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            lazy,
            cancellationToken: cancellation
        );
        await channel.QueueBindAsync(deadLetterQueue, deadLetterExchange, "", cancellationToken: cancellation);

        await DeclareExchangeAsync(channel, subscription.Topic, cancellation);
        var arguments = subscription.Declaration.Queue.Arguments(deadLetterExchange);
        await channel.QueueDeclareAsync(
            queue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            arguments,
            cancellationToken: cancellation
        );
        await channel.QueueBindAsync(queue, subscription.Topic, "", cancellationToken: cancellation);
    }

    /// <summary>
    /// Delivers until the channel is lost (and says why) or the subscription stops (null, after the last delivery is settled).
    /// </summary>
    public async Task<string?> RunAsync(IConnection connection)
    {
        // Outlives the channel, whose end cancels it.
        using var returned = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: stopping);
        await DeclareAsync(channel, subscription, stopping);
        await channel.BasicQosAsync(0, settings.PrefetchCount, global: false, stopping);

        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += async (_, e) =>
        {
            await Tell(e.ReplyText);
            await returned.CancelAsync();
        };
        var acknowledgements = new Acknowledgements(channel);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.UnregisteredAsync += (_, _) => Tell("the broker cancelled the consumer: its queue was deleted");
        consumer.ReceivedAsync += (_, e) =>
        {
            // The client takes the bytes back as soon as it is answered.
            var handling = HandleAsync(channel, acknowledgements, e.DeliveryTag, e.Body.ToArray(), returned.Token);
            return settings.InOrder ? handling : Task.CompletedTask;
        };
        var tag = $"{subscription.Queue}-{Guid.CreateVersion7()}";
        await channel.BasicConsumeAsync(
            subscription.Queue,
            autoAck: false,
            tag,
            noLocal: false,
            exclusive: false,
            arguments: null,
            consumer,
            stopping
        );
        subscription.Settle(null);
        try
        {
            return await lost.Task.WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            await channel.BasicCancelAsync(tag, cancellationToken: CancellationToken.None);
            Leave();
            await _idle.Task;
            return null;
        }

        Task Tell(string reason)
        {
            lost.TrySetResult(reason);
            return Task.CompletedTask;
        }
    }

    private async Task HandleAsync(
        IChannel channel,
        Acknowledgements acknowledgements,
        ulong tag,
        ReadOnlyMemory<byte> body,
        CancellationToken returned
    )
    {
        Interlocked.Increment(ref _busy);
        try
        {
            switch (await deliver(body, returned))
            {
                case Settlement.Acknowledge:
                    await acknowledgements.AcknowledgeAsync(tag);
                    break;
                case Settlement.DeadLetter:
                    await channel.BasicNackAsync(tag, multiple: false, requeue: false, CancellationToken.None);
                    acknowledgements.Pass(tag);
                    break;
                case Settlement.Return:
                    // Closing the channel puts it back, in its old place.
                    break;
            }
        }
        catch (Exception error) when (RabbitMqPubSub.IsAway(error))
        {
            // The channel is gone and the broker has the message still: it comes again, and handlers know a message they have seen.
        }
        finally
        {
            Leave();
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _busy) == 0)
        {
            _idle.TrySetResult();
        }
    }
}
