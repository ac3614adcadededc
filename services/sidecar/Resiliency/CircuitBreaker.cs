using Grpc.Core;

namespace Fabrique.Sidecar;

/// <summary>A circuit breaker policy with Dapr's meaning.</summary>
/// <param name="Failures">Failures in a row after which the circuit opens.</param>
/// <param name="MaxRequests">
/// Calls that try an open circuit after its pause; when all succeed it closes, when one fails it opens again.
/// </param>
/// <param name="Interval">After which a closed circuit forgets its failures; zero: only a success makes it forget.</param>
/// <param name="Timeout">The pause of an open circuit.</param>
internal sealed record CircuitBreakerPolicy(int Failures, int MaxRequests, TimeSpan Interval, TimeSpan Timeout);

/// <summary>
/// Spares what has failed several times in a row. Polly's breaker weighs the share of failures in a time window and lets one call
/// try; Dapr's counts failures in a row and says how many may try, so it stands here.
/// </summary>
internal sealed class CircuitBreaker(CircuitBreakerPolicy policy, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private State _state = State.Closed;
    private int _generation;
    private long _since = clock.GetTimestamp();
    private int _failures;
    private int _entered;
    private int _succeeded;

    private enum State
    {
        Closed,
        Open,
        HalfOpen,
    }

    /// <summary>False while calls are held or answered with an error.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return _state == State.Closed;
            }
        }
    }

    /// <summary>Who waits gets it in the order of coming.</summary>
    private SemaphoreSlim Turn { get; } = new(1);

    /// <summary>Lets a call through, which must <see cref="Leave"/> with the pass; null while the circuit is open.</summary>
    public Pass? TryEnter()
    {
        lock (_lock)
        {
            var elapsed = clock.GetElapsedTime(_since);
            if (_state == State.Open && elapsed >= policy.Timeout)
            {
                Become(State.HalfOpen);
            }
            else if (_state == State.Closed && policy.Interval > TimeSpan.Zero && elapsed >= policy.Interval)
            {
                (_failures, _since) = (0, clock.GetTimestamp());
            }
            if (_state == State.Open || (_state == State.HalfOpen && _entered == policy.MaxRequests))
            {
                return null;
            }
            _entered++;
            return new Pass(_generation, _state == State.HalfOpen);
        }
    }

    /// <summary>
    /// Waits until the call may go through; those that wait take turns, so that one which fails each time does not keep the others out.
    /// </summary>
    public async Task<Pass> EnterAsync(CancellationToken cancellation)
    {
        // Past those that wait for an open circuit nobody goes.
        if ((Turn.CurrentCount > 0 || IsClosed) && TryEnter() is { } free)
        {
            return free;
        }
        await Turn.WaitAsync(cancellation);
        try
        {
            while (true)
            {
                var (changed, pause) = Next();
                if (TryEnter() is { } pass)
                {
                    return pass;
                }
                await changed.WaitAsync(pause, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Ends a call: true when it succeeded, false when it failed, null when it was never made.</summary>
    public void Leave(Pass pass, bool? succeeded)
    {
        lock (_lock)
        {
            if (pass.Generation != _generation)
            {
                return;
            }
            if (_state == State.Closed)
            {
                _failures = succeeded switch
                {
                    true => 0,
                    false => _failures + 1,
                    null => _failures,
                };
                if (_failures >= policy.Failures)
                {
                    Become(State.Open);
                }
            }
            else if (succeeded is null)
            {
                _entered--;
                Tell();
            }
            else if (succeeded == false)
            {
                Become(State.Open);
            }
            else if (++_succeeded == policy.MaxRequests)
            {
                Become(State.Closed);
            }
        }
    }

    private (Task Changed, TimeSpan Pause) Next()
    {
        lock (_lock)
        {
            var left = policy.Timeout - clock.GetElapsedTime(_since);
            return (
                _changed.Task,
                _state != State.Open ? Timeout.InfiniteTimeSpan
                : left > TimeSpan.Zero ? left
                : TimeSpan.Zero
            );
        }
    }

    private void Become(State state)
    {
        (_state, _since, _failures, _entered, _succeeded) = (state, clock.GetTimestamp(), 0, 0, 0);
        _generation++;
        Tell();
    }

    private void Tell()
    {
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Leave to make one call. <c>IsProbe</c>: the circuit was open, and the call finds out whether it may close.</summary>
    internal readonly record struct Pass(int Generation, bool IsProbe);
}

/// <summary>Unavailable at once, without an attempt: the circuit to the target is open.</summary>
internal sealed class CircuitOpenException(string target)
    : RpcException(new Status(StatusCode.Unavailable, $"the circuit to {target} is open after failures in a row: try again later"));
