using Polly;
using Polly.Retry;

namespace Fabrique.Sidecar;

/// <summary>
/// What Dapr's Resiliency resources ask for one target: a limit for one attempt, whether to try again, when to stop trying.
/// </summary>
internal sealed record Policy(TimeSpan? Timeout, RetryPolicy? Retry, CircuitBreakerPolicy? CircuitBreaker)
{
    public static readonly Policy None = new(null, null, null);

    /// <summary>A circuit for this target; null: it is never spared.</summary>
    public CircuitBreaker? Circuit(TimeProvider clock) => CircuitBreaker is { } policy ? new CircuitBreaker(policy, clock) : null;

    /// <summary>
    /// Repeats an attempt while <paramref name="failed"/> says so and the policy allows it; without a policy, one attempt.
    /// </summary>
    public ResiliencePipeline<T> RetryWhile<T>(Func<Outcome<T>, bool> failed, TimeProvider clock)
    {
        if (Retry is null or { MaxRetries: 0 })
        {
            return ResiliencePipeline<T>.Empty;
        }
        return new ResiliencePipelineBuilder<T> { TimeProvider = clock }
            .AddRetry(
                new RetryStrategyOptions<T>
                {
                    MaxRetryAttempts = Retry.MaxRetries < 0 ? int.MaxValue : Retry.MaxRetries,
                    DelayGenerator = attempt => new(Retry.Delay(attempt.AttemptNumber)),
                    ShouldHandle = attempt => new(failed(attempt.Outcome)),
                }
            )
            .Build();
    }
}

/// <summary>
/// A retry policy with Dapr's meaning: <c>MaxRetries</c> -1 is for ever; exponential starts at 500 ms and grows by half, ± 50 %.
/// </summary>
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
