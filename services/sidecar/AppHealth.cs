using System.Globalization;

namespace Fabrique.Sidecar;

/// <summary>How the health of an app is asked for: daprd's settings, here under <c>Apps:{id}:</c>; without them an app is healthy as long as it answers.</summary>
/// <param name="Path"><c>app-health-check-path</c>, <c>/healthz</c>: any 2xx is healthy.</param>
/// <param name="Interval"><c>app-health-probe-interval</c>, in seconds: 5.</param>
/// <param name="Timeout"><c>app-health-probe-timeout</c>, in milliseconds: 500.</param>
/// <param name="Threshold"><c>app-health-threshold</c>: as many failures in a row make an app unhealthy, 3; one success makes it healthy.</param>
internal sealed record HealthProbe(string Path, TimeSpan Interval, TimeSpan Timeout, int Threshold)
{
    private const string Enable = "enable-app-health-check";

    public static readonly IReadOnlyList<string> Keys =
    [
        Enable,
        "app-health-check-path",
        "app-health-probe-interval",
        "app-health-probe-timeout",
        "app-health-threshold",
    ];

    /// <summary>Null when the app's health is not asked for.</summary>
    public static HealthProbe? Read(IConfigurationSection app, List<string> errors)
    {
        var probe = new HealthProbe(
            $"/{(app[Keys[1]] ?? "healthz").TrimStart('/')}",
            TimeSpan.FromSeconds(Number(Keys[2], 5)),
            TimeSpan.FromMilliseconds(Number(Keys[3], 500)),
            Number(Keys[4], 3)
        );
        if (app[Enable] is { } text && !bool.TryParse(text, out _))
        {
            errors.Add($"{app.Path}:{Enable}: '{text}' must be true or false");
        }

        if (probe.Timeout >= probe.Interval)
        {
            errors.Add($"{app.Path}:{Keys[3]}: must be shorter than {Keys[2]}");
        }

        return bool.TryParse(app[Enable], out var enabled) && enabled ? probe : null;

        int Number(string key, int byDefault)
        {
            if (app[key] is not { } number)
            {
                return byDefault;
            }

            if (int.TryParse(number, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 1_000_000)
            {
                return value;
            }

            errors.Add($"{app.Path}:{key}: '{number}' must be a whole number from 1 to 1000000");
            return byDefault;
        }
    }
}

/// <summary>Asks the apps that want it for their health: the messages of one that is not healthy wait, and calls to it are answered at once.</summary>
internal sealed partial class AppHealth(Apps apps, AppClient client, TimeProvider time, ILogger<AppHealth> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            apps.All.Where(app => app.Probe is not null)
                .SelectMany(app => app.Replicas.Select(replica => WatchAsync(app, replica, stoppingToken)))
        );

    private async Task WatchAsync(App app, Replica replica, CancellationToken stopping)
    {
        var probe = app.Probe!;
        using var timer = new PeriodicTimer(probe.Interval, time);
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
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{App} at {Address} is healthy")]
    private partial void LogHealthy(string app, Uri address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{App} at {Address} is not healthy: {Path} failed {Failures} times")]
    private partial void LogUnhealthy(string app, Uri address, string path, int failures);
}
