using System.Collections.Concurrent;
using Fabrique.Records.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Yarp.ReverseProxy;

namespace Fabrique.Gateway;

/// <summary>
/// Receives from the feeds of the services behind the gateway that what they answer from has changed: every gateway receives every change,
/// and does so while the broker is away. A feed tells its position after a write, and also after the service took in a record of another
/// service: so a page that shows what two of them know is made anew when each of them knows it. What a record says does not matter here.
/// </summary>
internal sealed partial class RecordChanges(
    IProxyStateLookup proxy,
    ServiceRoutes services,
    IConfiguration configuration,
    TimeProvider clock,
    ILogger<RecordChanges> log
) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, bool> _heard = new();
    private long _generation;

    /// <summary>Grows with every change.</summary>
    public long Generation => Interlocked.Read(ref _generation);

    /// <summary>True while every feed is followed: otherwise nobody can tell whether a page is still true.</summary>
    public bool AreHeard => !_heard.IsEmpty && _heard.Values.All(heard => heard);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var area in services.Areas)
        {
            _heard[area] = false;
        }
        return Task.WhenAll(services.Areas.Select(area => FollowAsync(area, stoppingToken)));
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
            // As one of the node: the places of strangers may all be taken.
            new Metadata { { "dapr-api-token", configuration["APP_API_TOKEN"] ?? "" } },
            cancellationToken: cancellation
        );
        ReadResponse? before = null;
        await foreach (var now in feed.ResponseStream.ReadAllAsync(cancellation))
        {
            // The first answer tells where the feed ends: what changed before it was not heard. One that tells the same place again is a
            // sign of life.
            if (before?.Sequence != now.Sequence || before.Epoch != now.Epoch)
            {
                Interlocked.Increment(ref _generation);
            }
            _heard[area] = true;
            before = now;
        }
    }

    [LoggerMessage(LogLevel.Debug, "The feed of {Area} is not followed: {Reason}")]
    private partial void LogLost(string area, string reason);
}
