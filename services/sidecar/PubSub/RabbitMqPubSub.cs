using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.RateLimiting;
using Grpc.Core;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Fabrique.Sidecar;

/// <summary>
/// RabbitMQ with daprd's topology, so that both can share a broker: a fanout exchange per topic, a queue <c>{app}-{topic}</c> per
/// subscription. Stricter than daprd: a publish succeeds only once the broker has confirmed it, and only if a queue took it. A broker
/// short of memory or disk stops reading from whoever publishes: acknowledgements go through a connection that never does.
/// </summary>
internal sealed partial class RabbitMqPubSub(
    Component component,
    RabbitMqSettings settings,
    Policy outbound,
    TimeProvider clock,
    ILogger<RabbitMqPubSub> log
) : PubSub(component, outbound, clock)
{
    private const int MostUnconfirmed = 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ConnectionPatience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Subscription, bool> _subscriptions = new();
    private volatile TaskCompletionSource<Link> _link = NewLink();
    private volatile string? _problem = "not connected yet";

    public override string? Problem => _problem;

    /// <summary>Keeps both connections: whatever closes one, or the publishing channel, everything is made anew from the start.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var consuming = await ConnectAsync("consume", lost, stoppingToken);
                await using var publishing = await ConnectAsync("publish", lost, stoppingToken);
                var link = new Link(consuming, await OpenAsync(publishing, lost, stoppingToken));
                await DeclareQueuesAsync(consuming, stoppingToken);
                (_problem, pause) = (null, FirstPause);
                LogConnected(Name, publishing.Endpoint);
                _link.SetResult(link);
                _problem = await lost.Task.WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (IsAway(error))
            {
                _problem = error.GetBaseException().Message;
            }
            finally
            {
                _link = _link.Task.IsCompleted ? NewLink() : _link;
            }
            LogLost(Name, settings.Factory.Endpoint, _problem, pause);
            await Task.Delay(pause, Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause < settings.ReconnectWait ? pause * 2 : settings.ReconnectWait;
        }
    }

    public override async Task ConsumeAsync(Subscription subscription, Deliver deliver, CancellationToken stopping)
    {
        _subscriptions[subscription] = true;
        while (!stopping.IsCancellationRequested)
        {
            var pause = FirstPause;
            try
            {
                var link = await _link.Task.WaitAsync(stopping);
                subscription.Problem = await new RabbitMqConsumer(subscription, settings, deliver, stopping).RunAsync(link.Consuming);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (OperationInterruptedException error) when (IsRefusal(error))
            {
                Refuse(subscription, error);
                pause = settings.ReconnectWait;
            }
            catch (Exception error) when (IsAway(error))
            {
                subscription.Problem = error.Message;
            }
            await Task.Delay(pause, Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _subscriptions.TryRemove(subscription, out _);
    }

    protected override async Task SendAsync(string topic, Message message, CancellationToken cancellation)
    {
        try
        {
            var link = await _link.Task.WaitAsync(ConnectionPatience, Time, cancellation);
            await link.DeclareExchangeAsync(topic, cancellation);
            var properties = new BasicProperties { Persistent = true, ContentType = message.ContentType };
            if (message.TimeToLive is { } timeToLive)
            {
                properties.Expiration = ((long)timeToLive.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            }
            await link.Publishing.BasicPublishAsync(topic, "", mandatory: true, properties, message.Body, cancellation);
        }
        catch (PublishReturnException)
        {
            throw NobodyBound(topic);
        }
        catch (PublishException)
        {
            var reason = $"{Name}: the broker refused the message for '{topic}' (a queue is full): publish again later";
            throw new RpcException(new Status(StatusCode.ResourceExhausted, reason));
        }
        catch (OperationInterruptedException error) when (IsRefusal(error))
        {
            var reason = $"{Name}: the broker refuses the topic '{topic}': {error.ShutdownReason?.ReplyText}";
            throw new RpcException(new Status(StatusCode.FailedPrecondition, reason));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error) when (IsAway(error))
        {
            throw Away(error.Message)!;
        }
    }

    /// <summary>
    /// The broker may come back empty: every known queue exists before the first publish, or an event would miss some apps.
    /// </summary>
    private async Task DeclareQueuesAsync(IConnection connection, CancellationToken cancellation)
    {
        foreach (var subscription in _subscriptions.Keys)
        {
            try
            {
                await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
                await RabbitMqConsumer.DeclareAsync(channel, subscription, cancellation);
            }
            catch (OperationInterruptedException error) when (IsRefusal(error))
            {
                Refuse(subscription, error);
            }
        }
    }

    private void Refuse(Subscription subscription, OperationInterruptedException reason)
    {
        LogRefused(subscription.Queue, reason.ShutdownReason?.ReplyText);
        subscription.Settle(reason.ShutdownReason?.ReplyText ?? reason.Message);
    }

    /// <summary>
    /// The broker has such an exchange or queue with other properties, or does not allow it: trying again changes nothing.
    /// </summary>
    private static bool IsRefusal(OperationInterruptedException error) =>
        error.ShutdownReason
            is {
                Initiator: ShutdownInitiator.Peer,
                ReplyCode: Constants.PreconditionFailed or Constants.AccessRefused or Constants.ResourceLocked
            };

    /// <summary>The client tells a lost connection in many ways; a call that is not answered in time ends as cancelled.</summary>
    public static bool IsAway(Exception error) =>
        error is RabbitMQClientException or IOException or ObjectDisposedException or TimeoutException or OperationCanceledException;

    private static TaskCompletionSource<Link> NewLink() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<IConnection> ConnectAsync(string purpose, TaskCompletionSource<string> lost, CancellationToken cancellation)
    {
        var connection = await settings.Factory.CreateConnectionAsync($"{settings.Factory.ClientProvidedName}/{purpose}", cancellation);
        connection.ConnectionShutdownAsync += (_, e) => Tell(lost, e);
        return connection;
    }

    private static async Task<IChannel> OpenAsync(IConnection connection, TaskCompletionSource<string> lost, CancellationToken cancellation)
    {
        // Confirms are awaited per message while others are under way; the limiter bounds what a crash can leave unconfirmed. One channel:
        // the broker confirms what came through one together.
        var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = MostUnconfirmed, QueueLimit = int.MaxValue });
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, limiter);
        var channel = await connection.CreateChannelAsync(options, cancellation);
        channel.ChannelShutdownAsync += (_, e) => Tell(lost, e);
        return channel;
    }

    private static Task Tell(TaskCompletionSource<string> lost, ShutdownEventArgs reason)
    {
        lost.TrySetResult(reason.ReplyText);
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "{Component} is connected to {Endpoint}")]
    private partial void LogConnected(string component, AmqpTcpEndpoint endpoint);

    [LoggerMessage(LogLevel.Warning, "{Component} has no connection to {Endpoint}: {Reason}. Next try in {Pause}")]
    private partial void LogLost(string component, AmqpTcpEndpoint endpoint, string? reason, TimeSpan pause);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The broker refuses the queue {Queue}: {Reason}. Delete it, and it is made as it must be"
    )]
    private partial void LogRefused(string queue, string? reason);

    /// <summary>The connection that consumes, the channel of the other for publishing, and the exchanges known to exist.</summary>
    private sealed class Link(IConnection consuming, IChannel publishing)
    {
        private readonly ConcurrentDictionary<string, bool> _exchanges = new();

        public IConnection Consuming => consuming;

        public IChannel Publishing => publishing;

        /// <summary>
        /// Declares the topic's exchange once per connection, on a channel of its own: a refusal closes the channel it came through.
        /// </summary>
        public async Task DeclareExchangeAsync(string topic, CancellationToken cancellation)
        {
            if (!_exchanges.ContainsKey(topic))
            {
                await using var channel = await consuming.CreateChannelAsync(cancellationToken: cancellation);
                await RabbitMqConsumer.DeclareExchangeAsync(channel, topic, cancellation);
                _exchanges[topic] = true;
            }
        }
    }
}
