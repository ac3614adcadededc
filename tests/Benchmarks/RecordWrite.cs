using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Benchmarks;

/// <summary>A write of the catalogue — rule, signature, record, index — against the insert of the rows it leaves.</summary>
internal sealed class RecordWrite() : Benchmark("write", "practices written by the record kernel, against a bare insert of the same rows")
{
    public override async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        await using var store = await Store<PracticesDb>.StartAsync(folder.New(), kinds =>
            kinds.Owns(Kinds.Practice).FollowsNetwork().IndexedBy<PracticePart>()
        );
        var id = Samples.NewId();
        await WriteAsync(store, id);
        await using var db = await store.OpenAsync();
        var rows = new BareRows(
            (SqliteConnection)db.Database.GetDbConnection(),
            id,
            ("records", "id"),
            ("practices", "Id"),
            ("practice_text", "id")
        );
        var envelope = (await db.Records.SingleAsync(row => row.Id == id)).Envelope;
        await using var bare = rows.Create(Path.Combine(folder.Path, "bare.db"));
        using var writer = rows.Open(bare);

        var peer = new Side("bare insert", () => Load.RunAsync(() => writer.Insert([(Samples.NewId(), envelope)])));
        await report.CompareAsync(
            "record write, 1 in flight",
            new("Fabrique", () => Load.RunAsync(1, () => WriteAsync(store, Samples.NewId()))),
            peer
        );
        await report.CompareAsync(
            "record write, 16 in flight",
            new("Fabrique", () => Load.RunAsync(16, () => WriteAsync(store, Samples.NewId()))),
            peer
        );
    }

    private static Task<Versioned<Practice>> WriteAsync(Store<PracticesDb> store, string id) =>
        store.Records.WriteAsync<Practice>(
            id,
            _ => new Change<Practice>("published", Samples.Territory, Samples.NewPractice(id), Visibility.Public),
            CancellationToken.None
        );
}
