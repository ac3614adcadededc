using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>What the runner reads and writes: tye.yaml, the run file, the logs.</summary>
[SupportedOSPlatform("linux")]
public sealed class RunnerFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabrique-runner-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_file_of_the_repository_is_read_whole()
    {
        var path = Path.Combine(Checkout.Root(), "tye.yaml");
        var file = TyeFile.Load(path);

        Assert.Equal(
            File.ReadLines(path)
                .Where(line => line.StartsWith("    project: ", StringComparison.Ordinal))
                .Select(line => Path.Combine(Checkout.Root(), line[13..])),
            file.Services.Select(service => service.Project)
        );
        Assert.Equal(("territories", "gateway"), (file.Services[0].Name, file.Services[^1].Name));
        Assert.NotNull(file.ComponentsPath);
        Assert.Equal([new TyeBinding("http", 8080, "http"), new TyeBinding("grpc", 8081, "h2c")], file.Services[^1].Bindings);
        Assert.Equal(["gateway"], file.Services.Where(service => service.IsPublic).Select(service => service.Name));
    }

    [Fact]
    public void An_unknown_key_is_refused_with_its_line_and_name()
    {
        var error = Refused(
            """
            name: fabrique
            services:
              - name: one
                executable: node
                bindngs: []
            """
        );

        Assert.Equal(
            "tye.yaml line 5: unknown key 'bindngs' in a service (known: name, project, executable, args, replicas, env, bindings)",
            error
        );
    }

    [Fact]
    public void Every_error_is_listed_not_only_the_first()
    {
        var errors = Refused(
                """
                name: fabrique
                ingress: []
                extensions:
                  - name: zipkin
                    components-path: .
                services:
                  - name: one
                    project: nowhere.csproj
                    replicas: 17
                  - name: one
                    bindings:
                      - port: 70000
                      - name: grpc
                        protocol: grpc
                  - executable: node
                    env:
                      - name: A
                """
            )
            .Split('\n');

        Assert.Equal(
            [
                "tye.yaml line 2: unknown key 'ingress' in the file (known: name, extensions, services)",
                "tye.yaml line 4: extension 'zipkin' is unknown: only 'dapr' is",
                "tye.yaml line 8: project 'nowhere.csproj' does not exist",
                "tye.yaml line 9: replicas '17' is not a number from 1 to 16",
                "tye.yaml line 10: service 'one' is there twice",
                "tye.yaml line 10: service 'one' needs either 'project' or 'executable'",
                "tye.yaml line 12: port '70000' is not a number from 1 to 65535",
                "tye.yaml line 14: protocol 'grpc' is unknown: 'http' (HTTP/1.1) or 'h2c' (HTTP/2 without TLS)",
                "tye.yaml line 15: 'name' is missing",
                "tye.yaml line 17: 'value' is missing",
            ],
            errors
        );
    }

    [Theory]
    [InlineData("services: [", "not valid YAML")]
    [InlineData("- one", "line 1: the file must be a mapping of name, extensions, services")]
    [InlineData("", "line 1: the file must be a mapping of name, extensions, services")]
    [InlineData("services: one", "'services' must be a list")]
    [InlineData("name: fabrique", "'services' lists no service")]
    [InlineData("services: [{name: sidecar, executable: node}]", "the runner starts")]
    public void A_file_of_another_shape_is_refused(string yaml, string reason) =>
        Assert.Contains(reason, Refused(yaml), StringComparison.Ordinal);

    [Fact]
    public void The_run_file_is_for_its_owner_only()
    {
        Run().Write(_folder.FullName);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(RunFile.PathIn(_folder.FullName)));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(RunFile.Folder(_folder.FullName))
        );
        Assert.Equal("one", RunFile.Read(_folder.FullName)!.Processes.Single().Name);
    }

    [Fact]
    public async Task A_process_that_got_the_pid_of_an_old_one_is_not_killed()
    {
        // This very process under a wrong start time: were it taken for ours, this test would not survive.
        Assert.True(Run(ticksOff: 0).IsRunning);
        Assert.False(Run(ticksOff: 1).IsRunning);
        Assert.Empty(await Run(ticksOff: 1).KillLeftoversAsync(TimeProvider.System));
    }

    [Fact]
    public void Only_one_node_has_a_data_folder()
    {
        using (var first = RunFile.TryLock(_folder.FullName))
        {
            Assert.NotNull(first);
            Assert.Null(RunFile.TryLock(_folder.FullName));
        }

        using var next = RunFile.TryLock(_folder.FullName);
        Assert.NotNull(next);
    }

    [Fact]
    public void A_taken_port_is_refused_with_the_name_of_who_has_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var error = Assert.Throws<PlainError>(() => Ports.RequireFree(IPAddress.Loopback, port, "choose another with --port")).Message;

        Assert.StartsWith($"Port {port} is taken by ", error, StringComparison.Ordinal);
        Assert.EndsWith($"(pid {Environment.ProcessId}): choose another with --port", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://fabrique:s3cret@127.0.0.1:5672", "amqp://fabrique:***@127.0.0.1:5672")]
    [InlineData(
        "cannot reach amqps://u:p@ss@host/vhost, twice amqp://a:b@c",
        "cannot reach amqps://u:***@host/vhost, twice amqp://a:***@c"
    )]
    [InlineData("http://127.0.0.1:8080/a@b", "http://127.0.0.1:8080/a@b")]
    [InlineData("Host=h;Password=s3cret;Port=1, or Pwd = 'two words' there", "Host=h;Password=***;Port=1, or Pwd = *** there")]
    public void Passwords_in_addresses_and_connection_strings_are_masked(string text, string shown) =>
        Assert.Equal(shown, Redaction.Apply(text));

    [Fact]
    public void A_known_secret_reaches_neither_file_nor_console()
    {
        var console = new StringWriter();
        using (var logs = new Logs(_folder.FullName, console, coloured: false, TimeProvider.System))
        {
            logs.Hide(["t0ken", null, ""]);
            logs.Write("one", "my token is t0ken.");
        }

        Assert.EndsWith("one         | my token is ***.\n", console.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("Z my token is ***.\n", File.ReadAllText(Path.Combine(_folder.FullName, "one.log")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_file_starts_anew_at_its_limit_and_three_old_ones_are_kept()
    {
        var path = Path.Combine(_folder.FullName, "one.log");
        using (var file = new RotatingFile(path, limit: 10))
        {
            foreach (var line in new[] { "first 9012", "second 012", "third 9012", "fourth 012", "fifth 9012", "sixth" })
            {
                file.Write(line);
            }
        }

        Assert.Equal(
            ["sixth\n", "fifth 9012\n", "fourth 012\n", "third 9012\n"],
            new[] { path, $"{path}.1", $"{path}.2", $"{path}.3" }.Select(File.ReadAllText)
        );
        Assert.Equal(4, _folder.GetFiles().Length);
    }

    [Fact]
    public void Restarts_wait_longer_each_time_and_begin_again_after_a_stable_minute()
    {
        var backoff = new Backoff();

        var waits = Enumerable.Range(0, 8).Select(_ => backoff.Next(lived: TimeSpan.FromSeconds(59)).TotalSeconds);
        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30], waits);
        Assert.Equal(0.5, backoff.Next(lived: TimeSpan.FromMinutes(1)).TotalSeconds);
        Assert.Equal(1, backoff.Next(lived: TimeSpan.Zero).TotalSeconds);
    }

    private string Refused(string yaml)
    {
        var path = Path.Combine(_folder.FullName, "tye.yaml");
        File.WriteAllText(path, yaml);
        return Assert.Throws<PlainError>(() => TyeFile.Load(path)).Message;
    }

    private static RunFile Run(long ticksOff = 0)
    {
        var ticks = Proc.StartTicks(Environment.ProcessId)!.Value + ticksOff;
        return new RunFile(
            Environment.ProcessId,
            ticks,
            DateTimeOffset.UnixEpoch,
            null,
            null,
            "in-memory",
            "SQLite",
            "embedded",
            [],
            true,
            [
                new RunningProcess(
                    "one",
                    "one",
                    Environment.ProcessId,
                    ticks,
                    DateTimeOffset.UnixEpoch,
                    0,
                    true,
                    null,
                    false,
                    "/health",
                    "token"
                ),
            ]
        );
    }
}
