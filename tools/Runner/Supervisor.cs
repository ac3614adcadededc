namespace Fabrique.Runner;

/// <summary>Runs the processes of a node: in order of stage, each stage when the one before is healthy; stops them the other way.</summary>
/// <param name="patience">How long a process may take without progress until it is healthy; it is said, and the process goes on.</param>
internal sealed class Supervisor(NodePlan plan, string data, Logs logs, TimeSpan patience, TimeProvider clock)
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProbeLater = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(5);

    // All of /proc is read for it: not more often than it takes to see that nothing moves.
    private readonly TimeSpan _lookEvery = patience / 12;

    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private readonly List<ManagedProcess> _processes = [];
    private readonly Lock _file = new();
    private bool _ready;

    /// <summary>Returns when all is stopped.</summary>
    /// <param name="ready">Called once, when every process is healthy.</param>
    /// <param name="stop">Stop in order.</param>
    /// <param name="kill">Stop at once.</param>
    public async Task RunAsync(Action ready, CancellationToken stop, CancellationToken kill)
    {
        using var spawner = new Spawner();
        try
        {
            foreach (var stage in plan.Processes.GroupBy(spec => spec.Stage).OrderBy(group => group.Key))
            {
                var started = stage.Select(spec => new ManagedProcess(spec, spawner, logs, clock, WriteRunFile)).ToList();
                lock (_file)
                {
                    _processes.AddRange(started);
                }
                started.ForEach(process => process.Start());
                await Task.WhenAll(started.Select(process => HealthyAsync(process, stop)));
            }
            _ready = true;
            WriteRunFile();
            ready();
            await WatchAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            logs.Write(Logs.Own, "stopping");
        }
        finally
        {
            foreach (var stage in _processes.GroupBy(process => process.Spec.Stage).OrderByDescending(group => group.Key))
            {
                await Task.WhenAll(stage.Select(process => process.StopAsync(StopTimeout, kill)));
            }
            _processes.ForEach(process => process.Dispose());
            RunFile.Delete(data);
            logs.Write(Logs.Own, "stopped");
        }
    }

    private async Task HealthyAsync(ManagedProcess process, CancellationToken stop)
    {
        var (begin, looked, told) = (clock.GetTimestamp(), clock.GetTimestamp(), 1);
        var progress = new Progress(patience, clock);
        using var timer = new PeriodicTimer(ProbeEvery, clock);
        while (
            await Probe.AskAsync(process.Spec.Address, process.Spec.Http2, process.Spec.HealthPage, stop) is var health && !health.IsHealthy
        )
        {
            if (clock.GetElapsedTime(looked) >= _lookEvery)
            {
                looked = clock.GetTimestamp();
                progress.Note(process.ProcessorTime, health.Page);
                Tell(process, progress.IsStalled, health.Text);
            }
            if (clock.GetElapsedTime(begin).TotalSeconds > 10 * told)
            {
                // It takes longer: to be asked ten times a second costs what it needs itself.
                timer.Period = ProbeLater;
                logs.Write(Logs.Own, $"{process.Spec.Name} is not healthy after {10 * told++} s: {health.Text}");
            }
            await timer.WaitForNextTickAsync(stop);
        }
        process.Stalled = null;
        process.Healthy = true;
        logs.Write(
            Logs.Own,
            $"{process.Spec.Name} is healthy after {clock.GetElapsedTime(begin).TotalSeconds:0.0} s{(Text(process.Spec.Address) is { } at ? $" at {at}" : "")}"
        );
        WriteRunFile();
    }

    private void Tell(ManagedProcess process, bool stalled, string health)
    {
        if (stalled == process.Stalled is not null)
        {
            return;
        }
        process.Stalled = stalled ? $"{health}; {(logs.Last(process.Spec.Name) is { Length: > 0 } line ? line : "it said nothing")}" : null;
        logs.Write(
            Logs.Own,
            stalled
                ? $"{process.Spec.Name} is not healthy and makes no progress since {patience.TotalSeconds} s: {process.Stalled}"
                : $"{process.Spec.Name} goes on"
        );
        WriteRunFile();
    }

    /// <summary>An unhealthy process is reported, not restarted: what ails it (a broker, a disk) is often not its own.</summary>
    private async Task WatchAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(WatchEvery, clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            foreach (var process in _processes)
            {
                var health = await Probe.AskAsync(process.Spec.Address, process.Spec.Http2, process.Spec.HealthPage, stop);
                if (health.IsHealthy != process.Healthy)
                {
                    process.Healthy = health.IsHealthy;
                    logs.Write(Logs.Own, $"{process.Spec.Name} is {(health.IsHealthy ? "healthy again" : $"not healthy: {health.Text}")}");
                    WriteRunFile();
                }
            }
        }
    }

    private static string? Text(Uri? address) => address?.GetLeftPart(UriPartial.Authority);

    private void WriteRunFile()
    {
        lock (_file)
        {
            var states = _processes
                .Where(process => process.State is not null)
                .Select(process => process.State! with { Healthy = process.Healthy, Stalled = process.Stalled });
            try
            {
                new RunFile(
                    Environment.ProcessId,
                    Proc.StartTicks(Environment.ProcessId) ?? 0,
                    _startedAt,
                    Text(plan.Address),
                    Text(plan.GrpcAddress),
                    plan.Broker.Description,
                    plan.Database.Description,
                    plan.Sidecar.Description,
                    plan.Keepers,
                    _ready,
                    [.. states]
                ).Write(data);
            }
            catch (IOException error)
            {
                logs.Write(Logs.Own, $"{RunFile.PathIn(data)} cannot be written: {error.Message}");
            }
        }
    }
}
