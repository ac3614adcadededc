using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Polly;

namespace Fabrique.Sidecar;

/// <summary>Brings messages to the apps: attempts, the app's verdict, dead letters.</summary>
internal sealed partial class Delivery(AppClient client, Resiliency resiliency, TimeProvider clock, ILogger<Delivery> log) : IDisposable
{
    private readonly ConcurrentDictionary<(string PubSub, App App), Inbound> _policies = new();
    private readonly CancellationTokenSource _graceIsOver = new();

    /// <summary>The sidecar stops: a delivery under way may still finish.</summary>
    public void BeginGrace(TimeSpan grace) => _graceIsOver.CancelAfter(grace);

    /// <summary>The app has failed so often in a row that its messages wait.</summary>
    public bool IsPaused(Subscription subscription) => PolicyOf(subscription).Circuit is { IsClosed: false };

    public void Dispose() => _graceIsOver.Dispose();

    /// <summary>Brings one message to the app, as often as the resiliency policy allows, and says what becomes of it.
    /// <paramref name="returned"/> is cancelled when the message shall go back to its queue, or went.</summary>
    public async Task<Settlement> DeliverAsync(Subscription subscription, ReadOnlyMemory<byte> body, CancellationToken returned)
    {
        var pubSub = subscription.PubSub.Name;
        var envelope = subscription.Declaration.RawPayload ? CloudEventEnvelope.WrapRaw(body, pubSub, subscription.Topic, clock) : body;
        var policy = PolicyOf(subscription);
        try
        {
            if (!CloudEventEnvelope.TryRead(envelope, out var id, out var trace))
            {
                LogNotAnEnvelope(subscription.Queue);
                return await PutAsideAsync(subscription, body, Settlement.DeadLetter, returned);
            }
            using var activity = Telemetry.Source.StartActivity($"deliver {subscription.Topic}", ActivityKind.Consumer, trace);
            var message = new Envelope(subscription, envelope, id, activity?.Context ?? trace, policy);
            var verdict = await policy.Retry.ExecuteAsync(async token => await AttemptAsync(message, token), returned);
            switch (verdict)
            {
                case Verdict.Success:
                    Interlocked.Increment(ref subscription.Counts.Delivered);
                    return Settlement.Acknowledge;
                case Verdict.Drop:
                    Interlocked.Increment(ref subscription.Counts.Dropped);
                    return await PutAsideAsync(subscription, body, Settlement.Acknowledge, returned);
                default:
                    return await PutAsideAsync(subscription, body, Settlement.DeadLetter, returned);
            }
        }
        catch (OperationCanceledException) when (returned.IsCancellationRequested)
        {
            return Settlement.Return;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Whatever it is, it is this message's: those behind it must not wait for it.
            LogUnforeseen(subscription.Queue, error);
            return Settlement.DeadLetter;
        }
    }

    /// <summary>One circuit per component and app, as where every app has its own daprd.</summary>
    private Inbound PolicyOf(Subscription subscription) => _policies.GetOrAdd((subscription.PubSub.Name, subscription.App), key =>
        {
            var policy = resiliency.Inbound(key.PubSub);
            return new Inbound(
                policy.Timeout ?? Timeout.InfiniteTimeSpan,
                policy.RetryWhile<Verdict>(attempt => attempt.Result == Verdict.Retry, clock),
                policy.Circuit(clock)
            );
        });

    /// <summary>Publishes the bytes unchanged to the dead letter topic. Without one the broker does <paramref name="otherwise"/>; when that
    /// publish fails the broker keeps the message among its own dead letters.</summary>
    private async Task<Settlement> PutAsideAsync(
        Subscription subscription,
        ReadOnlyMemory<byte> body,
        Settlement otherwise,
        CancellationToken returned
    )
    {
        var deadLetterTopic = subscription.Declaration.DeadLetterTopic;
        if (!string.IsNullOrEmpty(deadLetterTopic))
        {
            try
            {
                await subscription.PubSub.PublishAsync(deadLetterTopic, new Message(body, CloudEventEnvelope.ContentType, null), returned);
                otherwise = Settlement.Acknowledge;
            }
            catch (RpcException error)
            {
                LogDeadLetterTopic(subscription.Queue, deadLetterTopic, error.Status.Detail);
                otherwise = Settlement.DeadLetter;
            }
        }
        if (otherwise == Settlement.DeadLetter || deadLetterTopic is { Length: > 0 })
        {
            Interlocked.Increment(ref subscription.Counts.DeadLettered);
            LogDeadLetter(
                subscription.Queue,
                otherwise == Settlement.Acknowledge ? $"topic {deadLetterTopic}" : "the broker's dead letters"
            );
        }
        return otherwise;
    }

