using System.Data.Common;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fabrique.Runner;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Fabrique.Tests;

/// <summary>A whole node, started by the runner as anybody starts it, in a data folder of its own and on free ports.</summary>
public abstract class WholeNode(params string[] options) : IAsyncLifetime
{
    private static readonly string Root = Checkout.Root();

    public string Data { get; } = Directory.CreateTempSubdirectory("fabrique-node-").FullName;

    public Uri Address { get; protected set; } = new("http://localhost");

    public Uri GrpcAddress { get; private set; } = new("http://localhost");

    /// <summary>Of the gateway; 0 for any that is free.</summary>
    protected virtual int Port => 0;

    /// <summary>Variables that the node is started with, beside those of the tests.</summary>
    protected virtual IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>();

    public virtual async ValueTask InitializeAsync()
    {
        await DirectoryFile.CopyToAsync(Data, demonstration: options.Contains("--demo"));
        await RunAsync("up", ["--detach", "--port", $"{Port}", .. options]);
        Address = new Uri((string)RunFile()["address"]!);
        GrpcAddress = new Uri((string)RunFile()["grpcAddress"]!);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await RunAsync("down");
        Directory.Delete(Data, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>A client of the gateway; if a territory is named, with a token of it, and the territory is a member.</summary>
    public async Task<HttpClient> HttpAsync(string? territory = null)
    {
        if (territory is not null)
        {
            await this.JoinAsync(territory);
        }
        return new()
        {
            BaseAddress = Address,
            DefaultRequestHeaders =
            {
                Authorization = territory is null ? null : new AuthenticationHeaderValue("Bearer", await TokenAsync(territory)),
            },
        };
    }

    public async Task<string> TokenAsync(string territory) =>
        (await RunAsync("token", "--territory", territory, "--role", "delegate")).Trim();

    /// <summary>What the runner knows of its processes.</summary>
    public JsonNode RunFile() => JsonNode.Parse(File.ReadAllText(Path.Combine(Data, "run", "node.json")))!;

    /// <summary>The names of its processes, without the broker's.</summary>
    public IEnumerable<string> Processes =>
        RunFile()["processes"]!.AsArray().Select(process => (string)process!["name"]!).Except(["epmd", "rabbitmq"]);

    /// <summary>Kills a process as the kernel would for want of memory.</summary>
    public void Kill(string name)
    {
        using var process = Process.GetProcessById((int)Running(name)["pid"]!);
        process.Kill();
    }

    /// <summary>A process neither works nor ends until what this gives is disposed of: as on a machine that swaps.</summary>
    public IDisposable Freeze(string name)
    {
        var pid = $"{Running(name)["pid"]}";
        Signal("-STOP");
        return new Thaw(() => Signal("-CONT"));

        void Signal(string signal)
        {
            using var kill = Process.Start("kill", [signal, pid]);
            kill.WaitForExit();
        }
    }

    /// <summary>The health of one process, with its figures.</summary>
    public async Task<JsonNode> HealthAsync(string name)
    {
        var process = Running(name);
        using var http = new HttpClient
        {
            DefaultRequestVersion = (bool)process["http2"]! ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await http.GetAsync(new Uri($"{process["address"]}/health"), TestContext.Current.CancellationToken);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>What the runner knows of one of its processes.</summary>
    public JsonNode Running(string name) => RunFile()["processes"]!.AsArray().Single(process => (string?)process!["name"] == name)!;

    /// <summary>Reads a service's own database beside it.</summary>
    public async Task<List<string>> ReadAsync(string service, string sql)
    {
        await using var connection = Connection(service);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var rows = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await rows.ReadAsync())
        {
            values.Add(rows.GetValue(0).ToString()!);
        }
        return values;
    }

    /// <summary>A connection to the database of a service.</summary>
    private DbConnection Connection(string service)
    {
        if (!Environment.TryGetValue(ServiceDatabase.Variable, out var server))
        {
            return new SqliteConnection($"Data Source={Path.Combine(Data, service)}.db;Mode=ReadOnly;Pooling=False");
        }
        var own = new NpgsqlConnectionStringBuilder(server) { Pooling = false };
        own.Database = $"{own.Database ?? "fabrique"}_{service}";
        return new NpgsqlConnection(own.ConnectionString);
    }

    /// <summary>Runs <c>./fabrique</c> on this node's data folder and gives what it said.</summary>
    public async Task<string> RunAsync(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Root, "fabrique"), command, "--data", Data, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }
        using var process = System.Diagnostics.Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"fabrique {command}: {await output}{await error}");
    }

