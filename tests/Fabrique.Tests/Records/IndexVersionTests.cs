using Fabrique.Practices.V1;
using Fabrique.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.DependencyInjection;
using Record = Fabrique.Records.V1.Record;

namespace Fabrique.Tests;

/// <summary>Nobody can forget that an index is to be built again: its version follows from its tables.</summary>
public sealed class IndexVersionTests
{
    [Fact]
    public void Another_table_or_another_number_is_another_version_and_nothing_else_is()
    {
        var plain = VersionOf<PlainDb>(_ => { });
        Assert.Matches("^[0-9a-f]{12}$", plain);
        Assert.Equal(plain, VersionOf<SameDb>(_ => { }));
        string[] others =
        [
            VersionOf<WiderDb>(row => row.Property<int>("Rank")),
            VersionOf<IndexedDb>(row => row.HasIndex(item => item.Title)),
            VersionOf<OptionalDb>(row => row.Property(item => item.Title).IsRequired(false)),
            VersionOf<RenamedDb>(row => row.ToTable("things")),
            VersionOf<PlainDb>(_ => { }, number: 2),
        ];
        Assert.Distinct(others.Append(plain));
    }

    [Fact]
    public void What_the_scripts_make_is_no_part_of_it()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        Assert.Equal(new RecordIndex<EmptyDb>([], services, Sqlite).Version, new RecordIndex<ScriptedDb>([], services, Sqlite).Version);
    }

    [Fact]
    public async Task A_node_with_the_index_of_a_release_before_builds_its_own_once_and_goes_on()
    {
        var before = await RecordsNode.StartAsync();
        await before.WriteAsync("a", "one");
        await before.LookAsync(db => db.Database.ExecuteSqlRawAsync("UPDATE indexes SET version = '3'"));
        await before.StopAsync();

        await using var node = await before.AgainAsync();
        await node.IndexedAsync();
        Assert.Equal(["one"], await node.TitlesAsync());
        Assert.Equal([node.IndexVersion], await node.LookAsync(db => db.Indexes.Select(row => row.Version).ToListAsync()));
        Assert.Equal(2, (await node.WriteAsync("a", "two")).Info.Version);
        Assert.Equal(["two"], await node.TitlesAsync());
    }

    private static StoreProvider Sqlite { get; } = new(options => options.UseSqlite());

    private static string VersionOf<TDb>(Action<EntityTypeBuilder<TestItem>> change, int number = 1)
        where TDb : RecordsDb
    {
        var part = new ChangedPart(change, number);
        using var services = new ServiceCollection().AddSingleton<IndexPart>(part).BuildServiceProvider();
        return new RecordIndex<TDb>([part], services, Sqlite).Version;
    }

    private sealed class ChangedPart(Action<EntityTypeBuilder<TestItem>> change, int number) : RowPart<RecordsDb, Practice, TestItem>
    {
        public override int Number => number;

        protected override void Configure(EntityTypeBuilder<TestItem> row)
        {
            row.ToTable("items").HasKey(item => item.Id);
            change(row);
        }

        protected override TestItem? Row(Record record, Practice body) => null;
    }

    // A model is made once for each type of context.
    private sealed class PlainDb(DbContextOptions<PlainDb> options) : RecordsDb(options);

    private sealed class SameDb(DbContextOptions<SameDb> options) : RecordsDb(options);

    private sealed class WiderDb(DbContextOptions<WiderDb> options) : RecordsDb(options);

    private sealed class IndexedDb(DbContextOptions<IndexedDb> options) : RecordsDb(options);

    private sealed class OptionalDb(DbContextOptions<OptionalDb> options) : RecordsDb(options);

    private sealed class RenamedDb(DbContextOptions<RenamedDb> options) : RecordsDb(options);

    private sealed class EmptyDb(DbContextOptions<EmptyDb> options) : RecordsDb(options);

    private sealed class ScriptedDb(DbContextOptions<ScriptedDb> options) : RecordsDb(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            base.OnModelCreating(modelBuilder);
            modelBuilder.HasScripted<TestItem>("scripted").HasKey(item => item.Id);
        }
    }
}
