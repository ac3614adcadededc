using System.Globalization;
using System.Runtime.InteropServices;
using Fabrique.Benchmarks;
using Fabrique.Runner;

// Servers that a case starts in processes of their own.
if (args is ["--serve-feed", var folder, var port, var barePort])
{
    await Ingest.ServeAsync(folder, Number(port), Number(barePort));
    return 0;
}

// No comparison: by name only, and it takes its time.
if (args is ["soak", ..])
{
    return await new Soak(Console.Out, TimeSpan.FromMinutes(Option("--minutes", 10)), TimeProvider.System).RunAsync();
}

var (rounds, records) = (Option("--rounds", 3), Option("--records", 100_000));
Benchmark[] all =
[
    new Publish(),
    new Invoke(),
    new RecordWrite(),
    new Ingest(records),
    new Search(records),
    new SignVerify(),
    new Gateway(),
    new NodeStart(),
];
var names = args.Where((argument, at) => !argument.StartsWith('-') && (at == 0 || !args[at - 1].StartsWith('-'))).ToList();
if (names.Except(all.Select(benchmark => benchmark.Name)).FirstOrDefault() is { } unknown)
{
    await Console.Error.WriteLineAsync(
        $"there is no case '{unknown}'; there are: {string.Join(", ", all.Select(benchmark => benchmark.Name))}"
    );
    return 1;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
var report = new Report(Console.Out, rounds, TimeProvider.System);
foreach (var benchmark in all.Where(benchmark => names.Count == 0 || names.Contains(benchmark.Name)))
{
    await report.CaseAsync(benchmark);
}

var machine =
    $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}; medians of {rounds} rounds";
var results = $"{machine}\n\n{report.Table()}";
var path = Path.Combine(Directory.CreateDirectory(Path.Combine(Checkout.Root(), "artifacts", "bench")).FullName, "results.md");
await File.WriteAllTextAsync(path, results);
Console.WriteLine($"\n{results}\nwritten to {path}");
return 0;

int Option(string name, int byDefault) => Array.IndexOf(args, name) is var at and >= 0 ? Number(args[at + 1]) : byDefault;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
