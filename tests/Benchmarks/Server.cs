using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Fabrique.Runner;

namespace Fabrique.Benchmarks;

/// <summary>A server under test, in a process of its own, on loopback; it ends with this object or with this program.</summary>
internal sealed class Server : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;

    private Server(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += Kill;
    }

    public int Id => _process.Id;

    /// <summary>Starts a program and waits until somebody listens on its port.</summary>
    /// <param name="program">Name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="port">0: it is not waited for.</param>
    /// <param name="environment">Variables beside those of this program.</param>
    /// <param name="folder">Where it runs.</param>
    public static async Task<Server> StartAsync(
        string program,
        IEnumerable<string> arguments,
        int port,
        IReadOnlyDictionary<string, string>? environment = null,
        string? folder = null
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var server = new Server(start);
        try
        {
            await (port > 0 ? server.ListensAsync(port) : Task.CompletedTask);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a process of a node as the runner plans it.</summary>
    public static Task<Server> StartAsync(ProcessSpec spec) =>
        StartAsync(spec.FileName, spec.Arguments, spec.Address?.Port ?? 0, spec.Environment, spec.Folder);

    /// <summary>Starts one of this program's own servers (see Program.cs).</summary>
    public static Task<Server> StartOwnAsync(string name, int port, params string[] arguments) =>
        StartAsync(Shell.Dotnet, [typeof(Server).Assembly.Location, $"--serve-{name}", .. arguments], port);

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= Kill;
        Kill(null, EventArgs.Empty);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Kill(object? sender, EventArgs e)
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    private async Task ListensAsync(int port)
    {
        var begin = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await timer.WaitForNextTickAsync())
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (!_process.HasExited && Stopwatch.GetElapsedTime(begin) < Patience)
            {
                // Not yet.
            }
            catch (SocketException)
            {
                throw new InvalidOperationException(
                    $"{_process.StartInfo.FileName} does not listen on port {port}:\n{string.Join('\n', _output)}"
                );
            }
        }
    }
}
