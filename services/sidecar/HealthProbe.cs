using System.Globalization;

namespace Fabrique.Sidecar;

/// <summary>
/// How the health of an app is asked for: daprd's settings, here under <c>Apps:{id}:</c>; without them an app is healthy as long as it
/// answers.
/// </summary>
/// <param name="Path"><c>app-health-check-path</c>, <c>/healthz</c>: any 2xx is healthy.</param>
/// <param name="Interval"><c>app-health-probe-interval</c>, in seconds: 5.</param>
/// <param name="Timeout"><c>app-health-probe-timeout</c>, in milliseconds: 500.</param>
/// <param name="Threshold">
/// <c>app-health-threshold</c>: as many failures in a row make an app unhealthy, 3; one success makes it healthy.
/// </param>
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
