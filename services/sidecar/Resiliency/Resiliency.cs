using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabrique.Sidecar;

/// <summary>
/// The <c>Resiliency</c> resources of a node (dapr.io/v1alpha1): named policies, and the components and apps they are for.
/// </summary>
internal sealed partial class Resiliency
{
    private readonly Dictionary<string, Policy> _apps = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Policy> _inbound = [];
    private readonly Dictionary<string, Policy> _outbound = [];

    /// <summary>Policy for calling the app.</summary>
    public Policy App(string id) => _apps.GetValueOrDefault(id, Policy.None);

    /// <summary>Policy for deliveries from the component to the apps.</summary>
    public Policy Inbound(string component) => _inbound.GetValueOrDefault(component, Policy.None);

    /// <summary>Policy for publishing to the component.</summary>
    public Policy Outbound(string component) => _outbound.GetValueOrDefault(component, Policy.None);

    public void Read(YamlMap resource, IReadOnlyList<string> components)
    {
        var policies = resource.Map("spec")?.Map("policies");
        var named = new NamedPolicies(
            Named(policies?.Map("timeouts"), (map, name) => map.Duration(name)),
            Named(policies?.Map("retries"), ReadRetry),
            Named(policies?.Map("circuitBreakers"), ReadCircuitBreaker)
        );
        var targets = resource.Map("spec")?.Map("targets");
        foreach (var (component, target) in Named(targets?.Map("components"), (map, name) => map.Map(name)))
        {
            if (!components.Contains(component))
            {
                targets!.Map("components")!.Fail(component, $"there is no such component; declared: {string.Join(", ", components)}");
            }
            _inbound[component] = named.Read(target?.Map("inbound"));
            _outbound[component] = named.Read(target?.Map("outbound"));
        }
        // An app that is not here may be on a node with the same files and other pieces.
        foreach (var (app, target) in Named(targets?.Map("apps"), (map, name) => map.Map(name)))
        {
            _apps[app] = named.Read(target);
        }
        resource.RejectOthers();
    }

    private static Dictionary<string, T> Named<T>(YamlMap? map, Func<YamlMap, string, T> read) =>
        (map?.Keys ?? []).ToDictionary(name => name, name => read(map!, name));

    private static RetryPolicy? ReadRetry(YamlMap retries, string name)
    {
        if (retries.Map(name) is not { } map)
        {
            retries.Fail(name, "must hold policy, duration or maxInterval, maxRetries");
            return null;
        }
        var kind = map.Text("policy") ?? "constant";
        if (kind is not ("constant" or "exponential"))
        {
            map.Fail("policy", $"'{kind}' must be constant or exponential");
        }
        return new RetryPolicy(
            kind == "exponential",
            map.Duration("duration") ?? TimeSpan.FromSeconds(5),
            map.Duration("maxInterval") ?? TimeSpan.FromSeconds(60),
            map.Number("maxRetries", byDefault: -1, least: -1, most: int.MaxValue)
        );
    }

    private static CircuitBreakerPolicy? ReadCircuitBreaker(YamlMap breakers, string name)
    {
        if (breakers.Map(name) is not { } map)
        {
            breakers.Fail(name, "must hold maxRequests, interval, timeout, trip");
            return null;
        }
        var text = map.Text("trip") ?? "consecutiveFailures > 5";
        var trip = Trip().Match(text);
        var failures = 0;
        if (
            !trip.Success
            || !int.TryParse(trip.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out failures)
            || (failures == 0 && trip.Groups[1].Value == ">=")
        )
        {
            map.Fail("trip", $"'{text}' is not supported; write consecutiveFailures > 5 or consecutiveFailures >= 5");
        }
        return new CircuitBreakerPolicy(
            trip.Groups[1].Value == ">" ? failures + 1 : failures,
            map.Number("maxRequests", byDefault: 1, least: 1, most: 1000),
            map.Duration("interval") ?? TimeSpan.Zero,
            map.Duration("timeout") ?? TimeSpan.FromSeconds(60)
        );
    }

    [GeneratedRegex(@"^\s*consecutiveFailures\s*(>=?)\s*(\d+)\s*$")]
    private static partial Regex Trip();

    private sealed record NamedPolicies(
        Dictionary<string, TimeSpan?> Timeouts,
        Dictionary<string, RetryPolicy?> Retries,
        Dictionary<string, CircuitBreakerPolicy?> CircuitBreakers
    )
    {
        public Policy Read(YamlMap? target)
        {
            return target is null
                ? Policy.None
                : new Policy(Lookup("timeout", Timeouts), Lookup("retry", Retries), Lookup("circuitBreaker", CircuitBreakers));

            T? Lookup<T>(string key, Dictionary<string, T?> named)
            {
                if (target.Text(key) is not { } name)
                {
                    return default;
                }
                if (!named.TryGetValue(name, out var policy))
                {
                    target.Fail(key, $"no such policy '{name}'; declared: {string.Join(", ", named.Keys)}");
                }
                return policy;
            }
        }
    }
}
