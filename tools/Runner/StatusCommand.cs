using System.Globalization;

namespace Fabrique.Runner;

/// <summary>Looks after a node from outside: <c>status</c> and <c>down</c>, both from its run file.</summary>
internal sealed class StatusCommand(string data, TextWriter output, TimeProvider clock)
{
    /// <summary>
    /// One line per process, and the memory of all: the resident pages of each, and its share of them where several processes have the
    /// same.
    /// </summary>
    /// <returns>0 when everything is healthy, 1 otherwise.</returns>
    public async Task<int> StatusAsync(CancellationToken cancellation)
    {
        if (RunFile.Read(data) is not { IsRunning: true } node)
        {
            output.WriteLine($"No node runs on {data}");
            return 1;
        }
        var width = Math.Max(12, node.Processes.Max(process => process.Name.Length));
        var rows = await Task.WhenAll(node.Processes.Select(process => RowAsync(process, width, cancellation)));
        var header =
            $"{"name".PadRight(width)} {"pid", 7}  {"address", -26} {"health", -10} {"share", 9} {"resident", 9} {"restarts", 8}  uptime";
        output.WriteLine(header);
        foreach (var row in rows)
        {
            output.WriteLine(row.Line);
        }
        var runner = Proc.Memory(node.Pid, node.StartTicks);
        output.WriteLine($"{"runner".PadRight(width)} {node.Pid, 7}  {"", -26} {"", -10} {Columns(runner)} {"", 8}  {Age(node.StartedAt)}");
        var all = rows.Aggregate(runner, (sum, row) => sum + row.Memory);
        output.WriteLine(
            $"""

            address  {node.Address}
            data     {data}
            database {node.Database}
            broker   {node.Broker}
            sidecar  {node.Sidecar}
            memory   {Mebibytes(all.Share)}, pages that processes share counted once; {Mebibytes(all.Resident)} resident, counted in each
            """
        );
        return rows.All(row => row.Healthy) ? 0 : 1;
    }

    /// <summary>Stops the node and waits for its end.</summary>
    public async Task<int> DownAsync(CancellationToken cancellation)
    {
        if (RunFile.Read(data) is not { } node)
        {
            output.WriteLine($"No node runs on {data}");
            return 0;
        }
        if (node.IsRunning)
        {
            Proc.Terminate(node.Pid);
            // Each of four stages may take ten seconds before the supervisor kills it.
            var begin = clock.GetTimestamp();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), clock);
            while (node.IsRunning && clock.GetElapsedTime(begin) < TimeSpan.FromSeconds(45))
            {
                await timer.WaitForNextTickAsync(cancellation);
            }
            if (node.IsRunning)
            {
                Proc.Kill(node.Pid);
            }
        }
        // The supervisor restarts processes: the last word of its run file counts.
        var leftovers = await (RunFile.Read(data) ?? node).KillLeftoversAsync(clock);
        RunFile.Delete(data);
        output.WriteLine(leftovers.Count == 0 ? "Stopped" : $"Stopped; killed what was left: {string.Join(", ", leftovers)}");
        return 0;
    }

    private async Task<(string Line, bool Healthy, Memory Memory)> RowAsync(
        RunningProcess process,
        int width,
        CancellationToken cancellation
    )
    {
        var alive = Proc.IsAlive(process.Pid, process.StartTicks);
        var health = alive
            ? await Probe.AskAsync(
                process.Address is { } address ? new Uri(address) : null,
                process.Http2,
                process.HealthPage,
                cancellation
            )
            : new Probe(false, "ended");
        var memory = alive ? Proc.Memory(process.Pid, process.StartTicks) : default;
        var line =
            $"{process.Name.PadRight(width)} {process.Pid, 7}  {process.Address, -26} {health.Text, -10} {Columns(memory)} {process.Restarts, 8}  {(alive ? Age(process.StartedAt) : "")}";
        return (line.TrimEnd(), health.IsHealthy, memory);
    }

    private string Age(DateTimeOffset since) => (clock.GetUtcNow() - since).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);

    private static string Columns(Memory memory) => $"{Mebibytes(memory.Share), 9} {Mebibytes(memory.Resident), 9}";

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MiB");
}
