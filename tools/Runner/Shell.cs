using System.ComponentModel;
using System.Diagnostics;

namespace Fabrique.Runner;

/// <summary>Runs other programs to their end.</summary>
internal static class Shell
{
    /// <summary>The <c>dotnet</c> this program runs on, or the first on the path.</summary>
    public static string Dotnet { get; } = Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    /// <summary>The full path of a program, null when it is not installed.</summary>
    /// <param name="path">Instead of the variable PATH.</param>
    public static string? Which(string program, string? path = null) =>
        (path ?? Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Concat(["/usr/sbin", "/sbin"])
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <param name="line">Called for each line of output and of errors, one at a time.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="PlainError">The program cannot be started.</exception>
    public static async Task<int> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string folder,
        Action<string> line,
        CancellationToken cancellation
    )
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        var one = new Lock();
        void Say(object? _, DataReceivedEventArgs data)
        {
            if (data.Data is { } text)
            {
                lock (one)
                {
                    line(text);
                }
            }
        }
        process.OutputDataReceived += Say;
        process.ErrorDataReceived += Say;
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            throw new PlainError($"{program} cannot be started: {error.Message}");
        }
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return process.ExitCode;
    }
}
