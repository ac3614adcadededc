using System.Data.Common;
using System.Globalization;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Runner;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Benchmarks;

/// <summary>
/// Searches of a catalogue of invented practices, as a page asks for them: words, filters, twenty practices with highlights, the facets; against
/// the bare full-text query of the same database for the same words, which only gives their numbers.
/// </summary>
internal sealed class Search(int count) : Benchmark("search", $"searches among {count:#,0} practices with facets and highlights, against a bare full-text query")
{
    private const int BatchSize = 1000;

    public override async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        await RunAsync(report, folder.New(), "SQLite", null);
        if (Database.ServerFolder() is null)
        {
            report.Say("no PostgreSQL server is installed here: only SQLite");
            return;
        }

        await using var server = await PostgreSql.StartAsync(folder.New());
        await RunAsync(report, folder.New(), "PostgreSQL", server.ConnectionString);
    }

    private async Task RunAsync(Report report, string folder, string name, string? database)
    {
        await using var store = await Store<PracticesDb>.StartAsync<PracticeIndex>(
            folder, "practices", new RecordKinds().Owns<Practice>().Follows<Territories.V1.Profile>("territories"), database: database,
            add: services => services.AddSingleton<Catalogue>().AddSingleton<UnansweredSearches>().AddSingleton<Queries>());
        report.Say($"{name}: writing {count:#,0} practices");
        await SeedAsync(store);
        var queries = store.Get<Queries>();
        await using var db = await store.OpenAsync();
        await db.Database.OpenConnectionAsync();
        using var bare = new BareSearch(db);

        var turn = 0;
        var first = System.Diagnostics.Stopwatch.GetTimestamp();
        await queries.ListAsync(InventedPractices.Query(0), CancellationToken.None);
        report.Tell($"first search after the start, {name}", string.Create(CultureInfo.InvariantCulture, $"{System.Diagnostics.Stopwatch.GetElapsedTime(first).TotalMilliseconds:0} ms"));
        await report.CompareAsync($"search, {name}, words asked before",
            new("Fabrique", () => Load.RunAsync(1, () => queries.ListAsync(InventedPractices.Query(turn++), CancellationToken.None))),
            new("bare query", () => Load.RunAsync(1, () => bare.RunAsync(InventedPractices.Query(turn++)))));
        await report.CompareAsync($"search, {name}, words nobody asked",
            new("Fabrique", () => Load.RunAsync(1, () =>
            {
                // What is known of words goes with every change of the catalogue.
                store.Get<Catalogue>().ForgetWords();
                return queries.ListAsync(InventedPractices.Query(turn++), CancellationToken.None);
            })),
            new("bare query", () => Load.RunAsync(1, () => bare.RunAsync(InventedPractices.Query(turn++)))));
    }

    private async Task SeedAsync(Store<PracticesDb> store)
    {
        var key = store.Key;
        for (var written = 0; written < count; written += BatchSize)
        {
            await store.Records.IngestAsync("bench", [.. Enumerable.Range(written, Math.Min(BatchSize, count - written)).Select(at => new ReadOnlyMemory<byte>(Envelope.Seal(Record(at, key.Node), key)))], CancellationToken.None);
        }
    }

    private static Record Record(int at, string home)
    {
        var practice = InventedPractices.Make(at);
        return new Record
        {
            Kind = RecordKinds.KindOf<Practice>(),
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
            var stems = FrenchText.Stems(request.Query).ToList();
            _command.Parameters[0].Value = string.Join(db.Database.IsNpgsql() ? " & " : " AND ", stems.Select(stem => db.Database.IsNpgsql() ? $"'{stem}'" : $"\"{stem}\""));
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
            command.CommandText = db.Database.IsNpgsql() ? "SELECT id FROM practice_text WHERE terms @@ @query::tsquery" : "SELECT rowid FROM practice_text WHERE practice_text MATCH @query";
            var query = command.CreateParameter();
            query.ParameterName = "query";
            command.Parameters.Add(query);
            return command;
        }
    }
}
