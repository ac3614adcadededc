namespace Fabrique.Storage;

/// <summary>
/// Wakes those who wait for something that was written: the relay and the followers of the feed for records, others for what is theirs.
/// </summary>
public sealed class RecordSignal(TimeProvider clock)
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed at the next write. Take it before reading, so that nothing is missed between the two.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Set() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>
    /// Waits for <paramref name="next"/>, and at the longest for <paramref name="limit"/>: another replica may have written.
    /// </summary>
    public async Task WaitAsync(Task next, TimeSpan limit, CancellationToken cancellation)
    {
        try
        {
            await next.WaitAsync(limit, clock, cancellation);
        }
        catch (TimeoutException)
        {
            // Time to look again.
        }
    }
}
