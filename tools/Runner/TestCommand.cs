using System.Globalization;
using System.Xml.Linq;

namespace Fabrique.Runner;

/// <summary>All checks of the project as named steps, the same on a laptop and in CI. Every failed step counts as one failure.</summary>
internal sealed class TestCommand(string root, TextWriter output, TimeProvider time)
{
    private static readonly Package[] Needed = [Package.RabbitMq, Package.PostgreSql, Package.Chromium, Package.Npm, Package.Curl];

    /// <summary>The slowest test, with the node that it starts, takes two.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(6);

    private int _passed;
    private int _failed;

    private string Checkers => Path.Combine(root, "artifacts", "tools", "npm");

    private string Buf => Path.Combine(Checkers, "node_modules", ".bin", "buf");

    /// <param name="filter">Only tests whose full name holds this, and no contract checks; null: everything.</param>
    /// <returns>The exit code: 0 when nothing failed.</returns>
    public async Task<int> RunAsync(string? filter, CancellationToken cancel)
    {
        var begin = time.GetTimestamp();
        await StepAsync("distribution packages", () => Packages.EnsureAsync("the tests", Needed, root, output, cancel));
        if (await StepAsync("checkers", () => InstallCheckersAsync(cancel)) && filter is null)
        {
            await StepAsync("contracts lint", () => RequireAsync(Buf, ["lint", "contracts"], cancel));
            await StepAsync("contracts breaking", () =>
                RequireAsync(Buf, ["breaking", "contracts", "--against", "contracts/released.binpb"], cancel)
            );
        }

        if (filter is null)
        {
            await StepAsync("format", () => CheckFormatAsync(cancel));
        }
        if (await StepAsync("build", () => Build.AllAsync(root, output, time, cancel)))
        {
            await StepAsync("tests", () => RunTestsAsync(filter, cancel));
        }

        output.WriteLine($"All steps: {time.GetElapsedTime(begin).TotalSeconds:0.0} s\n{_passed} passed, {_failed} failed");
        return _failed == 0 ? 0 : 1;
    }

    private async Task<bool> StepAsync(string name, Func<Task> step)
    {
        var (begin, failed) = (time.GetTimestamp(), _failed);
        output.WriteLine($"== {name}");
        try
        {
            await step();
            output.WriteLine(
                $"   {name}: {(_failed == failed ? "done in" : "FAILED after")} {time.GetElapsedTime(begin).TotalSeconds:0.0} s"
            );
            return true;
        }
        catch (PlainError error)
        {
            _failed++;
            output.WriteLine($"   {name}: FAILED after {time.GetElapsedTime(begin).TotalSeconds:0.0} s: {error.Message}");
            return false;
        }
    }

    /// <summary>What comes from npm, in the versions that tools/npm names; again only when these changed.</summary>
    private async Task InstallCheckersAsync(CancellationToken cancel)
    {
        var (wanted, installed) = (Path.Combine(root, "tools", "npm", "package.json"), Path.Combine(Checkers, "package.json"));
        if (File.Exists(Buf) && await File.ReadAllTextAsync(wanted, cancel) == await File.ReadAllTextAsync(installed, cancel))
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
            cancel
        );
    }

    /// <summary>White space is nobody's opinion: `dotnet csharpier format .` writes what this asks for.</summary>
    private async Task CheckFormatAsync(CancellationToken cancel)
    {
        await RequireAsync(Shell.Dotnet, ["tool", "restore"], cancel);
        await RequireAsync(Shell.Dotnet, ["csharpier", "check", "."], cancel);
    }

    private async Task RunTestsAsync(string? filter, CancellationToken cancel)
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
        var code = await RunWhileItSaysSomethingAsync(arguments, log, results, cancel);
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
        CancellationToken cancel
    )
    {
        using var silence = new CancellationTokenSource(LongestSilence, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, silence.Token);
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
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
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

    private async Task RequireAsync(string program, IEnumerable<string> arguments, CancellationToken cancel)
    {
        var code = await Shell.RunAsync(program, arguments, root, line => output.WriteLine($"   {line}"), cancel);
        if (code != 0)
        {
            throw new PlainError($"{Path.GetFileName(program)} ended with code {code}");
        }
    }
}
