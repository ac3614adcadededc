using System.Collections.Concurrent;

namespace Fabrique.Sidecar;

/// <summary>
/// The subscriptions that are served: a consumer each, from the moment an app wants it until it no longer does or the sidecar stops.
/// </summary>
internal sealed partial class Consumers(IReadOnlyList<PubSub> pubSubs, Delivery delivery, ILogger<Consumers> log)
{
    private readonly ConcurrentDictionary<(string App, string PubSub, string Topic), Running> _running = new();

    public IEnumerable<Subscription> Of(App app) =>
        _running.Values.Select(running => running.Subscription).Where(subscription => subscription.App == app);

    /// <summary>Ends when every consumer has, with its last delivery settled.</summary>
    public Task WhenEndedAsync() => Task.WhenAll(_running.Values.Select(running => running.Consuming));

    /// <summary>Serves these subscriptions of the app from now on and no others; says why some are refused, null when none is.</summary>
    public string? Take(App app, IReadOnlyList<SubscriptionDeclaration> wanted, CancellationToken stopping)
    {
        var problems = new List<string>();
        var kept = new HashSet<(string, string, string)>();
        foreach (var declaration in wanted)
        {
            if (ProblemOf(app, declaration) is { } problem)
            {
                problems.Add($"{declaration.PubsubName}/{declaration.Topic}: {problem}");
                continue;
            }
            var key = (app.Id, declaration.PubsubName!, declaration.Topic!);
            kept.Add(key);
            if (_running.TryGetValue(key, out var running) && running.Subscription.Declaration.Queue != declaration.Queue)
            {
                End(key, running);
            }
            var pubSub = pubSubs.First(pubSub => pubSub.Name == declaration.PubsubName);
            _running.GetOrAdd(key, _ => Start(new Subscription(app, pubSub, declaration), stopping)).Subscription.Declaration = declaration;
        }
        foreach (var (key, running) in _running.Where(running => running.Key.App == app.Id && !kept.Contains(running.Key)))
        {
            End(key, running);
        }
        return problems.Count > 0 ? string.Join("; ", problems) : null;
    }

    private string? ProblemOf(App app, SubscriptionDeclaration declaration)
    {
        var problems = declaration.Problems(pubSubs.Select(pubSub => pubSub.Name));
        if (problems.Count > 0)
        {
            return string.Join(", ", problems.Select(problem => $"{problem.Key}: {problem.Reason}"));
        }
        var queue = Subscription.QueueOf(app, declaration);
        var other = _running
            .Values.Select(running => running.Subscription)
            .FirstOrDefault(other =>
                other.Queue == queue
                && other.PubSub.Name == declaration.PubsubName
                && (other.App != app || other.Topic != declaration.Topic)
            );
        return other is null
            ? null
            : $"metadata.queueName: {queue} is the queue of {other.App.Id} for {other.Topic}; each subscription needs its own";
    }

    private Running Start(Subscription subscription, CancellationToken stopping)
    {
        LogSubscribed(
            subscription.App.Id,
            subscription.Topic,
            string.Join(", ", subscription.Declaration.Routing.All.Select(rule => rule.Path))
        );
        var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        return new Running(subscription, stop, ConsumeAsync());

        async Task ConsumeAsync()
        {
            using (stop)
            {
                Task<Settlement> Deliver(ReadOnlyMemory<byte> body, CancellationToken returned) =>
                    delivery.DeliverAsync(subscription, body, returned);
                await subscription.PubSub.ConsumeAsync(subscription, Deliver, stop.Token);
            }
        }
    }

    private void End((string App, string PubSub, string Topic) key, Running running)
    {
        LogGone(key.App, key.Topic, running.Subscription.Queue);
        running.Stop.Cancel();
        _running.TryRemove(key, out _);
    }

    [LoggerMessage(LogLevel.Information, "{App} subscribes to {Topic} at {Path}")]
    private partial void LogSubscribed(string app, string topic, string path);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{App} no longer reads {Topic} from {Queue}: RabbitMQ keeps filling that queue until somebody deletes it"
    )]
    private partial void LogGone(string app, string topic, string queue);

    private sealed record Running(Subscription Subscription, CancellationTokenSource Stop, Task Consuming);
}
