using System.Globalization;
using System.Text.RegularExpressions;
using Fabrique.Runner;

namespace Fabrique.Benchmarks;

/// <summary>HTTP/1.1 load by wrk.</summary>
internal static partial class Wrk
{
    private const int Connections = 32;

    /// <param name="url">What to ask for, again and again.</param>
    /// <param name="headers">Of each request: "Cookie: a=b".</param>
    /// <exception cref="InvalidOperationException">An answer was no success.</exception>
    public static async Task<Sample> RunAsync(Uri url, params string[] headers)
    {
        var (lines, cpu) = (new List<string>(), Cpu.Used());
        await Shell.RunAsync(
            "wrk",
            [
                "-t1",
                $"-c{Connections}",
                $"-d{Load.Round.TotalSeconds:0}s",
                "--latency",
                .. headers.SelectMany(header => new[] { "-H", header }),
                url.ToString(),
            ],
            "",
            lines.Add,
            CancellationToken.None
        );
        var text = string.Join('\n', lines);
        if (text.Contains("Non-2xx", StringComparison.Ordinal) || !Rate().IsMatch(text))
        {
            throw new InvalidOperationException($"{url}: {text}");
        }

        // wrk itself has ended and is not counted.
        var rate = Number(Rate().Match(text));
        return new Sample(
            rate,
            Cpu.Since(cpu, (int)(rate * Load.Round.TotalSeconds)),
            Milliseconds("50", text),
            null,
            Milliseconds("99", text)
        );
    }

    private static double Milliseconds(string percent, string text)
    {
        var match = Regex.Match(text, $@"^\s+{percent}%\s+([\d.]+)(us|ms|s)", RegexOptions.Multiline);
        return Number(match)
            * match.Groups[2].Value switch
            {
                "us" => 0.001,
                "ms" => 1,
                _ => 1000,
            };
    }

    private static double Number(Match match) => double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();
}
