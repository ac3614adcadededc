using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Fabrique.Runner;

/// <summary>What Linux tells about processes (proc(5)), and the signals to send. Elsewhere the answers are null.</summary>
internal static partial class Proc
{
    private const int SigTerm = 15;
    private const int SigKill = 9;

    /// <summary>Start of the process in clock ticks since boot: with the pid it names one process, though pids come round again.</summary>
    /// <returns>Null when there is no such process, or a zombie only.</returns>
    public static long? StartTicks(int pid) =>
        Stat(pid) is { } fields && fields[0] is not ("Z" or "X") ? long.Parse(fields[19], CultureInfo.InvariantCulture) : null;

    /// <summary>True while that very process lives.</summary>
    public static bool IsAlive(int pid, long startTicks) => StartTicks(pid) == startTicks;

    /// <summary>The process and those it started: its session, which outlives it.</summary>
    /// <returns>Nothing when the pid meanwhile belongs to another process.</returns>
    public static IReadOnlyList<int> Family(int pid, long startTicks)
    {
        var session = pid.ToString(CultureInfo.InvariantCulture);
        return StartTicks(pid) is { } ticks && ticks != startTicks
            ? []
            :
            [
                .. Directory
                    .EnumerateDirectories("/proc")
                    .Select(Path.GetFileName)
                    .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
                    .Where(number => number > 0 && StartTicks(number) >= startTicks && (number == pid || Stat(number)?[3] == session)),
            ];
    }

    /// <summary>Resident memory, in bytes, of a process and of those it started.</summary>
    public static long ResidentBytes(int pid, long startTicks) =>
        // Field 24 of stat, in pages.
        Family(pid, startTicks).Sum(number => Stat(number) is { } fields ? long.Parse(fields[21], CultureInfo.InvariantCulture) : 0)
        * Environment.SystemPageSize;

    /// <summary>The memory of a process and of those it started.</summary>
    public static Memory Memory(int pid, long startTicks) =>
        Family(pid, startTicks).Select(MemoryOf).Aggregate(default(Memory), (sum, memory) => sum + memory);

    /// <summary>Processor time of a process and of those it started.</summary>
    public static TimeSpan ProcessorTime(int pid, long startTicks) =>
        // Fields 14 and 15 of stat, user and system, in hundredths of a second.
        TimeSpan.FromMilliseconds(
            10
                * Family(pid, startTicks)
                    .Sum(number =>
                        Stat(number) is { } fields
                            ? long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)
                            : 0
                    )
        );

    /// <summary>Signals the process and, when it leads one, its whole group: what a shell script started must not outlive it.</summary>
    public static void Kill(int pid)
    {
        _ = Signal(-pid, SigKill);
        _ = Signal(pid, SigKill);
    }

    public static void Terminate(int pid) => _ = Signal(pid, SigTerm);

    /// <summary>
    /// From now on the files that this process and its children make are for their owner alone: drafts are in the databases.
    /// </summary>
    public static void KeepFilesToOwner() => _ = SetMask(Convert.ToUInt32("077", 8));

    /// <summary>Nothing of a process that ended meanwhile, or that is another user's.</summary>
    private static Memory MemoryOf(int pid)
    {
        try
        {
            var lines = File.ReadAllLines($"/proc/{pid}/smaps_rollup");
            return new Memory(Bytes("Pss:"), Bytes("Rss:"));

            long Bytes(string field) =>
                lines.FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) is { } line
                    ? 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
                    : 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);

    /// <summary>The fields of /proc/PID/stat from the third on (the second, the name, may hold spaces).</summary>
    private static string[]? Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>Memory of processes, in bytes.</summary>
/// <param name="Share">
/// Pages that several processes have mapped are divided by their number: what one process costs beside the others (Pss).
/// </param>
/// <param name="Resident">
/// Every page counts in each process that has it: the code of .NET counts as often as there are processes (Rss).
/// </param>
internal readonly record struct Memory(long Share, long Resident)
{
    public static Memory operator +(Memory one, Memory other) => new(one.Share + other.Share, one.Resident + other.Resident);
}

/// <summary>
/// Starts every process from one thread that lives as long as the node. The kernel sends the "parent is gone" signal
/// (PR_SET_PDEATHSIG) when the <em>thread</em> that started the process ends, and the threads of the pool come and go.
/// </summary>
internal sealed class Spawner : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    public Spawner() =>
        new Thread(() =>
        {
            foreach (var action in _work.GetConsumingEnumerable())
            {
                action();
            }
        })
        {
            IsBackground = true,
            Name = "spawner",
        }.Start();

    /// <summary>
    /// Its own session (setsid), so that Ctrl-C reaches the runner alone and the order of stopping is the runner's; and a SIGTERM from
    /// the kernel when the runner is killed (setpriv). Empty where util-linux is missing: the next start or stop then cleans up.
    /// </summary>
    public static IReadOnlyList<string> Prefix { get; } =
    [
        .. Usable("setsid", "true") ? ["setsid"] : Array.Empty<string>(),
        .. Usable("setpriv", "--pdeathsig", "TERM", "true") ? ["setpriv", "--pdeathsig", "TERM", "--"] : Array.Empty<string>(),
    ];

    public Task StartAsync(Process process)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                process.Start();
                started.SetResult();
            }
            catch (Win32Exception error)
            {
                started.SetException(error);
            }
        });
        return started.Task;
    }

    public void Dispose() => _work.CompleteAdding();

    private static bool Usable(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true });
            process!.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