    /// <summary>One attempt that counts. An app that refuses the connection is down, one that failed many times in a row is spared: the
    /// message waits, and neither that nor finding out whether the app works again is an attempt.</summary>
    private async Task<Verdict> AttemptAsync(Envelope message, CancellationToken returned)
    {
        var (subscription, circuit) = (message.Subscription, message.Policy.Circuit);
        HashSet<(Replica, string)>? withoutRoute = null;
        while (true)
        {
            var replica = await subscription.App.NextAsync(returned);
            if (subscription.Declaration.Routing.PathFor(message.Bytes) is not { } path)
            {
                LogNoRule(message.Id, subscription.Queue);
                return Verdict.Drop;
            }
            if (withoutRoute?.Contains((replica, path)) == true)
            {
                LogNoRoute(message.Id, subscription.Queue, subscription.App.Id, path);
                return Verdict.Drop;
            }
            var pass = circuit is null ? default : await circuit.EnterAsync(returned);
            bool? succeeded = null;
            try
            {
                var (verdict, status) = subscription.Declaration.BulkSubscribe is { Enabled: true }
                    ? await subscription.Bulk(replica, path, client).PostAsync(message.Bytes, message.Policy.Timeout, _graceIsOver.Token)
                    : await PostAsync(message, replica, path);
                succeeded = verdict != Verdict.Retry;
                if (!succeeded.Value)
                {
                    Interlocked.Increment(ref subscription.Counts.Failed);
                    LogAttempt(message.Id, subscription.Queue, $"{subscription.App.Id} answered {(int)status}");
                }
                if (verdict is null)
                {
                    // A wrong route means drop, but the app may have been replaced by one with other routes: it is asked first.
                    replica.Doubt();
                    (withoutRoute ??= []).Add((replica, path));
                }
                else if (succeeded.Value || !pass.IsProbe)
                {
                    return verdict.Value;
                }
            }
            catch (HttpRequestException error)
                when (error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
            {
                replica.Doubt();
            }
            catch (Exception error)
            {
                // The app was reached: a message that takes its app down each time must end as a dead letter.
                returned.ThrowIfCancellationRequested();
                succeeded = false;
                Interlocked.Increment(ref subscription.Counts.Failed);
                LogAttempt(
                    message.Id,
                    subscription.Queue,
                    error is OperationCanceledException ? $"no answer within {message.Policy.Timeout}" : error.Message
                );
                if (!pass.IsProbe)
                {
                    return Verdict.Retry;
                }
            }
            finally
            {
                circuit?.Leave(pass, succeeded);
            }
        }
    }

    /// <summary>One event in a request of its own.</summary>
    private async Task<AppAnswer> PostAsync(Envelope message, Replica replica, string path)
    {
        var (subscription, trace) = (message.Subscription, message.Trace);
        using var request = client.Request(HttpMethod.Post, replica, path);
        request.Content = new ReadOnlyMemoryContent(message.Bytes);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(CloudEventEnvelope.ContentType);
        request.Headers.Add("pubsubname", subscription.PubSub.Name);
        if (trace != default)
        {
            request.Headers.Add("traceparent", $"00-{trace.TraceId}-{trace.SpanId}-{(int)trace.TraceFlags:x2}");
            request.Headers.TryAddWithoutValidation("tracestate", trace.TraceState);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_graceIsOver.Token);
        limit.CancelAfter(message.Policy.Timeout);
        using var response = await client.SendAsync(request, limit.Token);
        return new AppAnswer(
            response.StatusCode == HttpStatusCode.NotFound ? null
                : response.IsSuccessStatusCode ? VerdictReader.Read(await response.Content.ReadAsByteArrayAsync(limit.Token))
                : Verdict.Retry,
            response.StatusCode
        );
    }

    [LoggerMessage(LogLevel.Error, "An event of {Queue} could not be dealt with and is a dead letter")]
    private partial void LogUnforeseen(string queue, Exception error);

    [LoggerMessage(LogLevel.Warning, "Event {Id} of {Queue} was not handled: {Reason}")]
    private partial void LogAttempt(string id, string queue, string reason);

    [LoggerMessage(LogLevel.Warning, "Event {Id} of {Queue} is dropped: {App} has no route {Path}")]
    private partial void LogNoRoute(string id, string queue, string app, string path);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Event {Id} of {Queue} is dropped: it matches no rule and there is no default route"
    )]
    private partial void LogNoRule(string id, string queue);

    [LoggerMessage(LogLevel.Warning, "A message of {Queue} is no CloudEvent")]
    private partial void LogNotAnEnvelope(string queue);

    [LoggerMessage(LogLevel.Error, "A message of {Queue} is put aside: {Place}")]
    private partial void LogDeadLetter(string queue, string place);

    [LoggerMessage(LogLevel.Error, "A message of {Queue} cannot be published to its dead letter topic {Topic}: {Reason}")]
    private partial void LogDeadLetterTopic(string queue, string topic, string reason);

    private sealed record Envelope(Subscription Subscription, ReadOnlyMemory<byte> Bytes, string Id, ActivityContext Trace, Inbound Policy);

    private sealed record Inbound(TimeSpan Timeout, ResiliencePipeline<Verdict> Retry, CircuitBreaker? Circuit);
}
