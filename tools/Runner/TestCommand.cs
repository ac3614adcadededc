using System.CommandLine;
using System.Globalization;
using System.Xml.Linq;

namespace Fabrique.Runner;

/// <summary>All checks of the project as named steps, the same on a laptop and in CI. Every failed step counts as one failure.</summary>
internal sealed class TestCommand(string root, TextWriter output, TimeProvider clock)
{
    private static readonly Package[] Needed = [Package.RabbitMq, Package.PostgreSql, Package.Chromium, Package.Npm, Package.Curl];

    /// <summary>The slowest test, with the node that it starts, takes two.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(6);

    private int _passed;
    private int _failed;

    private string Checkers => Path.Combine(root, "artifacts", "tools", "npm");

    private string Buf => Path.Combine(Checkers, "node_modules", ".bin", "buf");

    /// <summary>The command <c>test</c>.</summary>
    public static Command Define(string root, TextWriter output, TimeProvider clock, CancellationToken stop)
    {
        var filter = new Option<string?>("--filter")
        {
            Description = "Only the tests whose full name holds this text; the contract checks are left out",
        };
        var test = new Command("test", "Install what the tests need, check the contracts, build, and run all tests") { filter };
        test.SetAction((result, _) => new TestCommand(root, output, clock).RunAsync(result.GetValue(filter), stop));
        return test;
    }

    /// <param name="filter">Only tests whose full name holds this, and no contract checks; null: everything.</param>
    /// <returns>The exit code: 0 when nothing failed.</returns>
    public async Task<int> RunAsync(string? filter, CancellationToken cancellation)
    {
        var begin = clock.GetTimestamp();
        await StepAsync("distribution packages", () => Packages.EnsureAsync("the tests", Needed, root, output, cancellation));
        if (await StepAsync("checkers", () => InstallCheckersAsync(cancellation)) && filter is null)
        {
            await StepAsync("contracts lint", () => RequireAsync(Buf, ["lint", "contracts"], cancellation));
            await StepAsync("contracts breaking", () =>
                RequireAsync(Buf, ["breaking", "contracts", "--against", "contracts/released.binpb"], cancellation)
            );
        }
        if (filter is null)
        {
            await StepAsync("format", () => CheckFormatAsync(cancellation));
        }
        if (await StepAsync("build", () => Build.AllAsync(root, output, clock, cancellation)))
        {
            await StepAsync("tests", () => RunTestsAsync(filter, cancellation));
        }
        output.WriteLine($"All steps: {clock.GetElapsedTime(begin).TotalSeconds:0.0} s\n{_passed} passed, {_failed} failed");
        return _failed == 0 ? 0 : 1;
    }

    private async Task<bool> StepAsync(string name, Func<Task> step)
    {
        var (begin, failed) = (clock.GetTimestamp(), _failed);
        output.WriteLine($"== {name}");
        try
        {
            await step();
            output.WriteLine(
                $"   {name}: {(_failed == failed ? "done in" : "FAILED after")} {clock.GetElapsedTime(begin).TotalSeconds:0.0} s"
            );
            return true;
        }
        catch (PlainError error)
        {
            _failed++;
            output.WriteLine($"   {name}: FAILED after {clock.GetElapsedTime(begin).TotalSeconds:0.0} s: {error.Message}");
            return false;
        }
    }

    /// <summary>What comes from npm, in the versions that tools/npm names; again only when these changed.</summary>
    private async Task InstallCheckersAsync(CancellationToken cancellation)
    {
        var (wanted, installed) = (Path.Combine(root, "tools", "npm", "package.json"), Path.Combine(Checkers, "package.json"));
        if (File.Exists(Buf) && await File.ReadAllTextAsync(wanted, cancellation) == await File.ReadAllTextAsync(installed, cancellation))
        {
            return;
        }
        Directory.CreateDirectory(Checkers);
        File.Copy(wanted, installed, overwrite: true);
        await RequireAsync(
            "npm",
            [
                "install",
                "--prefer-offline",
                "--no-package-lock",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel",
                "error",
                "--prefix",
                Checkers,
            ],
            cancellation
        );
    }

    /// <summary>White space is nobody's opinion: `dotnet csharpier format .` writes what this asks for.</summary>
    private async Task CheckFormatAsync(CancellationToken cancellation)
    {
        await RequireAsync(Shell.Dotnet, ["tool", "restore"], cancellation);
        await RequireAsync(Shell.Dotnet, ["csharpier", "check", "."], cancellation);
    }

    private async Task RunTestsAsync(string? filter, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "artifacts", "test-results")).FullName;
        await using var log = new StreamWriter(Path.Combine(folder, "tests.log"));
        File.Delete(Path.Combine(folder, "tests.trx"));
        var results = new TestResults(output);
        // More at a time than there are processors: those that stop a broker mostly wait.
        string[] arguments =
        [
            Build.Assembly(root, Path.Combine(root, "tests", "Tests.csproj")),
            "-noLogo",
            "-noColor",
            "-reporter",
            "json",
            "-longRunning",
            "60",
            "-maxThreads",
            "1.5x",
            "-trx",
            Path.Combine(folder, "tests.trx"),
            .. filter is not null ? ["-method", $"*{filter}*"]
            // Suites that say of PostgreSQL what others say of it already, and what they say of SQLite themselves.
            : Environment.GetEnvironmentVariable("FABRIQUE_TEST_DATABASES") != "all" ? ["-trait-", "Databases=all"]
            : Array.Empty<string>(),
        ];
        var code = await RunWhileItSaysSomethingAsync(arguments, log, results, cancellation);
        // The count is that of the written results: the live messages share the console with what the services under test say.
        var (passed, failed) = Counted(Path.Combine(folder, "tests.trx"));
        (_passed, _failed) = (_passed + passed, _failed + failed);
        output.WriteLine($"   {passed} passed, {failed} failed; see {folder}");
        if (passed + failed == 0)
        {
            throw new PlainError(filter is null || code != 0 ? $"no test ran (exit code {code})" : $"no test has '{filter}' in its name");
        }
        if (code != 0 && failed == 0)
        {
            throw new PlainError($"the test program ended with code {code}");
        }
    }

    /// <exception cref="PlainError">One hangs: those that had begun are named.</exception>
    private async Task<int> RunWhileItSaysSomethingAsync(
        string[] arguments,
        StreamWriter log,
        TestResults results,
        CancellationToken cancellation
    )
    {
        using var silence = new CancellationTokenSource(LongestSilence, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        try
        {
            return await Shell.RunAsync(
                Shell.Dotnet,
                arguments,
                root,
                line =>
                {
                    log.WriteLine(line);
                    if (results.Take(line))
                    {
                        silence.CancelAfter(LongestSilence);
                    }
                },
                stop.Token
            );
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PlainError(
                $"no test began or ended for {LongestSilence.TotalMinutes} minutes; under way: {string.Join(", ", results.Running)}"
            );
        }
    }

    private static (int Passed, int Failed) Counted(string results)
    {
        var counters = File.Exists(results)
            ? XDocument.Load(results).Descendants().First(element => element.Name.LocalName == "Counters")
            : null;
        int Count(string name) => int.Parse(counters?.Attribute(name)?.Value ?? "0", CultureInfo.InvariantCulture);
        return (Count("passed"), Count("failed") + Count("error") + Count("aborted") + Count("timeout"));
    }

    private async Task RequireAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var code = await Shell.RunAsync(program, arguments, root, line => output.WriteLine($"   {line}"), cancellation);
        if (code != 0)
        {
            throw new PlainError($"{Path.GetFileName(program)} ended with code {code}");
        }
    }
}
