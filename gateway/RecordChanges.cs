using System.Collections.Concurrent;
using System.Threading.Channels;
using Fabrique.Records.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Yarp.ReverseProxy;

namespace Fabrique.Gateway;

/// <summary>
/// Hears that public records changed, from the feeds of the services behind the gateway: every gateway hears every change, and does so
/// while the broker is away. What a record says does not matter here.
/// </summary>
internal sealed partial class RecordChanges(IProxyStateLookup proxy, TimeProvider clock, ILogger<RecordChanges> log) : BackgroundService
{
    // Other services hear of a record after its own, and their pages are made anew as soon as they have: a change counts again after each.
    private static readonly TimeSpan[] Echoes = [TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(0.6), TimeSpan.FromSeconds(3)];
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly ConcurrentDictionary<string, bool> _heard = new();
    private long _generation;

    /// <summary>Grows with every change.</summary>
    public long Generation => Interlocked.Read(ref _generation);

    /// <summary>True while every feed is followed: otherwise nobody can tell whether a page is still true.</summary>
    public bool AreHeard => !_heard.IsEmpty && _heard.Values.All(heard => heard);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A feed is known by the route that leads to it.
        var areas = proxy
            .GetRoutes()
            .Where(route => route.Config.RouteId.EndsWith("-feed", StringComparison.Ordinal))
            .Select(route => route.Config.ClusterId!)
            .Distinct()
            .ToList();
        areas.ForEach(area => _heard[area] = false);
        return Task.WhenAll([EchoAsync(stoppingToken), .. areas.Select(area => FollowAsync(area, stoppingToken))]);
    }

    private async Task FollowAsync(string area, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(area, cancellation);
            }
            catch (Exception error) when (error is RpcException or HttpRequestException)
            {
                LogLost(area, error.Message);
            }
            finally
            {
                _heard[area] = false;
            }
            await Task.Delay(Pause, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListenAsync(string area, CancellationToken cancellation)
    {
        if (!proxy.TryGetCluster(area, out var cluster) || cluster.DestinationsState.AvailableDestinations is not { Count: > 0 } available)
        {
            return;
        }
        using var http = new SocketsHttpHandler { UseProxy = false };
        using var channel = GrpcChannel.ForAddress(available[0].Model.Config.Address, new GrpcChannelOptions { HttpHandler = http });
        using var feed = new FeedService.FeedServiceClient(channel).Read(
            new ReadRequest { Follow = true, FromEnd = true },
            cancellationToken: cancellation
        );
        await foreach (var _ in feed.ResponseStream.ReadAllAsync(cancellation))
        {
            // The first answer tells where the feed ends. What changed before it was not heard.
            Interlocked.Increment(ref _generation);
            _heard[area] = true;
            _changed.Writer.TryWrite(true);
        }
    }

    private async Task EchoAsync(CancellationToken cancellation)
    {
        await foreach (var _ in _changed.Reader.ReadAllAsync(cancellation))
        {
            foreach (var echo in Echoes)
            {
                await Task.Delay(echo, clock, cancellation);
                Interlocked.Increment(ref _generation);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "The feed of {Area} is not followed: {Reason}")]
    private partial void LogLost(string area, string reason);
}
