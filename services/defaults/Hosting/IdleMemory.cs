using Microsoft.Extensions.Hosting;

namespace Fabrique;

/// <summary>
/// Gives memory back when a process has nothing to do. The runtime collects when something is allocated, so that what a busy minute left
/// would stay for hours in a process that is asked nothing: a node is many processes on a small machine.
/// </summary>
internal sealed class IdleMemory(TimeProvider clock) : BackgroundService
{
    /// <summary>
    /// Of processor time in a minute: less is idle. What a process does by itself, such as to answer for its health, takes half a second.
    /// </summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>Bytes allocated since memory was last given back: with fewer there is little to give.</summary>
    private const long WorthCollecting = 64 << 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        var used = Environment.CpuUsage.TotalTime;
        var collected = 0L;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var before = used;
            used = Environment.CpuUsage.TotalTime;
            if (used - before < Idle && GC.GetTotalAllocatedBytes() - collected > WorthCollecting)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                collected = GC.GetTotalAllocatedBytes();
            }
        }
    }
}
