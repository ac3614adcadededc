using System.Diagnostics;
using System.Runtime.Versioning;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>
/// The script <c>fabrique</c> builds the runner again when something changed that it is made of; here over a copy of the checkout's shape.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class LauncherTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("fabrique-launcher-");

    public LauncherTests()
    {
        var runner = Path.Combine(Checkout.Root(), "tools", "Runner", "Runner.csproj");
        foreach (var project in Build.Closure([runner]))
        {
            Copy(project);
        }
        foreach (
            var file in new[]
            {
                "fabrique",
                "services/Directory.Build.targets",
                "global.json",
                "Directory.Build.props",
                "Directory.Packages.props",
            }
        )
        {
            Copy(Path.Combine(Checkout.Root(), file));
        }
        foreach (
            var file in new[] { "contracts/rights.json", "contracts/Grant.cs", "languages/en/common.po", "services/storage/a/Deep.cs" }
        )
        {
            Write(file, "");
        }
        // Says what it was asked, instead of doing it.
        Write("bin/dotnet", "#!/bin/sh\necho \"$@\" >> \"$(dirname \"$0\")/asked\"\n");
        File.SetUnixFileMode(Path.Combine(_root.FullName, "bin", "dotnet"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Write("artifacts/bin/Runner/release/Fabrique.Runner.dll", "");
        Age(TimeSpan.FromHours(-1));
        Write("artifacts/runner.stamp", "");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_runner_that_is_up_to_date_is_not_built() =>
        Assert.DoesNotContain("build", await RunAsync(), StringComparison.Ordinal);

    [Theory]
    [InlineData("tools/Runner/Runner.csproj")]
    [InlineData("contracts/rights.json")]
    [InlineData("contracts/Grant.cs")]
    [InlineData("languages/en/common.po")]
    [InlineData("services/storage/a/Deep.cs")]
    [InlineData("services/defaults/Defaults.csproj")]
    [InlineData("Directory.Packages.props")]
    public async Task A_file_that_the_runner_is_made_of_has_it_built_again(string file)
    {
        File.SetLastWriteTimeUtc(Path.Combine(_root.FullName, file), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1));
        Assert.StartsWith("--version\nbuild tools/Runner ", await RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_noticed()
    {
        File.Delete(Path.Combine(_root.FullName, "contracts", "rights.json"));
        Directory.SetLastWriteTimeUtc(Path.Combine(_root.FullName, "contracts"), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1));
        Assert.Contains("build tools/Runner ", await RunAsync(), StringComparison.Ordinal);
    }

    /// <summary>What the script asked of the SDK, a line each.</summary>
    private async Task<string> RunAsync()
    {
        var start = new ProcessStartInfo(Path.Combine(_root.FullName, "fabrique"), "status") { RedirectStandardError = true };
        start.Environment["PATH"] = $"{Path.Combine(_root.FullName, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, said);
        return await File.ReadAllTextAsync(Path.Combine(_root.FullName, "bin", "asked"), Cancellation);
    }

    private void Copy(string file)
    {
        var copy = Path.Combine(_root.FullName, Path.GetRelativePath(Checkout.Root(), file));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy);
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_root.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private void Age(TimeSpan by)
    {
        foreach (var entry in _root.EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            entry.LastWriteTimeUtc += by;
        }
    }
}
