using System.Globalization;

namespace Fabrique.Benchmarks;

/// <summary>What one round of one side gave. Latencies in milliseconds; null where a round has no single operations.</summary>
/// <param name="PerSecond">Operations per second.</param>
/// <param name="Cpu">Microseconds of processor time an operation, in all processes together: it does not depend on what else the machine
/// does.</param>
/// <param name="P50">Median latency.</param>
/// <param name="P95">Latency that one of twenty exceeds; null where the tool does not say.</param>
/// <param name="P99">Latency that one of a hundred exceeds.</param>
internal readonly record struct Sample(double PerSecond, double Cpu, double? P50 = null, double? P95 = null, double? P99 = null)
{
    /// <summary>What the times that operations took, in milliseconds, say.</summary>
    public static Sample Of(double perSecond, double cpu, IEnumerable<double> taken)
    {
        var sorted = taken.Order().ToList();
        return new Sample(perSecond, cpu, sorted[sorted.Count / 2], sorted[sorted.Count * 95 / 100], sorted[sorted.Count * 99 / 100]);
    }
}

/// <summary>One of the two that are compared: its name in the table, and one round of its work.</summary>
internal sealed record Side(string Name, Func<Task<Sample>> Round);

/// <summary>
/// Compares sides in interleaved rounds (A B A B A B), so that whatever else the machine does meets both, and keeps the medians. A ratio
/// is the median of the rounds' own ratios. Nothing is asserted: a goal stands beside its ratio for who reads the table.
/// </summary>
internal sealed class Report(TextWriter output, int rounds, TimeProvider time)
{
    private readonly List<string[]> _rows = [];

    public void Say(string line) => output.WriteLine($"   {line}");

    /// <summary>Runs a case and says how long it took.</summary>
    public async Task CaseAsync(Benchmark benchmark)
    {
        var begin = time.GetTimestamp();
        output.WriteLine($"== {benchmark.Name}: {benchmark.About}");
        await benchmark.RunAsync(this);
        output.WriteLine($"   {benchmark.Name}: done in {time.GetElapsedTime(begin).TotalSeconds:0} s");
    }

    /// <param name="what">The row's name in the table.</param>
    /// <param name="ours">Fabrique.</param>
    /// <param name="peer">What it is compared with.</param>
    /// <param name="goal">The least ratio of throughputs that is aimed at.</param>
    /// <param name="latencyGoal">The greatest ratio of median latencies that is aimed at.</param>
    /// <param name="warmUp">Runs each side once before it counts.</param>
    public async Task CompareAsync(string what, Side ours, Side peer, double? goal = null, double? latencyGoal = null, bool warmUp = true)
    {
        if (warmUp)
        {
            await ours.Round();
            await peer.Round();
        }

        var pairs = new List<(Sample Ours, Sample Peer)>();
        for (var round = 1; round <= rounds; round++)
        {
            var (a, b) = (await ours.Round(), await peer.Round());
            pairs.Add((a, b));
            Say($"{what}, round {round} of {rounds}: {Text(a)}, {peer.Name} {Text(b)}, ratio {Ratio(a, b):0.00}");
        }

        var (mine, theirs) = (Median(pairs.Select(pair => pair.Ours)), Median(pairs.Select(pair => pair.Peer)));
        _rows.Add([
            what,
            Rate(mine),
            Micro(mine),
            Latency(mine),
            peer.Name,
            Rate(theirs),
            Micro(theirs),
            Latency(theirs),
            Number(Median(pairs.Select(pair => Ratio(pair.Ours, pair.Peer)))),
            goal is null ? "" : $"≥ {Number(goal.Value)}",
        ]);
        if (latencyGoal is not null)
        {
            var ratio = Median(pairs.Select(pair => pair.Ours.P50!.Value / pair.Peer.P50!.Value));
            _rows.Add([
                $"{what}: p50",
                "",
                "",
                Latency(mine),
                peer.Name,
                "",
                "",
                Latency(theirs),
                Number(ratio),
                $"≤ {Number(latencyGoal.Value)}",
            ]);
        }
    }

    /// <summary>A figure without a peer.</summary>
    public void Tell(string what, string figure)
    {
        Say($"{what}: {figure}");
        _rows.Add([what, figure, "", "", "", "", "", "", "", ""]);
    }

    /// <summary>The rows as a table in Markdown.</summary>
    public string Table()
    {
        string[] head =
        [
            "case",
            "Fabrique",
            "CPU µs",
            "p50 / p95 / p99 ms",
            "peer",
            "peer’s",
            "CPU µs",
            "p50 / p95 / p99 ms",
            "ratio",
            "goal",
        ];
        var rows = _rows.Prepend(head.Select(_ => "---").ToArray()).Prepend(head);
        return string.Concat(rows.Select(row => $"| {string.Join(" | ", row)} |\n"));
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static Sample Median(IEnumerable<Sample> samples)
    {
        var all = samples.ToList();
        double? Of(Func<Sample, double?> value) =>
            all.TrueForAll(sample => value(sample) is not null) ? Median(all.Select(sample => value(sample)!.Value)) : null;
        return new Sample(
            Of(sample => sample.PerSecond)!.Value,
            Of(sample => sample.Cpu)!.Value,
            Of(sample => sample.P50),
            Of(sample => sample.P95),
            Of(sample => sample.P99)
        );
    }

    private static double Ratio(Sample ours, Sample peer) => ours.PerSecond / peer.PerSecond;

    private static string Text(Sample sample) =>
        $"{Rate(sample)} ({Micro(sample)} µs of CPU{(sample.P50 is null ? "" : $", p50 / p95 / p99 {Latency(sample)} ms")})";

    private static string Rate(Sample sample) =>
        sample.PerSecond < 100
            ? string.Create(CultureInfo.InvariantCulture, $"{sample.PerSecond:0.0}/s")
            : string.Create(CultureInfo.InvariantCulture, $"{sample.PerSecond:#,0}/s");

    private static string Micro(Sample sample) => sample.Cpu.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Latency(Sample sample) =>
        sample.P50 is null
            ? ""
            : string.Join(" / ", new[] { sample.P50, sample.P95, sample.P99 }.Select(value => value is { } known ? Number(known) : "–"));

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
