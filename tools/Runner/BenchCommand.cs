using System.CommandLine;
using System.Globalization;

namespace Fabrique.Runner;

/// <summary>Measures the parts of Fabrique beside what they are made of (tests/Benchmarks). It asserts nothing.</summary>
internal sealed class BenchCommand(string root, TextWriter output)
{
    private static readonly Package[] Needed = [Package.RabbitMq, Package.Nginx, Package.Wrk];

    /// <summary>The command <c>bench</c>.</summary>
    public static Command Define(string root, TextWriter output, CancellationToken stop)
    {
        var cases = new Argument<string[]>("name")
        {
            Description = "Cases to measure: publish, invoke, write, ingest, sign, gateway, start  [default: all]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var rounds = new Option<int?>("--rounds")
        {
            Description = "How often each side of a case is measured  [default: 3]",
            CustomParser = result => Arguments.Between(result, 1, 100),
        };
        var records = new Option<int?>("--records")
        {
            Description = "How many records the case 'ingest' replays  [default: 100000]",
            CustomParser = result => Arguments.Between(result, 1, 10_000_000),
        };
        var bench = new Command(
            "bench",
            "Install what the benchmarks need, build, and measure Fabrique beside what it is made of; the table is also in artifacts/bench/results.md"
        )
        {
            cases,
            rounds,
            records,
        };
        bench.SetAction(
            (result, _) =>
                new BenchCommand(root, output).RunAsync(
                    result.GetValue(cases) ?? [],
                    result.GetValue(rounds),
                    result.GetValue(records),
                    stop
                )
        );
        return bench;
    }

    /// <param name="names">The cases; none: all.</param>
    /// <param name="rounds">How often each is measured; null: the program's own choice.</param>
    /// <param name="records">How many are replayed; null: the program's own choice.</param>
    /// <param name="cancellation">Stops the case and its servers.</param>
    /// <returns>The exit code: 0 when everything asked was measured.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> names, int? rounds, int? records, CancellationToken cancellation)
    {
        await Packages.EnsureAsync("the benchmarks", Needed, root, output, cancellation);
        var project = Path.Combine(root, "tests", "Benchmarks", "Benchmarks.csproj");
        output.WriteLine("== build");
        await Build.RunAsync(root, project, output, cancellation);
        string[] arguments = [Build.Assembly(root, project), .. names, .. Text("--rounds", rounds), .. Text("--records", records)];
        return await Shell.RunAsync(Shell.Dotnet, arguments, root, output.WriteLine, cancellation);
    }

    private static string[] Text(string name, int? value) =>
        value is null ? [] : [name, value.Value.ToString(CultureInfo.InvariantCulture)];
}
