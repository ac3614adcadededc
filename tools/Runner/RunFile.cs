using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabrique.Runner;

/// <summary>One process of a running node as <c>{data}/run/node.json</c> tells it.</summary>
/// <param name="Service">The service whose process it is; its own name for a broker or sidecar.</param>
/// <param name="StartTicks">With the pid it names this very process (<see cref="Proc.StartTicks"/>).</param>
/// <param name="Address">Where it answers; null for one that has no health page.</param>
/// <param name="Http2">The address speaks HTTP/2 only.</param>
/// <param name="HealthPage">Path of its health page.</param>
/// <param name="Stalled">What it said last, when it is not healthy yet and makes no progress; otherwise null.</param>
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
    string? Token,
    string? Stalled = null
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
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or JsonException)
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
    public async Task<IReadOnlyList<string>> KillLeftoversAsync(TimeProvider clock)
    {
        List<RunningProcess> Left() => [.. Processes.Where(process => Proc.Family(process.Pid, process.StartTicks).Count > 0)];
        var leftovers = Left();
        leftovers.ForEach(process => Proc.Kill(process.Pid));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), clock);
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
        catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException))
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
