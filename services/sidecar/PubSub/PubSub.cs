using Grpc.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Polly;

namespace Fabrique.Sidecar;

/// <summary>
/// One message as it goes to the broker. After its <c>TimeToLive</c> it is a dead letter; without one it waits as long as it must.
/// </summary>
internal readonly record struct Message(ReadOnlyMemory<byte> Body, string ContentType, TimeSpan? TimeToLive);

/// <summary>What a broker does with a message after a delivery.</summary>
internal enum Settlement
{
    /// <summary>Done: forget it.</summary>
    Acknowledge,

    /// <summary>It will never be handled: put it aside.</summary>
    DeadLetter,

    /// <summary>The sidecar is stopping or lost its broker: the message stays in the queue.</summary>
    Return,
}

/// <summary>
/// Brings one message to its app. <paramref name="returned"/> is cancelled when the message must go back to its queue, or has gone.
/// </summary>
internal delegate Task<Settlement> Deliver(ReadOnlyMemory<byte> body, CancellationToken returned);

/// <summary>A pub/sub component. A broker keeps one queue per subscribing app and topic, and a message until it is settled.</summary>
internal abstract class PubSub(Component component, Policy outbound, TimeProvider clock) : BackgroundService, IHealthCheck
{
    // A publisher keeps its own record and tries again: it should learn within seconds that the broker is away.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    private readonly ResiliencePipeline<bool> _retry = outbound.RetryWhile<bool>(
        attempt => attempt.Exception is RpcException { StatusCode: StatusCode.Unavailable } and not CircuitOpenException,
        clock
    );

    private readonly CircuitBreaker? _circuit = outbound.Circuit(clock);

    private long _published;
    private long _refused;

    public Component Component => component;

    public string Name => component.Name;

    /// <summary>Null when the broker can be reached, otherwise why not.</summary>
    public abstract string? Problem { get; }

    protected TimeProvider Time => clock;

    /// <summary>Returns once the broker has taken the message for every queue of the topic, safely stored where it can store.</summary>
    /// <exception cref="RpcException">FailedPrecondition: no queue is bound to the topic, or the broker refuses the topic;
    /// ResourceExhausted: a queue is full; Unavailable: the broker is away or did not confirm in time.</exception>
    public async Task PublishAsync(string topic, Message message, CancellationToken cancellation)
    {
        try
        {
            await _retry.ExecuteAsync(
                async token =>
                {
                    await AttemptAsync(topic, message, token);
                    return true;
                },
                cancellation
            );
            Interlocked.Increment(ref _published);
        }
        catch
        {
            Interlocked.Increment(ref _refused);
            throw;
        }
    }

    /// <summary>The answer to a publisher while the broker cannot be reached; null while it can.</summary>
    public RpcException? Away(string? reason = null) =>
        (Problem ?? reason) is { } problem
            ? new(new Status(StatusCode.Unavailable, $"{Name}: the broker is away ({problem}): publish again later"))
            : null;

    /// <summary>Makes the subscription's queue, says so with <see cref="Subscription.Settle"/>, and delivers from it until
    /// <paramref name="stopping"/>; ends when the last delivery is settled.</summary>
    public abstract Task ConsumeAsync(Subscription subscription, Deliver deliver, CancellationToken stopping);

    /// <summary>
    /// The broker's part of the health page: unhealthy while it is away; publishes it took, and that were answered with an error.
    /// </summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>
        {
            ["type"] = component.Type,
            ["state"] = Problem is null ? "connected" : "disconnected",
            ["published"] = Interlocked.Read(ref _published),
            ["refused"] = Interlocked.Read(ref _refused),
        };
        return Task.FromResult(
            new HealthCheckResult(Problem is null ? HealthStatus.Healthy : context.Registration.FailureStatus, data: data)
        );
    }

    protected abstract Task SendAsync(string topic, Message message, CancellationToken cancellation);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;

    protected static RpcException NobodyBound(string topic) =>
        new(
            new Status(
                StatusCode.NotFound,
                $"no queue is bound to the topic '{topic}': keep the message and publish again once an app has subscribed"
            )
        );

    private async Task AttemptAsync(string topic, Message message, CancellationToken cancellation)
    {
        var limit = outbound.Timeout ?? DefaultTimeout;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limit);
        var pass = _circuit is null ? default : _circuit.TryEnter() ?? throw new CircuitOpenException(Name);
        bool? reached = null;
        try
        {
            await SendAsync(topic, message, timeout.Token);
            reached = true;
        }
        catch (RpcException error)
        {
            // A broker that refuses a message is there.
            reached = error.StatusCode != StatusCode.Unavailable;
            throw;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            reached = false;
            throw new RpcException(new Status(StatusCode.Unavailable, $"{Name}: the broker did not confirm within {limit.TotalSeconds} s"));
        }
        finally
        {
            _circuit?.Leave(pass, reached);
        }
    }
}
