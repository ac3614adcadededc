using System.Net;
using System.Runtime.Versioning;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>What the runner makes of tye.yaml and the options of <c>up</c>: which processes, with which arguments and variables.</summary>
[SupportedOSPlatform("linux")]
public sealed class RunnerPlanTests : IDisposable
{
    private const string Connection = "Host=127.0.0.1;Port=5432;Username=fabrique;Password=s3cret";

    private static readonly Broker Memory = new("in-memory", "in-memory", null, []);
    private static readonly Broker RabbitMq = new("rabbitmq", "RabbitMQ", "amqp://fabrique:t0p@127.0.0.1:5672", []);
    private static readonly Database Sqlite = new("SQLite", null);
    private static readonly Database PostgreSql = new("PostgreSQL", Connection);
    private static readonly DaprSidecar Embedded = new("embedded");

    private static readonly string[] Practices = ["practices", "practices-2", "practices-3"];

    // Behind the gateway.
    private static readonly string[] Apps =
    [
        .. TyeFile.Load(Path.Combine(Checkout.Root(), "tye.yaml")).Services.Select(service => service.Name).Except(["gateway"]),
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabrique-runner-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Only_services_with_a_database_of_their_own_are_told_the_server()
    {
        var told = Plan(PostgreSql).Processes.Where(process => process.Environment.GetValueOrDefault(Database.Variable) == Connection);

        Assert.Equal(Apps.Except(["portal"]), told.Select(process => process.Name));
        Assert.DoesNotContain(Plan(Sqlite).Processes, process => process.Environment.ContainsKey(Database.Variable));
    }

    [Fact]
    public void The_connection_string_and_its_password_are_secrets() =>
        Assert.Equal([Connection, "s3cret"], Plan(PostgreSql).Secrets.TakeLast(2));

    [Fact]
    public void Replicas_have_names_and_ports_of_their_own_and_everybody_knows_them_all()
    {
        var processes = Plan(PostgreSql, replicas: new() { ["practices"] = 3 }).Processes.ToDictionary(process => process.Name);

        var addresses = Practices.Select(name => processes[name].Address!.GetLeftPart(UriPartial.Authority)).ToList();
        Assert.Equal(3, addresses.Distinct().Count());
        Assert.Equal(
            addresses,
            Enumerable.Range(0, 3).Select(index => processes["gateway"].Environment[$"services__practices__http__{index}"])
        );
        Assert.False(processes["gateway"].Environment.ContainsKey("services__practices__http__3"));
        Assert.Equal(string.Join(';', addresses), processes["sidecar"].Environment["Apps__practices__Address"]);
        // One application: one token, one name in the traces.
        Assert.Single(Practices.Select(name => (processes[name].Token, processes[name].Environment["OTEL_SERVICE_NAME"])).Distinct());
        Assert.Equal(
            processes["practices-3"].Address!.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            processes["practices-3"].Environment["PORT"]
        );
    }

    [Fact]
    public void Replicas_that_would_share_a_database_file_are_refused()
    {
        var node = Node(new() { ["practices"] = 2 });

        Assert.StartsWith(
            "practices has 2 replicas, and SQLite serves one process alone: ",
            Assert.Throws<PlainError>(() => node.RequireShared(Sqlite)).Message,
            StringComparison.Ordinal
        );
        node.RequireShared(PostgreSql);
        Node(new() { ["portal"] = 2 }).RequireShared(Sqlite);
    }

    [Theory]
    [InlineData("gateway", "--replicas gateway: a service with a fixed port is one process")]
    [InlineData("practises", "--replicas practises: there is no such service, but territories, practices, ")]
    public void Replicas_of_what_cannot_have_them_are_refused(string service, string error) =>
        Assert.StartsWith(error, Assert.Throws<PlainError>(() => Node(new() { [service] = 2 })).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_application_has_its_own_daprd_with_the_same_components_and_all_of_it_on_loopback()
    {
        var path = Path.Combine(_folder.FullName, "run", "dapr.yaml");
        var plan = Plan(PostgreSql, new DaprSidecar("daprd", "/usr/bin/daprd", path), RabbitMq, new() { ["practices"] = 2 });
        var daprds = plan.Processes.Where(process => process.Stage == Stage.Sidecar).ToDictionary(process => process.Name);
        var services = plan.Processes.ToDictionary(process => process.Name);

        Assert.Equal(Apps.Append("practices-2").Select(app => $"daprd-{app}").Order(), daprds.Keys.Order());
        foreach (var (name, daprd) in daprds)
        {
            var app = services[name["daprd-".Length..]];
            string Argument(string option) => daprd.Arguments[daprd.Arguments.ToList().IndexOf(option) + 1];
            Assert.Equal("/usr/bin/daprd", daprd.FileName);
            Assert.Equal(name.StartsWith("daprd-practices", StringComparison.Ordinal) ? "practices" : app.Name, Argument("--app-id"));
            Assert.Equal(
                (app.Address!.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "h2c"),
                (Argument("--app-port"), Argument("--app-protocol"))
            );
            Assert.EndsWith("services/sidecar/components/rabbitmq", Argument("--resources-path"), StringComparison.Ordinal);
            Assert.Equal(path, Argument("--config"));
            Assert.All(["--dapr-listen-addresses", "--dapr-internal-grpc-listen-address", "--app-channel-address"], option =>
                Assert.Equal("127.0.0.1", Argument(option))
            );
            Assert.Contains("--enable-metrics=false", daprd.Arguments);
            Assert.Equal(app.Environment["DAPR_HTTP_ENDPOINT"], $"http://127.0.0.1:{Argument("--dapr-http-port")}");
            Assert.Equal(app.Environment["DAPR_GRPC_ENDPOINT"], $"http://127.0.0.1:{Argument("--dapr-grpc-port")}");
            Assert.Equal(app.Environment["DAPR_HTTP_ENDPOINT"], daprd.Address!.GetLeftPart(UriPartial.Authority));
            Assert.Equal(
                (app.Token, app.Environment["APP_API_TOKEN"]),
                (daprd.Environment["DAPR_API_TOKEN"], daprd.Environment["APP_API_TOKEN"])
            );
            Assert.Equal((RabbitMq.ConnectionString, "127.0.0.1"), (daprd.Environment[Broker.Variable], daprd.Environment["DAPR_HOST_IP"]));
            Assert.False(daprd.Environment.ContainsKey(Database.Variable));
            // No argument is a secret: others can read them.
            Assert.DoesNotContain(daprd.Arguments, argument =>
                plan.Secrets.Where(secret => secret.Length > 0).Any(secret => argument.Contains(secret, StringComparison.Ordinal))
            );
        }

        var ports = daprds
            .Values.SelectMany(daprd =>
                daprd.Arguments.Where(
                    (_, index) =>
                        index > 0 && daprd.Arguments[index - 1] is "--dapr-http-port" or "--dapr-grpc-port" or "--dapr-internal-grpc-port"
                )
            )
            .ToList();
        Assert.Equal((3 * daprds.Count, 3 * daprds.Count), (ports.Count, ports.Distinct().Count()));
    }

    [Fact]
    public void daprd_is_taken_where_it_is_on_the_path_and_can_deliver()
    {
        RunFile.PrivateFolder(RunFile.Folder(_folder.FullName));
        var bin = _folder.CreateSubdirectory("bin");
        DaprSidecar Choose(string? asked, Broker broker) => DaprSidecar.Choose(asked, broker, _folder.FullName, bin.FullName);

        Assert.Equal("embedded", Choose(null, RabbitMq).Description);
        Assert.StartsWith(
            "--sidecar daprd: daprd is not on the path",
            Assert.Throws<PlainError>(() => Choose("daprd", RabbitMq)).Message,
            StringComparison.Ordinal
        );

        var program = Path.Combine(bin.FullName, "daprd");
        File.WriteAllText(program, "");
        Assert.Equal(
            (program, Path.Combine(_folder.FullName, "run", "dapr.yaml")),
            (Choose(null, RabbitMq).Daprd, Choose(null, RabbitMq).Configuration)
        );
        Assert.Contains(
            $"connectionString: \"{_folder.FullName}/run/dapr-names.db\"",
            File.ReadAllText(Choose("daprd", RabbitMq).Configuration),
            StringComparison.Ordinal
        );
        Assert.Null(Choose("embedded", RabbitMq).Daprd);
        Assert.Equal(new DaprSidecar("embedded (daprd needs RabbitMQ)"), Choose(null, Memory));
        Assert.StartsWith(
            "--sidecar daprd: daprd needs RabbitMQ",
            Assert.Throws<PlainError>(() => Choose("daprd", Memory)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void No_port_is_given_twice_while_a_runner_lives()
    {
        var ports = Ports.Free(50);

        Assert.Equal(50, ports.Distinct().Count());
        // Nobody listens on it yet, and another runner's draw would still meet this.
        Assert.Throws<IOException>(() =>
            File.Open(Path.Combine(Ports.Folder, $"{ports[0]}"), FileMode.Open, FileAccess.ReadWrite, FileShare.None)
        );
    }

    private NodePlan Plan(
        Database database,
        DaprSidecar? sidecar = null,
        Broker? broker = null,
        Dictionary<string, int>? replicas = null
    ) => Node(replicas ?? []).Plan(broker ?? Memory, database, sidecar ?? Embedded);

    private Node Node(Dictionary<string, int> replicas) =>
        new(
            TyeFile.Load(Path.Combine(Checkout.Root(), "tye.yaml")).With(replicas),
            Checkout.Root(),
            _folder.FullName,
            IPAddress.Loopback,
            0
        );
}
