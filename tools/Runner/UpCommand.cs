using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Fabrique.Runner;

/// <summary>What <c>up</c> was asked.</summary>
/// <param name="Data">The data folder, absolute.</param>
/// <param name="Replicas">How many processes of a service run, instead of what the file says.</param>
/// <param name="Demo">A new node is one that shows the platform, with invented territories and accounts to try.</param>
/// <param name="Supervise">This process is the one that <c>--detach</c> started in the background.</param>
/// <param name="Patience">How long a process may take without progress until it is healthy.</param>
internal sealed record UpOptions(
    string File,
    string Data,
    int? Port,
    IPAddress Host,
    Uri? Site,
    string? Broker,
    string? Database,
    string? Sidecar,
    IReadOnlyDictionary<string, int> Replicas,
    bool Demo,
    bool Detach,
    bool Supervise,
    TimeSpan Patience
);

/// <summary>Starts a node: checks first, so that what cannot work is said before anything is built or started.</summary>
internal sealed class UpCommand(string root, UpOptions options, TextWriter output, TimeProvider clock)
{
    private const long LeastDisk = 200 << 20;
    private readonly long _begin = clock.GetTimestamp();

    /// <summary>Where people reach the node: as the command says, or as a steward set it on a page; null for its own port.</summary>
    private readonly Uri? _site = options.Site ?? AddressSet(options.Data);

    private string LogFolder => Path.Combine(options.Data, "logs");

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(CancellationToken stop, CancellationToken kill)
    {
        var file = TyeFile.Load(options.File).With(options.Replicas);
        RequireUsable(options.Data);
        using var held = RunFile.TryLock(options.Data);
        if (held is null)
        {
            return SayAlreadyRunning();
        }
        if (RunFile.Read(options.Data) is { } old && await old.KillLeftoversAsync(clock) is { Count: > 0 } leftovers)
        {
            output.WriteLine($"Stopped what an earlier run left behind: {string.Join(", ", leftovers)}");
        }
        var node = new Node(file, root, options.Data, options.Host, options.Port, _site, IsDemonstration());
        foreach (var port in node.PublicPorts)
        {
            Ports.RequireFree(options.Host, port, "choose another with --port");
        }
        var broker = await Broker.ChooseAsync(options.Broker, options.Data, stop);
        var sidecar = file.ComponentsPath is null ? new DaprSidecar("none") : DaprSidecar.Choose(options.Sidecar, broker, options.Data);
        var database = await Database.ChooseAsync(options.Database, node.Databases, stop);
        node.RequireShared(database);
        NodeFiles.Check(options.Data);
        await Build.EnsureAsync(root, node.Projects, output, stop);
        if (options.Detach)
        {
            await held.DisposeAsync();
            return await DetachAsync(stop);
        }
        Proc.KeepFilesToOwner();
        var plan = node.Plan(broker, database, sidecar);
        using var logs = new Logs(LogFolder, options.Supervise ? null : output, !Console.IsOutputRedirected, clock)
        {
            NameWidth = plan.Processes.Max(process => process.Name.Length),
        };
        logs.Hide(plan.Secrets);
        logs.Write(
            Logs.Own,
            $"starting {file.Name} with data in {options.Data}; broker: {broker.Description}; database: {database.Description}; sidecar: {sidecar.Description}"
        );
        await new Supervisor(plan, options.Data, logs, options.Patience, clock).RunAsync(
            () => SayReady(RunFile.Read(options.Data)!, "stop with Ctrl-C"),
            stop,
            kill
        );
        return 0;
    }

    /// <summary>Whether this node shows the platform: decided when its data folder is new, and for ever.</summary>
    private bool IsDemonstration()
    {
        var marker = Path.Combine(options.Data, "demonstration");
        if (options.Demo && !File.Exists(marker))
        {
            if (File.Exists(Path.Combine(options.Data, "node.json")))
            {
                throw new PlainError($"{options.Data} holds a node that is not for a demonstration: give --demo a new folder with --data");
            }
            File.WriteAllText(marker, "This node was started with --demo: it knows territories that were invented.\n");
        }
        return File.Exists(marker);
    }

    private static Uri? AddressSet(string data)
    {
        try
        {
            return Uri.TryCreate(NodeSettings.Read(data).GetValueOrDefault("Site:Address"), UriKind.Absolute, out var address)
                ? address
                : null;
        }
        catch (JsonException error)
        {
            throw new PlainError(error.Message);
        }
    }

    private int SayAlreadyRunning()
    {
        if (RunFile.Read(options.Data) is not { IsRunning: true } running)
        {
            throw new PlainError($"Another command is starting or stopping the node of {options.Data}: try again in a moment");
        }
        if (options.Port is > 0 && running.Address is { } address && new Uri(address).Port != options.Port)
        {
            throw new PlainError(
                $"The node of {options.Data} already runs at {address}: stop it first with './fabrique down', or give this one another --data"
            );
        }
        output.WriteLine($"The node of {options.Data} already runs at {running.Address}");
        return 0;
    }

