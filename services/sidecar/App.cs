using System.Security.Cryptography;
using System.Text;

namespace Fabrique.Sidecar;

/// <summary>One app (service) of this node: where its replicas listen, the token it calls with, and whether it answers.</summary>
internal sealed class App
{
    private readonly Lock _lock = new();
    private volatile TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _turn;

    public App(string id, IEnumerable<Uri> addresses, string apiToken, HealthProbe? probe)
    {
        (Id, Probe) = (id, probe);
        ApiTokenHash = SHA256.HashData(Encoding.UTF8.GetBytes(apiToken));
        Replicas = [.. addresses.Select(address => new Replica(address, isHealthy: probe is null, Update))];
    }

    public string Id { get; }

    /// <summary>How its health is asked for; null: it is not.</summary>
    public HealthProbe? Probe { get; }

    public IReadOnlyList<Replica> Replicas { get; }

    /// <summary>SHA-256 of the app's DAPR_API_TOKEN: hashes have one length, so comparing them tells nothing about the token.</summary>
    public byte[] ApiTokenHash { get; }

    /// <summary>At least one replica takes messages and calls.</summary>
    public bool IsUp => Replicas.Any(replica => replica.IsUp);

    /// <summary>Waits until a replica is up; those that are take turns.</summary>
    public async ValueTask<Replica> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var up = _up.Task;
            var turn = Interlocked.Increment(ref _turn);
            for (var at = 0; at < Replicas.Count; at++)
            {
                var replica = Replicas[(int)((turn + at) % Replicas.Count)];
                if (replica.IsUp)
                {
                    return replica;
                }
            }
            await up.WaitAsync(cancellation);
        }
    }

    /// <summary>
    /// The replicas a call may try, one after the other: in turn, first those that are up; none while they are unhealthy.
    /// </summary>
    public IEnumerable<Replica> InTurn()
    {
        var turn = (int)(Interlocked.Increment(ref _turn) % Replicas.Count);
        return Replicas
            .Skip(turn)
            .Concat(Replicas.Take(turn))
            .Where(replica => replica.IsHealthy)
            .OrderByDescending(replica => replica.IsUp);
    }

    private void Update()
    {
        lock (_lock)
        {
            if (IsUp)
            {
                _up.TrySetResult();
            }
            else if (_up.Task.IsCompleted)
            {
                _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}

/// <summary>One process of an app, with its only port: HTTP/2 without TLS, for callbacks and gRPC alike.</summary>
internal sealed class Replica(Uri address, bool isHealthy, Action changed)
{
    private readonly Lock _lock = new();
    private volatile bool _hasAnswered;
    private volatile bool _isHealthy = isHealthy;
    private volatile TaskCompletionSource _doubted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Uri Address => address;

    /// <summary>It has told its subscriptions and nothing has put it in doubt since.</summary>
    public bool HasAnswered => _hasAnswered;

    public bool IsHealthy => _isHealthy;

    public bool IsUp => _hasAnswered && _isHealthy;

    /// <summary>Completes when the replica is put in doubt.</summary>
    public Task WhenDoubted => _doubted.Task;

    /// <summary>What it subscribed to when it last answered.</summary>
    public IReadOnlyList<SubscriptionDeclaration> Declared { get; set; } = [];

    /// <summary>The replica told its subscriptions: messages waiting for it go on.</summary>
    public void Answered()
    {
        lock (_lock)
        {
            if (!_hasAnswered)
            {
                (_hasAnswered, _doubted) = (true, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
        }
        changed();
    }

    /// <summary>
    /// The replica refused a connection, or is no longer the one that was asked: its messages wait until it has answered again.
    /// </summary>
    public void Doubt()
    {
        lock (_lock)
        {
            _hasAnswered = false;
            _doubted.TrySetResult();
        }
        changed();
    }

    /// <summary>A health check said so.</summary>
    public void Probed(bool isHealthy)
    {
        _isHealthy = isHealthy;
        changed();
    }
}
