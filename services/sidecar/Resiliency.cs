using Polly;
using Polly.Retry;

namespace Fabrique.Sidecar;

/// <summary>What Dapr's Resiliency resources ask for a component, one direction: a limit for one attempt, and whether to try again.</summary>
internal sealed record Policy(TimeSpan? Timeout, RetryPolicy? Retry)
{
    public static readonly Policy None = new(null, null);

    /// <summary>Repeats an attempt while <paramref name="failed"/> says so and the policy allows it; without a policy, one attempt.</summary>
    public ResiliencePipeline<T> RetryWhile<T>(Func<Outcome<T>, bool> failed, TimeProvider time)
    {
        if (Retry is null or { MaxRetries: 0 })
        {
            return ResiliencePipeline<T>.Empty;
        }

        return new ResiliencePipelineBuilder<T> { TimeProvider = time }.AddRetry(new RetryStrategyOptions<T>
        {
            MaxRetryAttempts = Retry.MaxRetries < 0 ? int.MaxValue : Retry.MaxRetries,
            DelayGenerator = attempt => new(Retry.Delay(attempt.AttemptNumber)),
            ShouldHandle = attempt => new(failed(attempt.Outcome)),
        }).Build();
    }
}

/// <summary>A retry policy with Dapr's meaning: <c>MaxRetries</c> -1 is for ever; exponential starts at 500 ms and grows by half, ± 50 %.</summary>
internal sealed record RetryPolicy(bool Exponential, TimeSpan Duration, TimeSpan MaxInterval, int MaxRetries)
{
    private static readonly TimeSpan InitialInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>The pause after attempt number <paramref name="attempt"/>, counted from 0.</summary>
    public TimeSpan Delay(int attempt)
    {
        if (!Exponential)
        {
            return Duration;
        }

        // Random only spreads load: nobody repeats or guards anything with it.
        var interval = Math.Min(InitialInterval.TotalMilliseconds * Math.Pow(1.5, Math.Min(attempt, 100)), MaxInterval.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(interval * (0.5 + Random.Shared.NextDouble()));
    }
}

/// <summary>The <c>Resiliency</c> resources of a node (dapr.io/v1alpha1): named policies and the components they are for.</summary>
internal sealed class Resiliency
{
    private readonly Dictionary<string, Policy> _inbound = [];
    private readonly Dictionary<string, Policy> _outbound = [];

    /// <summary>Policy for deliveries from the component to the apps.</summary>
    public Policy Inbound(string component) => _inbound.GetValueOrDefault(component, Policy.None);

    /// <summary>Policy for publishing to the component.</summary>
    public Policy Outbound(string component) => _outbound.GetValueOrDefault(component, Policy.None);

    public void Read(YamlMap resource)
    {
        var policies = resource.Map("spec")?.Map("policies");
        var timeouts = Named(policies?.Map("timeouts"), (map, name) => map.Duration(name));
        var retries = Named(policies?.Map("retries"), (map, name) => ReadRetry(map, name));
        var components = resource.Map("spec")?.Map("targets")?.Map("components");
        foreach (var component in components?.Keys ?? [])
        {
            var target = components!.Map(component);
            _inbound[component] = ReadPolicy(target?.Map("inbound"), timeouts, retries);
            _outbound[component] = ReadPolicy(target?.Map("outbound"), timeouts, retries);
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
            map.Number("maxRetries", byDefault: -1, least: -1, most: int.MaxValue));
    }

    private static Policy ReadPolicy(YamlMap? target, Dictionary<string, TimeSpan?> timeouts, Dictionary<string, RetryPolicy?> retries)
    {
        return target is null ? Policy.None : new Policy(Lookup("timeout", timeouts), Lookup("retry", retries));

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
