using System.ComponentModel;
using System.Diagnostics;

namespace Fabrique.Runner;

/// <summary>Order of start; the stop goes the other way.</summary>
internal enum Stage
{
    Broker,
    Sidecar,
    Services,
    Public,
}

/// <summary>How to start one process.</summary>
/// <param name="Address">Where it answers <c>/health</c> (or AMQP); null: alive is healthy.</param>
/// <param name="Http2">The address speaks HTTP/2 only.</param>
/// <param name="Service">The service whose process it is; null: it is none's.</param>
/// <param name="HealthPage">Path of its health page.</param>
internal sealed record ProcessSpec(
    string Name,
    Stage Stage,
    string FileName,
    IReadOnlyList<string> Arguments,
    string Folder,
    IReadOnlyDictionary<string, string> Environment,
    Uri? Address = null,
    bool Http2 = false,
    string? Token = null,
    string HealthPage = "/health",
    string? Service = null
);

/// <summary>Waits between restarts: 0.5 s doubling up to 30 s, from the beginning again after a minute without an accident.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Stable = TimeSpan.FromMinutes(1);
    private TimeSpan _next = First;

    /// <param name="lived">How long the process lived this time.</param>
    public TimeSpan Next(TimeSpan lived)
    {
        var delay = lived >= Stable ? First : _next;
        _next = delay * 2 < Longest ? delay * 2 : Longest;
        return delay;
    }
}

/// <summary>One process of the node, started again whenever it ends until it is stopped.</summary>
internal sealed class ManagedProcess(ProcessSpec spec, Spawner spawner, Logs logs, TimeProvider clock, Action changed) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private Task _running = Task.CompletedTask;

    public ProcessSpec Spec => spec;

    /// <summary>Last known answer of the health page.</summary>
    public bool Healthy { get; set; }

    /// <summary>Why it was given up, while it is not healthy; null: it was not.</summary>
    public string? Stalled { get; set; }

    /// <summary>Since its last start.</summary>
    public TimeSpan ProcessorTime => State is { } state ? Proc.ProcessorTime(state.Pid, state.StartTicks) : TimeSpan.Zero;

    /// <summary>What the run file says of it.</summary>
    public RunningProcess? State { get; private set; }

    public void Dispose()
    {
        _stop.Dispose();
        _kill.Dispose();
    }

    public void Start() => _running = RunAsync();

    /// <summary>SIGTERM, then SIGKILL when it has not ended in time or <paramref name="kill"/> says so.</summary>
    public async Task StopAsync(TimeSpan patience, CancellationToken kill)
    {
        await _stop.CancelAsync();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(kill);
        deadline.CancelAfter(patience);
        await _running.WaitAsync(deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_running.IsCompleted)
        {
            logs.Write(Logs.Own, $"{spec.Name} did not stop in time and is killed");
            await _kill.CancelAsync();
        }
        await _running;
    }

    private async Task RunAsync()
    {
        var backoff = new Backoff();
        for (var restarts = 0; !_stop.IsCancellationRequested; restarts++)
        {
            var started = clock.GetTimestamp();
            var end = await RunOnceAsync(restarts);
            Healthy = false;
            if (_stop.IsCancellationRequested)
            {
                return;
            }
            var delay = backoff.Next(clock.GetElapsedTime(started));
            logs.Write(Logs.Own, $"{spec.Name} {end}; it starts again in {delay.TotalSeconds:0.#} s");
            changed();
            await Task.Delay(delay, clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>How it ended.</returns>
    private async Task<string> RunOnceAsync(int restarts)
    {
        using var process = new Process { StartInfo = StartInfo(), EnableRaisingEvents = true };
        // Not WaitForExitAsync: that also waits for the output, which a child of the process may keep open.
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => ended.TrySetResult();
        process.OutputDataReceived += (_, line) => Say(line.Data);
        process.ErrorDataReceived += (_, line) => Say(line.Data);
        try
        {
            await spawner.StartAsync(process);
        }
        catch (Win32Exception error)
        {
            return $"cannot be started ({error.Message})";
        }
        var pid = process.Id;
        State = new RunningProcess(
            spec.Name,
            spec.Service ?? spec.Name,
            pid,
            Proc.StartTicks(pid) ?? 0,
            clock.GetUtcNow(),
            restarts,
            false,
            spec.Address?.GetLeftPart(UriPartial.Authority),
            spec.Http2,
            spec.HealthPage,
            spec.Token
        );
        changed();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        // Both act at once when they were asked while it was being started.
        using (_stop.Token.Register(() => Proc.Terminate(pid)))
        using (_kill.Token.Register(() => Proc.Kill(pid)))
        {
            await ended.Task;
        }
        // What it started (RabbitMQ's shell script starts Erlang) must not live on beside its successor.
        Proc.Kill(pid);
        // Its last words. Whoever else keeps the output open is not waited for.
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(1), clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return process.ExitCode > 128 ? $"was ended by signal {process.ExitCode - 128}" : $"ended with code {process.ExitCode}";
    }

    private void Say(string? line)
    {
        if (line is not null)
        {
            // A broker talks at length about itself; the runner says what matters of it.
            logs.Write(spec.Name, line, quiet: spec.Stage == Stage.Broker);
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var command = Spawner.Prefix.Append(spec.FileName).Concat(spec.Arguments).ToList();
        var info = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = spec.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Secrets are given to those who need them only.
        info.Environment.Remove(Broker.Variable);
        info.Environment.Remove(Database.Variable);
        foreach (var (name, value) in spec.Environment)
        {
            info.Environment[name] = value;
        }
        return info;
    }
}
