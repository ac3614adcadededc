namespace Fabrique.Sidecar;

/// <summary>
/// Asks the apps that want it for their health: the messages of one that is not healthy wait, and calls to it are answered at once.
/// </summary>
internal sealed partial class AppHealth(Apps apps, AppClient client, TimeProvider clock, ILogger<AppHealth> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            apps.All.Where(app => app.Probe is not null)
                .SelectMany(app => app.Replicas.Select(replica => WatchAsync(app, replica, stoppingToken)))
        );

    private async Task WatchAsync(App app, Replica replica, CancellationToken stopping)
    {
        var probe = app.Probe!;
        using var timer = new PeriodicTimer(probe.Interval, clock);
        var failures = 0;
        try
        {
            do
            {
                failures = await IsHealthyAsync(probe, replica, stopping) ? 0 : failures + 1;
                if (failures == 0 && !replica.IsHealthy)
                {
                    LogHealthy(app.Id, replica.Address);
                    replica.Probed(isHealthy: true);
                }
                else if (failures >= probe.Threshold && replica.IsHealthy)
                {
                    LogUnhealthy(app.Id, replica.Address, probe.Path, failures);
                    replica.Probed(isHealthy: false);
                }
            } while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The sidecar stops.
        }
    }

    private async Task<bool> IsHealthyAsync(HealthProbe probe, Replica replica, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(probe.Timeout);
        try
        {
            using var request = client.Request(HttpMethod.Get, replica, probe.Path);
            using var response = await client.SendAsync(request, limit.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "{App} at {Address} is healthy")]
    private partial void LogHealthy(string app, Uri address);

    [LoggerMessage(LogLevel.Warning, "{App} at {Address} is not healthy: {Path} failed {Failures} times")]
    private partial void LogUnhealthy(string app, Uri address, string path, int failures);
}
