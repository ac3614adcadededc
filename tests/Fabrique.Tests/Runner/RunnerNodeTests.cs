using System.Diagnostics;
using System.Text;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>The runner as a program, over small processes that answer <c>/health</c> and say when they are stopped.</summary>
public sealed class RunnerNodeTests : IAsyncLifetime
{
    // What a stub says of itself until it is healthy, one page after the other, a second each; the last again and again when it is "stuck".
    private const string Stub = """
        const http = require('http'), name = process.argv[2], pages = (process.argv[3] || '').split(' '), begin = Date.now();
        console.log(name, 'has token', process.env.DAPR_API_TOKEN);
        http.createServer((request, response) => {
          const page = pages[Math.min(pages.length - 1, Math.floor((Date.now() - begin) / 1000))];
          response.statusCode = page ? 503 : 200;
          response.end(page || 'fine');
        }).listen(process.env.PORT, '127.0.0.1');
        process.on('SIGTERM', () => setTimeout(() => { console.log(name, 'stops'); process.exit(0); }, 50));
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabrique-runner-");

    private string Data => Path.Combine(_folder.FullName, "data");

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "stub.js"), Stub);
        await DescribeAsync("");
    }

    private Task DescribeAsync(string pages) =>
        File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "tye.yaml"),
            $"""
            name: stubs
            services:
              - name: back
                executable: node
                args: [ "{_folder.FullName}/stub.js", back, "{pages}" ]
                bindings:
                  - protocol: http
              - name: front
                executable: node
                args: [ "{_folder.FullName}/stub.js", front ]
                bindings:
                  - port: 8080
                    protocol: http
            """
        );

    public async ValueTask DisposeAsync()
    {
        await RunAsync("down", "--data", Data);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_killed_process_comes_back_at_its_address_with_its_token()
    {
        using var runner = Start("up", "--port", "0");
        var before = (await UntilAsync(state => state.Ready)).Processes.Single(process => process.Name == "back");

        Proc.Kill(before.Pid);

        var after = (
            await UntilAsync(state => state.Processes.Any(process => process.Name == "back" && process.Restarts == 1))
        ).Processes.Single(process => process.Name == "back");
        Assert.NotEqual(before.Pid, after.Pid);
        Assert.Equal((before.Address, before.Token), (after.Address, after.Token));
        await EventuallyAsync(
            () => Probe.AskAsync(new Uri(after.Address!), false, after.HealthPage, Deadline()),
            health => health.IsHealthy
        );
        var log = await File.ReadAllTextAsync(Path.Combine(Data, "logs", "runner.log"), Deadline());
        Assert.Contains("back was ended by signal 9; it starts again in 0.5 s", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_SIGTERM_the_public_process_stops_first_and_nothing_is_left()
    {
        using var runner = Start("up", "--port", "0");
        var state = await UntilAsync(state => state.Ready);

        Proc.Terminate(runner.Id);
        await runner.WaitForExitAsync(Deadline());

        Assert.Equal(0, runner.ExitCode);
        Assert.All(state.Processes, process => Assert.False(Proc.IsAlive(process.Pid, process.StartTicks)));
        Assert.Null(RunFile.Read(Data));
        var logs = (await RunAsync("logs", "--data", Data)).Output;
        Assert.InRange(
            logs.IndexOf("back stops", StringComparison.Ordinal),
            logs.IndexOf("front stops", StringComparison.Ordinal) + 1,
            int.MaxValue
        );
    }

    [Fact]
    public async Task A_runner_killed_outright_leaves_no_process_behind()
    {
        using var runner = Start("up", "--port", "0");
        var state = await UntilAsync(state => state.Ready);

        Proc.Kill(runner.Id);
        await runner.WaitForExitAsync(Deadline());
        // With setpriv the kernel tells the processes; down finds them in any case.
        Assert.Equal(0, (await RunAsync("down", "--data", Data)).Code);

        Assert.All(state.Processes, process => Assert.Empty(Proc.Family(process.Pid, process.StartTicks)));
    }

    [Fact]
    public async Task A_detached_node_answers_status_logs_and_a_second_up_until_it_is_stopped()
    {
        var up = await RunAsync("up", "--detach", "--port", "0", "--broker", "memory");
        Assert.Equal(0, up.Code);
        var address = RunFile.Read(Data)!.Address!;
        Assert.Contains(address, up.Output, StringComparison.Ordinal);

        var status = await RunAsync("status", "--data", Data);
        Assert.Equal(0, status.Code);
        Assert.Contains(address, status.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^back +\d+  http://127\.0\.0\.1:\d+ +healthy +[1-9]\d* MiB +[1-9]\d* MiB +0 ", status.Output);

        var logs = await RunAsync("logs", "front", "--data", Data);
        Assert.Contains("front has token ***", logs.Output, StringComparison.Ordinal);

        var second = await RunAsync("up", "--broker", "memory");
        Assert.Equal((0, $"The node of {Data} already runs at {address}\n"), (second.Code, second.Output));

        Assert.Equal((0, "Stopped\n"), await RunAsync("down", "--data", Data));
        Assert.Equal(1, (await RunAsync("status", "--data", Data)).Code);
    }

    [Fact]
    public async Task A_slow_service_is_waited_for_as_long_as_it_tells_how_far_it_is()
    {
        await DescribeAsync(string.Join(' ', Enumerable.Range(1, 12).Select(indexed => $"{indexed}/12")) + " ");

        var up = await RunAsync("up", "--detach", "--port", "0", "--patience", "5");

        Assert.True(up.Code == 0, up.Output);
        Assert.True(RunFile.Read(Data)!.Processes.All(process => process is { Healthy: true, Stalled: null }));
    }

    [Fact]
    public async Task A_service_that_makes_no_progress_is_given_up_by_name_with_what_it_said_last()
    {
        await DescribeAsync("waits");

        var up = await RunAsync("up", "--detach", "--port", "0", "--patience", "3");

        Assert.Equal(1, up.Code);
        Assert.Contains(
            "fabrique: back is not healthy and makes no progress: answers 503; back has token ***. The node keeps trying: './fabrique logs back'",
            up.Output,
            StringComparison.Ordinal
        );
        Assert.True(RunFile.Read(Data)!.IsRunning);
    }

    [Theory]
    [InlineData("amqp://guest:s3cret@127.0.0.1:1", "fabrique: The broker amqp://guest:***@127.0.0.1:1 cannot be reached: ")]
    [InlineData("rabbit", "fabrique: --broker 'rabbit' is neither 'memory' nor an address like ")]
    public async Task A_broker_that_is_none_is_refused_in_one_line(string broker, string error)
    {
        var up = await RunAsync("up", "--port", "0", "--broker", broker);

        Assert.Equal(1, up.Code);
        Assert.StartsWith(error, up.Output, StringComparison.Ordinal);
        Assert.Single(up.Output.TrimEnd().Split('\n'));
    }

    private Process Start(string command, params string[] arguments)
    {
        string[] where = command == "up" ? ["--file", Path.Combine(_folder.FullName, "tye.yaml"), "--data", Data] : [];
        string[] broker = command == "up" && !arguments.Contains("--broker") ? ["--broker", "memory"] : [];
        return Process.Start(
            new ProcessStartInfo(
                Shell.Dotnet,
                [Path.Combine(AppContext.BaseDirectory, "Fabrique.Runner.dll"), command, .. where, .. broker, .. arguments]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
    }

    private async Task<(int Code, string Output)> RunAsync(string command, params string[] arguments)
    {
        using var process = Start(command, arguments);
        var output = new StringBuilder();
        output.Append(await process.StandardOutput.ReadToEndAsync(Deadline()));
        output.Append(await process.StandardError.ReadToEndAsync(Deadline()));
        await process.WaitForExitAsync(Deadline());
        return (process.ExitCode, output.ToString());
    }

    private async Task<RunFile> UntilAsync(Func<RunFile, bool> condition) =>
        (await EventuallyAsync(() => Task.FromResult(RunFile.Read(Data)), state => state is not null && condition(state)))!;

    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> read, Func<T, bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var deadline = Deadline();
        while (true)
        {
            var value = await read();
            if (condition(value))
            {
                return value;
            }

            await timer.WaitForNextTickAsync(deadline);
        }
    }

    private static CancellationToken Deadline() => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
}
