using System.Collections.Concurrent;
using System.Diagnostics;
using Fabrique.Runner;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

[assembly: AssemblyFixture(typeof(Fabrique.Tests.RabbitMqServer))]

namespace Fabrique.Tests;

/// <summary>
/// A RabbitMQ node of its own for the tests: the distribution's server on free loopback ports, with its own data folder, node name,
/// cookie and epmd, so that it meets no other. It starts when a test first asks for it; tests that kill it make one for themselves.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private const string Control = "/usr/lib/rabbitmq/bin/rabbitmqctl";

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(90);

    private readonly SemaphoreSlim _starting = new(1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabrique-rabbitmq-");
    private readonly ConcurrentQueue<string> _output = new();
    private readonly int[] _ports = Ports.Free(4);
    private Process? _epmd;
    private Process? _server;

    public RabbitMqServer()
    {
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    public int Port => _ports[0];

    /// <summary>For a listener that <see cref="Configuration"/> asks for.</summary>
    public int TlsPort => _ports[3];

    /// <summary>More lines of rabbitmq.conf, and the plugins they need, before the start.</summary>
    public string Configuration { get; set; } = "";

    public string Plugins { get; set; } = "";

    public string ConnectionString => $"amqp://guest:guest@127.0.0.1:{Port}/";

    /// <summary>Starts the node unless it runs, waits until it accepts connections, and gives its connection string.</summary>
    public async Task<string> StartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_server is null)
            {
                Assert.True(File.Exists(Program), "rabbitmq-server is not installed: apt-get install rabbitmq-server");
                _epmd ??= Start("epmd", ["-port", $"{_ports[1]}", "-address", "127.0.0.1"]);
                _server = Start(Program, []);
                await WaitAsync(_server);
            }

            return ConnectionString;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Kills the node as a power cut would; its data folder stays.</summary>
    public void Kill()
    {
        Kill(_server);
        _server = null;
    }

    /// <summary>Runs <c>rabbitmqctl</c> on this node.</summary>
    public async Task ControlAsync(params string[] arguments)
    {
        var said = _output.Count;
        using var control = Start(Control, arguments);
        await control.WaitForExitAsync();
        Assert.True(control.ExitCode == 0, $"rabbitmqctl {string.Join(' ', arguments)}:\n{string.Join('\n', _output.Skip(said))}");
    }

    /// <summary>A connection of the test's own, to look at what is on the broker.</summary>
    public Task<IConnection> ConnectAsync() =>
        new ConnectionFactory
        {
            Uri = new Uri(ConnectionString),
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = "test",
        }.CreateConnectionAsync();

    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        OnExit(null, EventArgs.Empty);
        _folder.Delete(recursive: true);
        _starting.Dispose();
        return ValueTask.CompletedTask;
    }

    private void OnExit(object? sender, EventArgs e)
    {
        Kill(_server);
        Kill(_epmd);
        (_server, _epmd) = (null, null);
    }

    private Process Start(string program, string[] arguments)
    {
        var folder = _folder.FullName;
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        var environment = start.Environment;
        environment["HOME"] = folder;
        environment["ERL_EPMD_PORT"] = $"{_ports[1]}";
        environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";
        environment["RABBITMQ_NODENAME"] = $"{_folder.Name}@localhost";
        environment["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        environment["RABBITMQ_NODE_PORT"] = $"{Port}";
        environment["RABBITMQ_DIST_PORT"] = $"{_ports[2]}";
        environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}";
        environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "data");
        environment["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log");
        environment["RABBITMQ_GENERATED_CONFIG_DIR"] = Path.Combine(folder, "config");
        environment["RABBITMQ_PID_FILE"] = Path.Combine(folder, "pid");
        environment["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(folder, "rabbitmq-env.conf");
        environment["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq.conf");
        environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "plugins");
        File.WriteAllText(Path.Combine(folder, "plugins"), $"[{Plugins}].\n");
        File.WriteAllText(
            Path.Combine(folder, "rabbitmq.conf"),
            "disk_free_limit.absolute = 10MB\nlog.console = true\nlog.console.level = warning\nlog.file = false\n" + Configuration
        );
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task WaitAsync(Process server)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Assert.False(server.HasExited, $"RabbitMQ ended while starting:\n{string.Join('\n', _output)}");
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < StartDeadline,
                $"RabbitMQ did not start in {StartDeadline.TotalSeconds} s:\n{string.Join('\n', _output)}"
            );
            try
            {
                await using var connection = await ConnectAsync();
                return;
            }
            catch (BrokerUnreachableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private static void Kill(Process? process)
    {
        if (process is { HasExited: false })
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        process?.Dispose();
    }
}
