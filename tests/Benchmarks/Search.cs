using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Search;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Benchmarks;

/// <summary>
/// Searches of a catalogue of invented practices, as a page asks for them: words, filters, twenty practices with highlights, the facets;
/// against the bare full-text query of the same database for the same words, which only gives their numbers.
/// </summary>
internal sealed class Search(int count)
    : Benchmark("search", $"searches among {count:#,0} practices with facets and highlights, against a bare full-text query")
{
    private const int BatchSize = 1000;

    /// <summary>After so many the code behind a page is compiled for good.</summary>
    private const int WarmPages = 1500;

    public override async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        await RunAsync(report, folder.New(), "SQLite", null);
        if (Environment.GetEnvironmentVariable(ServiceDatabase.Variable) is not { Length: > 0 } server)
        {
            report.Say($"only SQLite: {ServiceDatabase.Variable} names no PostgreSQL server");
            return;
        }

        await RunAsync(report, folder.New(), "PostgreSQL", $"{server};Database=bench_{Guid.CreateVersion7():n}");
    }

    private async Task RunAsync(Report report, string folder, string name, string? database)
    {
        await ServiceAsync(report, folder, name, database);
        await Gateway.WithNodeAsync(folder, database, async (plan, _) =>
        {
            using var http = new HttpClient { BaseAddress = plan.Address, DefaultRequestHeaders = { { "Cookie", "bench=1" } } };
            await PagesAsync(report, $"practices, {name}", http, number =>
                $"/pratiques?q={Uri.EscapeDataString(InventedPractices.Query(number).Query)}"
            );
            var communes = await CommunesAsync(http);
            await PagesAsync(report, $"territories, {name}", http, number =>
                $"/territoires?q={Uri.EscapeDataString(Typed(communes, number))}"
            );
        });
    }

    /// <summary>
    /// Searches as a visitor asks them: the whole page, through the gateway, which keeps none of it, with other words each time.
    /// </summary>
    private static async Task PagesAsync(Report report, string what, HttpClient http, Func<int, string> page)
    {
        await Gateway.ReadAsync(http, page(0));
        var turn = 0;
        Tell("the first ones", await Load.RunAsync(1, ReadAsync));
        while (turn < WarmPages)
        {
            await Load.RunAsync(2, ReadAsync);
        }
        var samples = new List<Sample>();
        for (var round = 0; round < 5; round++)
        {
            samples.Add(await Load.RunAsync(1, ReadAsync));
        }
        Tell("goal of p95: 80", samples.OrderBy(sample => sample.P95).ElementAt(samples.Count / 2));

        async Task ReadAsync() => _ = await http.GetByteArrayAsync(new Uri(page(Interlocked.Increment(ref turn)), UriKind.Relative));

        void Tell(string when, Sample sample) =>
            report.Tell(
                $"whole page of a search, {what} ({when})",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"p50 {sample.P50:0.0}, p95 {sample.P95:0.0}, p99 {sample.P99:0.0} ms; {sample.Cpu / 1000:0.0} ms of CPU"
                )
            );
    }

    /// <summary>The names of the first 4,000 communes of the directory.</summary>
    private static async Task<List<string>> CommunesAsync(HttpClient http)
    {
        var names = new List<string>();
        for (var (token, pages) = ("", 0); pages < 40; pages++)
        {
            var list = ListTerritoriesResponse.Parser.ParseJson(
                await http.GetStringAsync(
                    new Uri($"/api/v1/territories?kind=COM&pageSize=100&pageToken={Uri.EscapeDataString(token)}", UriKind.Relative)
                )
            );
            names.AddRange(list.Territories.Select(territory => territory.Name));
            token = list.NextPageToken;
        }
        return names;
    }

    /// <summary>A name as people type it: one in ten has a slip.</summary>
    private static string Typed(List<string> communes, int number)
    {
        var random = new Random(number);
        var name = communes[random.Next(communes.Count)];
        return random.Next(10) == 0 ? name.Remove(name.Length / 2, 1) : name;
    }

    private async Task ServiceAsync(Report report, string folder, string name, string? database)
    {
        await using var store = await Store<PracticesDb>.StartAsync(
            folder,
            kinds => kinds.Owns(Kinds.Practice).FollowsNetwork().IndexedBy<PracticePart>(),
            database: database,
            add: services => services.AddSingleton<PracticeCatalogue>().AddSingleton<UnansweredSearches>().AddSingleton<Queries>()
        );
        report.Say($"{name}: writing {count:#,0} practices");
        await SeedAsync(store);
        var queries = store.Get<Queries>();
        await using var db = await store.OpenAsync();
        await db.Database.OpenConnectionAsync();
        using var bare = new BareSearch(db);

        const int Asked = 200;
        var turn = 0;
        var first = Stopwatch.GetTimestamp();
        await queries.ListAsync(InventedPractices.Query(0), CancellationToken.None);
        report.Tell(
            $"first search after the start, {name}",
            string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(first).TotalMilliseconds:0} ms")
        );
        for (var at = 0; at < Asked; at++)
        {
            await queries.ListAsync(InventedPractices.Query(at), CancellationToken.None);
        }

        await report.CompareAsync(
            $"search, {name}, words asked before",
            new("Fabrique", () =>
                Load.RunAsync(1, () => queries.ListAsync(InventedPractices.Query(turn++ % Asked), CancellationToken.None))
            ),
            new("bare query", () => Load.RunAsync(1, () => bare.RunAsync(InventedPractices.Query(turn++ % Asked))))
        );
        await report.CompareAsync(
            $"search, {name}, the same after a change",
            new("Fabrique", () =>
                AfterChangesAsync(db, () => queries.ListAsync(InventedPractices.Query(turn++ % Asked), CancellationToken.None))
            ),
            new("bare query", () => AfterChangesAsync(db, () => bare.RunAsync(InventedPractices.Query(turn++ % Asked))))
        );
        await report.CompareAsync(
            $"search, {name}, other words each time",
            new("Fabrique", () => Load.RunAsync(1, () => queries.ListAsync(InventedPractices.Query(turn++), CancellationToken.None))),
            new("bare query", () => Load.RunAsync(1, () => bare.RunAsync(InventedPractices.Query(turn++))))
        );
    }

    /// <summary>What is known in memory goes with every change: each operation finds it gone. The change itself is not measured.</summary>
    private static async Task<Sample> AfterChangesAsync(PracticesDb db, Func<Task> operation)
    {
        var (begin, taken) = (Stopwatch.GetTimestamp(), new List<double>());
        while (Stopwatch.GetElapsedTime(begin) < Load.Round)
        {
            await db
                .Practices.Where(row => row.Number == 1)
                .ExecuteUpdateAsync(row => row.SetProperty(practice => practice.Stamp, db.Practices.Max(other => other.Stamp) + 1));
            var start = Stopwatch.GetTimestamp();
            await operation();
            taken.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Sample.Of(1000 / taken.Average(), 1000 * taken.Average(), taken);
    }

    private async Task SeedAsync(Store<PracticesDb> store)
    {
        var key = store.Key;
        for (var written = 0; written < count; written += BatchSize)
        {
            await store.Records.IngestAsync(
                "bench",
                [.. Enumerable.Range(written, Math.Min(BatchSize, count - written)).Select(Sealed)],
                CancellationToken.None
            );
        }

        ReadOnlyMemory<byte> Sealed(int at) => Envelope.Seal(Record(at, key.Node), key);
    }

    private static Record Record(int at, string home)
    {
        var practice = InventedPractices.Make(at);
        return new Record
        {
            Kind = RecordKind.NameOf<Practice>(),
            Id = practice.Id,
            Territory = practice.Territory,
            Home = home,
            Version = 1,
            ChangedAt = Timestamp.FromDateTime(DateTime.UnixEpoch.AddMinutes(at)),
            Change = "published",
            Visibility = Visibility.Public,
            Body = practice.ToByteString(),
        };
    }

    /// <summary>The numbers of the practices with all the words, and nothing else.</summary>
    private sealed class BareSearch(PracticesDb db) : IDisposable
    {
        private readonly DbCommand _command = Prepare(db);

        public async Task RunAsync(ListPracticesRequest request)
        {
            var stems = FrenchText.Words(request.Query).Select(word => word.Stem).Distinct().ToList();
            _command.Parameters[0].Value = string.Join(
                db.Database.IsNpgsql() ? " & " : " AND ",
                stems.Select(stem => db.Database.IsNpgsql() ? $"'{stem}'" : $"\"{stem}\"")
            );
            await using var reader = await _command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                _ = reader.GetInt32(0);
            }
        }

        public void Dispose() => _command.Dispose();

        private static DbCommand Prepare(PracticesDb db)
        {
            var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = db.Database.IsNpgsql()
                ? "SELECT id FROM unnest(ARRAY[@query::tsquery]) AS asked JOIN practice_text ON terms @@ asked"
                : "SELECT rowid FROM practice_text WHERE practice_text MATCH @query";
            var query = command.CreateParameter();
            query.ParameterName = "query";
            command.Parameters.Add(query);
            return command;
        }
    }
}