    /// <summary>
    /// Asks again until the answer is the one expected, or the time is over. The time is what passes between an answer and the next
    /// question: a machine that is busy answers late, and is asked as often as one that is not.
    /// </summary>
    public static async Task EventuallyAsync<T>(T expected, Func<Task<T>> ask, TimeSpan limit)
    {
        var pause = TimeSpan.FromMilliseconds(50);
        for (var waited = TimeSpan.Zero; ; waited += pause)
        {
            T? answer = default;
            try
            {
                answer = await ask();
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && waited < limit)
            {
                // A process is on its way back.
            }
            if (Equals(expected, answer) || waited >= limit)
            {
                Assert.Equal(expected, answer);
                return;
            }
            await Task.Delay(pause, TestContext.Current.CancellationToken);
        }
    }

    private sealed class Thaw(Action thaw) : IDisposable
    {
        public void Dispose() => thaw();
    }
}

/// <summary>A node that is called by a host name, as passkeys ask for, with ProConnect beside it.</summary>
public sealed class NodeWithProConnect : WholeNode
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly int _port;

    public NodeWithProConnect()
        : this(FreePort()) { }

    private NodeWithProConnect(int port)
        : base("--broker", "memory", "--address", $"http://localhost:{port}") => _port = port;

    public FakeProvider ProConnect { get; private set; } = null!;

    protected override int Port => _port;

    protected override IReadOnlyDictionary<string, string> Environment => _environment;

    public override async ValueTask InitializeAsync()
    {
        ProConnect = await FakeProvider.StartAsync(proConnect: true);
        foreach (
            var (setting, value) in new[]
            {
                ("Name", "ProConnect"),
                ("Kind", "proconnect"),
                ("Authority", ProConnect.Issuer),
                ("ClientId", FakeProvider.ClientId),
                ("ClientSecret", FakeProvider.Secret),
            }
        )
        {
            _environment[$"Identity__Providers__proconnect__{setting}"] = value;
        }
        await base.InitializeAsync();
        Address = new Uri($"http://localhost:{_port}");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await ProConnect.DisposeAsync();
    }

    // The address is part of what the node is told, so the port has to be known before. The next one is for gRPC.
    private static int FreePort()
    {
        for (; ; )
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var next = new TcpListener(IPAddress.Loopback, port + 1);
                next.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody else's: another pair.
            }
        }
    }
}

public sealed class NodeInMemory() : WholeNode("--broker", "memory");

/// <summary>A node that also knows territories that were invented.</summary>
public sealed class NodeWithInventedTowns() : WholeNode("--broker", "memory", "--demo");

public sealed class NodeOnRabbitMq() : WholeNode();

/// <summary>As in a town that grew: two processes of each service that keeps records, on one PostgreSQL.</summary>
public sealed class NodeOnPostgreSql(PostgreSqlServer server) : WholeNode("--replicas", "practices=2", "--replicas", "territories=2")
{
    private NpgsqlConnectionStringBuilder _server = [];

    /// <summary>Connection string of the server.</summary>
    public string Server => _server.ConnectionString;

    protected override IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { [ServiceDatabase.Variable] = Server };

    public override async ValueTask InitializeAsync()
    {
        _server = new NpgsqlConnectionStringBuilder(await server.StartForAsync("node"));
        await base.InitializeAsync();
    }
}
