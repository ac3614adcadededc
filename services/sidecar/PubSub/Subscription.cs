using System.Collections.Concurrent;

namespace Fabrique.Sidecar;

/// <summary>One topic delivered to one app, with what the health page tells about it.</summary>
internal sealed class Subscription(App app, PubSub pubSub, SubscriptionDeclaration declaration)
{
    private readonly ConcurrentDictionary<(Replica, string), BulkDelivery> _bulk = new();
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public App App => app;

    public PubSub PubSub => pubSub;

    /// <summary>The app's latest declaration: route and dead letter topic may change when the app is replaced.</summary>
    public SubscriptionDeclaration Declaration { get; set; } = declaration;

    public string Topic { get; } = declaration.Topic!;

    /// <summary>Name of the queue, daprd's: one per app and topic, unless the subscription names it.</summary>
    public string Queue { get; } = QueueOf(app, declaration);

    /// <summary>Null while messages can flow, otherwise why not.</summary>
    public string? Problem { get; set; } = "the queue is not declared yet";

    public DeliveryCounts Counts { get; } = new();

    /// <summary>For the health page: where it stands, and messages since the start.</summary>
    /// <param name="isPaused">The app failed too often in a row.</param>
    public object Figures(bool isPaused) =>
        new
        {
            pubSub = pubSub.Name,
            topic = Topic,
            state = Problem is not null ? "waiting"
            : isPaused ? "paused"
            : "subscribed",
            delivered = Interlocked.Read(ref Counts.Delivered),
            failed = Interlocked.Read(ref Counts.Failed),
            dropped = Interlocked.Read(ref Counts.Dropped),
            deadLettered = Interlocked.Read(ref Counts.DeadLettered),
        };

    /// <summary>Where events that go to the same place meet.</summary>
    public BulkDelivery Bulk(Replica replica, string path, AppClient client) =>
        _bulk.GetOrAdd((replica, path), _ => new BulkDelivery(client, this, replica, path));

    public static string QueueOf(App app, SubscriptionDeclaration declaration) => declaration.Queue.Name ?? $"{app.Id}-{declaration.Topic}";

    /// <summary>Completes when the queue exists, or the broker refuses it.</summary>
    public Task WhenSettled => _settled.Task;

    /// <summary>The broker's word on the queue: null when it exists and is read, otherwise why it is refused.</summary>
    public void Settle(string? problem)
    {
        Problem = problem;
        _settled.TrySetResult();
    }
}

/// <summary>Messages of one subscription since the start.</summary>
internal sealed class DeliveryCounts
{
    /// <summary>Handled by the app.</summary>
    public long Delivered;

    /// <summary>Attempts that failed.</summary>
    public long Failed;

    /// <summary>Refused by the app (DROP, or no such route).</summary>
    public long Dropped;

    /// <summary>Given up, and put aside on the dead letter topic or in the broker.</summary>
    public long DeadLettered;
}
