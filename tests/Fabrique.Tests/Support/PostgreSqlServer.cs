using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Fabrique.Runner;
using Npgsql;

[assembly: AssemblyFixture(typeof(Fabrique.Tests.PostgreSqlServer))]

namespace Fabrique.Tests;

/// <summary>
/// A PostgreSQL server of its own for the tests: the distribution's programs on a free loopback port, with its own data folder and
/// passwords, so that it meets no other. It starts when a test first asks for it; tests that stop or kill it make one for themselves.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(90);

    private readonly SemaphoreSlim _starting = new(1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabrique-postgresql-");
    private readonly ConcurrentQueue<string> _output = new();
    private readonly string _password = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private readonly int _port = Ports.Free();
    private Process? _server;

    public PostgreSqlServer()
    {
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>
    /// True: what was committed outlives a kill of the machine, too, as on a real server. False: faster, and enough to outlive a kill of
    /// the server.
    /// </summary>
    public bool Durable { get; init; }

    /// <summary>An ordinary user that may create databases, as an administrator gives it to a node.</summary>
    public string ConnectionString => Connection("fabrique").ToString();

    /// <summary>A superuser in the database <c>postgres</c>.</summary>
    public string AdminConnectionString =>
        new NpgsqlConnectionStringBuilder(Connection("postgres").ToString()) { Database = "postgres" }.ToString();

    private string Data => Path.Combine(_folder.FullName, "data");

    /// <summary>Starts the server unless it runs, waits until it accepts connections, and gives its connection string.</summary>
    public async Task<string> StartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_server is null)
            {
                var isNew = !Directory.Exists(Data);
                if (isNew)
                {
                    await InitializeAsync();
                }

                _server = Start(Program("postgres"), ["-D", Data]);
                await WaitAsync();
                if (isNew)
                {
                    await ExecuteAsync($"CREATE ROLE fabrique LOGIN CREATEDB PASSWORD '{_password}'");
                }
            }

            return ConnectionString;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>
    /// Starts the server unless it runs, and gives a connection string whose databases (<c>{Database}_{service}</c>) are the caller's
    /// alone.
    /// </summary>
    public async Task<string> StartForAsync(string caller)
    {
        await StartAsync();
        var database = $"{caller.ToLowerInvariant()}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database }.ToString();
    }

    /// <summary>Stops the server as an administrator would: its clients' connections end, its data folder stays.</summary>
    public async Task StopAsync()
    {
        await RunAsync(Program("pg_ctl"), ["-D", Data, "-m", "fast", "-w", "stop"]);
        Kill();
    }

    /// <summary>Kills the server as a power cut would; its data folder stays.</summary>
    public void Kill()
    {
        if (_server is { HasExited: false })
        {
            _server.Kill(entireProcessTree: true);
            _server.WaitForExit();
        }

        _server?.Dispose();
        _server = null;
    }

    /// <summary>Runs a statement as superuser.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(AdminConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        Kill();
        _folder.Delete(recursive: true);
        _starting.Dispose();
        return ValueTask.CompletedTask;
    }

    private void OnExit(object? sender, EventArgs e) => Kill();

    private NpgsqlConnectionStringBuilder Connection(string user) =>
        new()
        {
            Host = "127.0.0.1",
            Port = _port,
            Username = user,
            Password = _password,
        };

    private async Task InitializeAsync()
    {
        var password = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(password, _password);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", ["-R", "postgres:", _folder.FullName], asIs: true);
        }

        await RunAsync(
            Program("initdb"),
            [
                "-D",
                Data,
                "-U",
                "postgres",
                "--pwfile",
                password,
                "--auth",
                "scram-sha-256",
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
                "--no-sync",
            ]
        );
        await File.AppendAllTextAsync(
            Path.Combine(Data, "postgresql.conf"),
            $"""

            listen_addresses = '127.0.0.1'
            port = {_port}
            unix_socket_directories = ''
            max_connections = 300
            shared_buffers = 64MB
            fsync = {(Durable ? "on" : "off")}
            full_page_writes = {(Durable ? "on" : "off")}

            """
        );
    }

    private async Task WaitAsync()
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (_server!.HasExited && _output.Any(line => line.Contains("is still in use", StringComparison.Ordinal)))
            {
                // The last of its killed predecessor's processes is still ending.
                _output.Clear();
                _server = Start(Program("postgres"), ["-D", Data]);
            }

            Assert.False(_server.HasExited, $"PostgreSQL ended while starting:\n{string.Join('\n', _output)}");
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < StartDeadline,
                $"PostgreSQL did not start in {StartDeadline.TotalSeconds} s:\n{string.Join('\n', _output)}"
            );
            try
            {
                await ExecuteAsync("SELECT 1");
                return;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private async Task RunAsync(string program, string[] arguments, bool asIs = false)
    {
        using var process = Start(program, arguments, asIs);
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} failed:\n{string.Join('\n', _output)}");
    }

    /// <summary>
    /// Starts a program; as <c>postgres</c> when this is root, whom PostgreSQL refuses, unless it is to be run <paramref name="asIs"/>.
    /// </summary>
    private Process Start(string program, string[] arguments, bool asIs = false)
    {
        var isRoot = Environment.IsPrivilegedProcess && !asIs;
        var start = isRoot
            ? new ProcessStartInfo("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, _folder.FullName);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static string Program(string name)
    {
        var folder = Database.ServerFolder();
        Assert.True(folder is not null, "PostgreSQL is not installed: ./fabrique test installs it");
        return Path.Combine(folder, name);
    }
}
