using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabrique.Runner;

/// <summary>One process of a running node as <c>{data}/run/node.json</c> tells it.</summary>
/// <param name="Service">The service whose process it is; its own name for a broker or sidecar.</param>
/// <param name="StartTicks">With the pid it names this very process (<see cref="Proc.StartTicks"/>).</param>
/// <param name="Address">Where it answers; null for one that has no health page.</param>
/// <param name="Http2">The address speaks HTTP/2 only.</param>
/// <param name="HealthPage">Path of its health page.</param>
/// <param name="Token">Its <c>DAPR_API_TOKEN</c>, made anew at each start of the node.</param>
internal sealed record RunningProcess(
    string Name,
    string Service,
    int Pid,
    long StartTicks,
    DateTimeOffset StartedAt,
    int Restarts,
    bool Healthy,
    string? Address,
    bool Http2,
    string HealthPage,
    string? Token
);

/// <summary>
/// The state of a running node, for the other commands and for the next start after a crash. It holds tokens: readable by its
/// owner only.
/// </summary>
/// <param name="Address">The public address; null for a node without one.</param>
/// <param name="GrpcAddress">The public gRPC address.</param>
/// <param name="Keepers">The services that keep records.</param>
/// <param name="Ready">Every process answered healthy once since the start.</param>
internal sealed record RunFile(
    int Pid,
    long StartTicks,
    DateTimeOffset StartedAt,
    string? Address,
    string? GrpcAddress,
    string Broker,
    string Database,
    string Sidecar,
    IReadOnlyList<string> Keepers,
    bool Ready,
    IReadOnlyList<RunningProcess> Processes
)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string Folder(string data) => Path.Combine(data, "run");

    public static string PathIn(string data) => Path.Combine(Folder(data), "node.json");

    /// <returns>Null when no node was started on this data folder, or it was stopped properly.</returns>
    public static RunFile? Read(string data)
    {
        try
        {
            return JsonSerializer.Deserialize<RunFile>(File.ReadAllBytes(PathIn(data)), Json);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw new PlainError($"{PathIn(data)} belongs to another user: run this as the user who started the node");
        }
    }

    /// <summary>Replaces the file as a whole: a reader sees the old state or the new one.</summary>
    public void Write(string data)
    {
        PrivateFolder(Folder(data));
        var draft = $"{PathIn(data)}.new";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var stream = new FileStream(draft, options))
        {
            JsonSerializer.Serialize(stream, this, Json);
        }

        File.Move(draft, PathIn(data), overwrite: true);
    }

    public static void Delete(string data) => File.Delete(PathIn(data));

    /// <summary>True while the supervisor that wrote this file lives.</summary>
    [JsonIgnore]
    public bool IsRunning => Proc.IsAlive(Pid, StartTicks);

    /// <summary>Kills what a supervisor that died without stopping its processes left behind, and waits for its end.</summary>
    /// <returns>The names of the processes found.</returns>
    public async Task<IReadOnlyList<string>> KillLeftoversAsync(TimeProvider time)
    {
        List<RunningProcess> Left() => [.. Processes.Where(process => Proc.Family(process.Pid, process.StartTicks).Count > 0)];
        var leftovers = Left();
        leftovers.ForEach(process => Proc.Kill(process.Pid));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), time);
        for (var tries = 0; tries < 100 && Left().Count > 0; tries++)
        {
            await timer.WaitForNextTickAsync();
        }

        return [.. leftovers.Select(process => process.Name)];
    }

    /// <summary>The lock of a data folder, held by the supervisor and freed by the system however it ends.</summary>
    /// <returns>Null when another node holds it.</returns>
    public static FileStream? TryLock(string data)
    {
        PrivateFolder(Folder(data));
        try
        {
            return new FileStream(Path.Combine(Folder(data), "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    /// <summary>Makes a folder that only its owner can enter.</summary>
    public static void PrivateFolder(string path)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, OwnerOnly);
    }
}

/// <summary>Looks after a node from outside: <c>status</c> and <c>down</c>, both from its run file.</summary>
internal sealed class StatusCommand(string data, TextWriter output, TimeProvider time)
{
    /// <summary>One line per process, and the memory of all.</summary>
    /// <returns>0 when everything is healthy, 1 otherwise.</returns>
    public async Task<int> StatusAsync(CancellationToken cancel)
    {
        if (RunFile.Read(data) is not { IsRunning: true } node)
        {
            output.WriteLine($"No node runs on {data}");
            return 1;
        }

        var width = Math.Max(12, node.Processes.Max(process => process.Name.Length));
        var rows = await Task.WhenAll(node.Processes.Select(process => RowAsync(process, width, cancel)));
        output.WriteLine($"{"name".PadRight(width)} {"pid", 7}  {"address", -26} {"health", -10} {"memory", 9} {"restarts", 8}  uptime");
        foreach (var row in rows)
        {
            output.WriteLine(row.Line);
        }

        var runner = Proc.ResidentBytes(node.Pid, node.StartTicks);
        output.WriteLine(
            $"{"runner".PadRight(width)} {node.Pid, 7}  {"", -26} {"", -10} {Mebibytes(runner), 9} {"", 8}  {Age(node.StartedAt)}"
        );
        output.WriteLine();
        output.WriteLine(
            $"address  {node.Address}\ndata     {data}\ndatabase {node.Database}\nbroker   {node.Broker}\nsidecar  {node.Sidecar}\nmemory   {Mebibytes(runner + rows.Sum(row => row.Bytes))}"
        );
        return rows.All(row => row.Healthy) ? 0 : 1;
    }

    /// <summary>Stops the node and waits for its end.</summary>
    public async Task<int> DownAsync(CancellationToken cancel)
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
            var begin = time.GetTimestamp();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), time);
            while (node.IsRunning && time.GetElapsedTime(begin) < TimeSpan.FromSeconds(45))
            {
                await timer.WaitForNextTickAsync(cancel);
            }

            if (node.IsRunning)
            {
                Proc.Kill(node.Pid);
            }
        }

        // The supervisor restarts processes: the last word of its run file counts.
        var leftovers = await (RunFile.Read(data) ?? node).KillLeftoversAsync(time);
        RunFile.Delete(data);
        output.WriteLine(leftovers.Count == 0 ? "Stopped" : $"Stopped; killed what was left: {string.Join(", ", leftovers)}");
        return 0;
    }

    private async Task<(string Line, bool Healthy, long Bytes)> RowAsync(RunningProcess process, int width, CancellationToken cancel)
    {
        var alive = Proc.IsAlive(process.Pid, process.StartTicks);
        var health = alive
            ? await Probe.AskAsync(process.Address is { } address ? new Uri(address) : null, process.Http2, process.HealthPage, cancel)
            : new Probe(false, "ended");
        var bytes = alive ? Proc.ResidentBytes(process.Pid, process.StartTicks) : 0;
        var line =
            $"{process.Name.PadRight(width)} {process.Pid, 7}  {process.Address, -26} {health.Text, -10} {Mebibytes(bytes), 9} {process.Restarts, 8}  {(alive ? Age(process.StartedAt) : "")}";
        return (line.TrimEnd(), health.IsHealthy, bytes);
    }

    private string Age(DateTimeOffset since) => (time.GetUtcNow() - since).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MiB");
}