    /// <summary>Starts this program again in a session of its own, waits until the node is healthy, and leaves it.</summary>
    private async Task<int> DetachAsync(CancellationToken stop)
    {
        var log = Path.Combine(LogFolder, "start.out");
        string[] arguments =
        [
            // The shell opens the file: whoever waits for the end of our output does not wait for the node's.
            "sh",
            "-c",
            "exec \"$@\" >\"$0\" 2>&1 </dev/null",
            log,
            Shell.Dotnet,
            Path.Combine(AppContext.BaseDirectory, "Fabrique.Runner.dll"),
            "up",
            "--supervise",
            "--file",
            options.File,
            "--data",
            options.Data,
            "--host",
            options.Host.ToString(),
            "--patience",
            options.Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            .. options.Port is { } port ? ["--port", port.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
            .. options.Site is { } site ? ["--address", site.OriginalString] : Array.Empty<string>(),
            .. options.Sidecar is { } sidecar ? ["--sidecar", sidecar] : Array.Empty<string>(),
            .. options.Replicas.SelectMany(service => new[] { "--replicas", $"{service.Key}={service.Value}" }),
        ];
        var info = Shell.Which("setsid") is { } setsid
            ? new ProcessStartInfo(setsid, arguments)
            : new ProcessStartInfo(arguments[0], arguments.Skip(1));
        info.Environment[Broker.Variable] = options.Broker;
        info.Environment[Database.Variable] = options.Database;
        foreach (var (name, value) in Node.Memory)
        {
            info.Environment.TryAdd(name, value);
        }
        using var supervisor = Process.Start(info)!;
        await using var interrupted = stop.Register(() => Proc.Terminate(supervisor.Id));

        var healthy = new HashSet<string>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            if (supervisor.HasExited)
            {
                throw new PlainError(
                    (await File.ReadAllTextAsync(log, stop)).Trim().Replace(PlainError.Prefix, "", StringComparison.Ordinal)
                );
            }
            var state = RunFile.Read(options.Data) is { } file && file.Pid == supervisor.Id ? file : null;
            foreach (var process in state?.Processes.Where(process => process.Healthy && healthy.Add(process.Name)) ?? [])
            {
                output.WriteLine($"  healthy  {process.Name, -12} {clock.GetElapsedTime(_begin).TotalSeconds, 5:0.0} s  {process.Address}");
            }
            if (state is { Ready: true })
            {
                SayReady(state, "stop with './fabrique down'");
                return 0;
            }
            if (state?.Processes.FirstOrDefault(process => process.Stalled is not null) is { } stalled)
            {
                throw new PlainError(
                    $"{stalled.Name} is not healthy and makes no progress: {stalled.Stalled}. "
                        + $"The node keeps trying: './fabrique logs {stalled.Name}' shows more, './fabrique down' stops it"
                );
            }
        }
        return 1;
    }

    private void SayReady(RunFile state, string how)
    {
        output.WriteLine();
        output.WriteLine($"Ready in {clock.GetElapsedTime(_begin).TotalSeconds:0.0} s.");
        output.WriteLine($"  address  {state.Address}{(state.GrpcAddress is { } grpc ? $"   gRPC {grpc}" : "")}");
        output.WriteLine($"  data     {options.Data}");
        output.WriteLine($"  database {state.Database}");
        output.WriteLine($"  broker   {state.Broker}");
        output.WriteLine($"  sidecar  {state.Sidecar}");
        output.WriteLine($"  logs     {LogFolder}; {how}");
        // Not in the logs, which others may read.
        if (Path.Combine(options.Data, "demo-accounts") is var accounts && File.Exists(accounts) && !options.Supervise)
        {
            output.WriteLine();
            output.WriteLine(
                "  A demonstration: its ZZ territories are invented. Accounts to try, also in the file demo-accounts of the data folder:"
            );
            foreach (var account in File.ReadLines(accounts))
            {
                output.WriteLine($"  {account}");
            }
        }
        if (Path.Combine(options.Data, "setup-code") is var code && File.Exists(code) && !options.Supervise)
        {
            output.WriteLine();
            output.WriteLine("  Nobody looks after this node yet. Open this page, and type this code:");
            output.WriteLine(
                $"  {(_site ?? new Uri(state.Address!)).GetLeftPart(UriPartial.Authority)}/compte/installation   {string.Join('-', File.ReadAllText(code).Chunk(4).Select(part => new string(part)))}"
            );
        }
        if (Path.Combine(options.Data, "mailbox-key") is var key && File.Exists(key) && !options.Supervise)
        {
            output.WriteLine();
            output.WriteLine("  No mail server is set: mails are read here, on this machine, by whoever has this address:");
            output.WriteLine(
                $"  {(_site ?? new Uri(state.Address!)).GetLeftPart(UriPartial.Authority)}/compte/boite?cle={File.ReadAllText(key)}"
            );
        }
        output.WriteLine();
    }

    /// <exception cref="PlainError">The folder cannot be made or written, or its disk is nearly full.</exception>
    private void RequireUsable(string data)
    {
        try
        {
            if (!Directory.Exists(data))
            {
                RunFile.PrivateFolder(data);
            }
            RunFile.PrivateFolder(RunFile.Folder(data));
            RunFile.PrivateFolder(LogFolder);
            File.WriteAllText(Path.Combine(RunFile.Folder(data), "probe"), "written to see whether this folder can be written");
            File.Delete(Path.Combine(RunFile.Folder(data), "probe"));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new PlainError($"The data folder {data} cannot be written: {error.Message}");
        }
        if (new DriveInfo(data).AvailableFreeSpace is var free && free < LeastDisk)
        {
            throw new PlainError($"The disk of {data} has {free >> 20} MiB left: a node needs at least {LeastDisk >> 20} MiB");
        }
    }
}
