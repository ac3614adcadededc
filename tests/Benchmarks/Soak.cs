using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Fabrique.Runner;

namespace Fabrique.Benchmarks;

/// <summary>
/// A whole node under a steady, mixed load, and the resident memory of its processes: flat is a last quarter that needs no more than a
/// tenth above the second, when everything is warm. RabbitMQ is part of it where it is installed.
/// </summary>
/// <param name="output">Where progress and the table go.</param>
/// <param name="length">How long, the start of the node not counted.</param>
/// <param name="time">Paces the load.</param>
internal sealed class Soak(TextWriter output, TimeSpan length, TimeProvider time)
{
    private const string Town = "59350";
    private const double Flat = 1.1;
    private const double Mebibyte = 1 << 20;
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(70);
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMilliseconds(400);

    private static readonly string[] Pages =
    [
        "/",
        "/pratiques",
        "/api/v1/practices?query=cantine+bio",
        "/territoires/62528",
        "/pratiques?theme=PART",
        "/api/v1/practices?territory=62528&pageSize=10",
        "/territoires",
        "/api/v1/territories?query=loos",
        "/recherche?q=panneaux+solaires",
        "/api/v1/practices?query=d%C3%A9chets&theme=DECH",
    ];

    private readonly Dictionary<string, List<double>> _memory = [];
    private int _reads;
    private int _writes;
    private int _failures;

    /// <returns>0 when memory stayed flat and every request was answered.</returns>
    public async Task<int> RunAsync()
    {
        using var data = new TempFolder();
        await FabriqueAsync("up", "--detach", "--port", "0", "--data", data.Path);
        try
        {
            var node = RunFile.Read(data.Path)!;
            await output.WriteLineAsync($"{length.TotalMinutes} minutes on {node.Broker}");
            using var http = new HttpClient { BaseAddress = new Uri(node.Address!) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Bearer",
                await FabriqueAsync("token", "--territory", Town, "--role", "delegate", "--data", data.Path)
            );
            using var stop = new CancellationTokenSource(length, time);
            await Task.WhenAll(
                EveryAsync(ReadEvery, () => ReadAsync(http), stop.Token),
                EveryAsync(WriteEvery, () => WriteAsync(http), stop.Token),
                EveryAsync(SampleEvery, () => SampleAsync(data.Path), stop.Token)
            );
        }
        finally
        {
            await FabriqueAsync("down", "--data", data.Path);
        }

        await output.WriteLineAsync($"\n{Table()}\n{_reads} reads, {_writes} writes, {_failures} failures");
        return _failures == 0 && _memory.Values.All(IsFlat) ? 0 : 1;
    }

    private async Task EveryAsync(TimeSpan pause, Func<Task> work, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(pause, time);
        while (await timer.WaitForNextTickAsync(stop).AsTask().ContinueWith(tick => tick.IsCompletedSuccessfully, TaskScheduler.Default))
        {
            await work();
        }
    }

    private async Task ReadAsync(HttpClient http)
    {
        using var answer = await http.GetAsync(new Uri(Pages[_reads++ % Pages.Length], UriKind.Relative));
        await CountAsync(answer);
    }

    /// <summary>A draft, its publication, and every second time a revision.</summary>
    private async Task WriteAsync(HttpClient http)
    {
        var practice = new JsonObject
        {
            ["territory"] = Town,
            ["title"] = $"Pratique {_writes}",
            ["summary"] = "Écrite pour un essai d’endurance.",
            ["themes"] = new JsonArray("PART"),
            ["maturity"] = "IDEE",
            ["context"] = new StringBuilder().Insert(0, "Un contexte de quelques phrases. ", 20).ToString(),
            ["difficulties"] = "Aucune : ce n’est qu’un essai.",
            ["successConditions"] = "Un nœud qui dure.",
            ["licence"] = "CC-BY-SA-4.0",
            ["sources"] = new JsonArray(new JsonObject { ["title"] = "L’essai lui-même" }),
        };
        using var draft = await http.PostAsJsonAsync("/api/v1/practices", practice);
        await CountAsync(draft);
        if (draft.IsSuccessStatusCode)
        {
            var id = (string?)(await draft.Content.ReadFromJsonAsync<JsonNode>())!["id"];
            using var published = await http.PostAsJsonAsync($"/api/v1/practices/{id}:publish", new JsonObject());
            await CountAsync(published);
        }

        _writes++;
    }

    private async Task CountAsync(HttpResponseMessage answer)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            _failures++;
            await output.WriteLineAsync(
                $"{answer.RequestMessage?.RequestUri?.PathAndQuery}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}"
            );
        }
    }

    private async Task SampleAsync(string data)
    {
        var node = RunFile.Read(data)!;
        foreach (
            var (name, pid, ticks) in node
                .Processes.Select(process => (process.Name, process.Pid, process.StartTicks))
                .Append(("runner", node.Pid, node.StartTicks))
        )
        {
            _memory.TryAdd(name, []);
            _memory[name].Add(Proc.ResidentBytes(pid, ticks) / Mebibyte);
        }

        await output.WriteLineAsync(
            $"{_memory["runner"].Count * SampleEvery.TotalSeconds, 5} s  {_reads, 6} reads {_writes, 5} writes  "
                + string.Join("  ", _memory.Select(process => $"{process.Key} {process.Value[^1]:0}"))
        );
    }

    /// <summary>Means of the quarters in MiB, and the slope of the second half in MiB an hour.</summary>
    private string Table()
    {
        var table = new StringBuilder(
            "| process | 1st quarter | 2nd | 3rd | 4th | slope, MiB/h | flat |\n| --- | --- | --- | --- | --- | --- | --- |\n"
        );
        foreach (var (name, samples) in _memory)
        {
            var quarters = string.Join(
                " | ",
                Enumerable.Range(0, 4).Select(quarter => Quarter(samples, quarter).ToString("0.0", CultureInfo.InvariantCulture))
            );
            table.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {quarters} | {Slope([.. samples.Skip(samples.Count / 2)]):0.0} | {(IsFlat(samples) ? "yes" : "NO")} |\n"
            );
        }

        return table.ToString();
    }

    private static bool IsFlat(List<double> samples) => Quarter(samples, 3) <= Flat * Quarter(samples, 1);

    private static double Quarter(List<double> samples, int quarter) =>
        samples.Skip(samples.Count * quarter / 4).Take(Math.Max(1, samples.Count / 4)).DefaultIfEmpty().Average();

    /// <summary>Of the straight line with the least squares.</summary>
    private static double Slope(List<double> samples)
    {
        var (middle, mean) = ((samples.Count - 1) / 2.0, samples.DefaultIfEmpty().Average());
        var spread = samples.Select((_, at) => (at - middle) * (at - middle)).Sum();
        return spread == 0
            ? 0
            : samples.Select((sample, at) => (at - middle) * (sample - mean)).Sum() / spread * (TimeSpan.FromHours(1) / SampleEvery);
    }

    private static async Task<string> FabriqueAsync(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Checkout.Root(), "fabrique"), command, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? said.Trim() : throw new InvalidOperationException($"fabrique {command} failed: {said}");
    }
}
