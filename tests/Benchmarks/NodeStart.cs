using System.Globalization;
using System.Text.RegularExpressions;
using Fabrique.Runner;

namespace Fabrique.Benchmarks;

/// <summary>A whole node by <c>./fabrique up</c>: how long until it is healthy, and its memory, in the runner's own figures.</summary>
internal sealed partial class NodeStart() : Benchmark("start", "start-up time and memory of a whole node")
{
    private const int Starts = 3;

    public override async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        // What this one builds is built for the others.
        await UpAsync(folder.New(), "memory");
        foreach (var broker in Broker.ServerScript() is null ? new[] { "memory" } : ["memory", ""])
        {
            var name = broker.Length > 0 ? "broker in memory" : "RabbitMQ";
            var (first, again) = (new List<double>(), new List<double>());
            for (var start = 0; start < Starts; start++)
            {
                var data = folder.New();
                first.Add((await UpAsync(data, broker)).Seconds);
                var (seconds, memory) = await UpAsync(data, broker);
                again.Add(seconds);
                if (start == Starts - 1)
                {
                    report.Tell($"memory after the start, {name}", memory);
                }
            }

            report.Tell($"first start, {name}", Seconds(first));
            report.Tell($"start with its data, {name}", Seconds(again));
        }
    }

    private static string Seconds(IEnumerable<double> values) =>
        string.Create(CultureInfo.InvariantCulture, $"{Report.Median(values):0.0} s");

    /// <summary>Starts a node, looks at it and stops it.</summary>
    private static async Task<(double Seconds, string Memory)> UpAsync(string data, string broker)
    {
        try
        {
            var said = await FabriqueAsync([
                "up",
                "--detach",
                "--port",
                "0",
                "--data",
                data,
                .. broker.Length > 0 ? ["--broker", broker] : Array.Empty<string>(),
            ]);
            var status = await FabriqueAsync(["status", "--data", data]);
            return (
                double.Parse(ReadyIn().Match(said).Groups[1].ValueSpan, CultureInfo.InvariantCulture),
                Memory().Match(status).Groups[1].Value
            );
        }
        finally
        {
            await FabriqueAsync(["down", "--data", data]);
        }
    }

    private static async Task<string> FabriqueAsync(string[] arguments)
    {
        var lines = new List<string>();
        await Shell.RunAsync(
            "bash",
            [Path.Combine(Checkout.Root(), "fabrique"), .. arguments],
            Checkout.Root(),
            lines.Add,
            CancellationToken.None
        );
        return string.Join('\n', lines);
    }

    [GeneratedRegex(@"Ready in ([\d.]+) s")]
    private static partial Regex ReadyIn();

    [GeneratedRegex(@"^memory +(\d+ MiB)", RegexOptions.Multiline)]
    private static partial Regex Memory();
}
