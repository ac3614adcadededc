using System.Diagnostics;
using System.Text.Json.Nodes;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>Independent checkers of the description of the API, from npm.</summary>
internal static class ApiTools
{
    // Installed by ./fabrique test.
    private static readonly string Modules = Path.Combine(Checkout.Root(), "artifacts", "tools", "npm", "node_modules");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What a linter of OpenAPI finds wrong with a document; empty when it is satisfied.</summary>
    public static async Task<string> LintAsync(string document)
    {
        var (code, said) = await RunAsync(
            Path.Combine(Modules, ".bin", "redocly"),
            ["lint", await FileAsync(document), "--format", "stylish", "--config", "redocly.yaml"]
        );
        return code == 0 && !said.Contains("warning", StringComparison.Ordinal) ? "" : said;
    }

    /// <summary>Where answers differ from the schemas of the document, one line each.</summary>
    public static async Task<string> DifferencesAsync(string document, JsonArray answers)
    {
        var (code, said) = await RunAsync("node", ["answers.cjs", await FileAsync(document), await FileAsync(answers.ToJsonString())]);
        Assert.True(code == 0, said);
        return said;
    }

    private static async Task<string> FileAsync(string text)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("fabrique-api-").FullName, "text.json");
        await File.WriteAllTextAsync(file, text, Cancellation);
        return file;
    }

    private static async Task<(int Code, string Said)> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Path.Combine(Checkout.Root(), "tests"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (start.Environment["REDOCLY_TELEMETRY"], start.Environment["REDOCLY_SUPPRESS_UPDATE_NOTICE"]) = ("off", "true");
        start.Environment["NODE_PATH"] = Modules;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, process.ExitCode == 0 ? await output : await output + await errors);
    }
}
