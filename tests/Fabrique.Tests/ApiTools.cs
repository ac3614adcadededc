using System.Diagnostics;
using System.Text.Json.Nodes;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>The independent checkers of tools/openapi.</summary>
internal static class ApiTools
{
    private static readonly SemaphoreSlim One = new(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What a linter of OpenAPI finds wrong with a document; empty when it is satisfied.</summary>
    public static async Task<string> LintAsync(string document)
    {
        var folder = await FolderAsync();
        var (code, said) = await RunAsync(Path.Combine(folder, "node_modules", ".bin", "redocly"), folder, ["lint", await FileAsync(document), "--format", "stylish", "--config", "redocly.yaml"]);
        return code == 0 && !said.Contains("warning", StringComparison.Ordinal) ? "" : said;
    }

    /// <summary>Where answers differ from the schemas of the document, one line each.</summary>
    public static async Task<string> DifferencesAsync(string document, JsonArray answers)
    {
        var (code, said) = await RunAsync("node", await FolderAsync(), ["answers.mjs", await FileAsync(document), await FileAsync(answers.ToJsonString())]);
        Assert.True(code == 0, said);
        return said;
    }

    private static async Task<string> FolderAsync()
    {
        await One.WaitAsync(Cancellation);
        try
        {
            return Path.GetFullPath(Path.Combine(await NpmTools.EnsureAsync(Checkout.Root(), "openapi", TextWriter.Null, Cancellation), "..", ".."));
        }
        finally
        {
            One.Release();
        }
    }

    private static async Task<string> FileAsync(string text)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("fabrique-api-").FullName, "text.json");
        await File.WriteAllTextAsync(file, text, Cancellation);
        return file;
    }

    private static async Task<(int Code, string Said)> RunAsync(string program, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["REDOCLY_TELEMETRY"], start.Environment["REDOCLY_SUPPRESS_UPDATE_NOTICE"]) = ("off", "true");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, process.ExitCode == 0 ? await output : await output + await errors);
    }
}
