using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Hosting;

namespace Fabrique.Records;

/// <summary>What differs between the databases that a service can keep its records in. One instance a process; it attends to its database while the service runs.</summary>
public abstract class StoreEngine : BackgroundService
{
    private protected StoreEngine() { }

    /// <summary>Whether this process publishes and follows; of several replicas of a service one does.</summary>
    internal virtual bool Leads => true;

    internal abstract void Configure(DbContextOptionsBuilder options);

    /// <summary>Makes the database ready to be asked: created if need be.</summary>
    internal abstract Task PrepareAsync(DbContext db, CancellationToken cancellation);

    /// <summary>Inside a transaction: keeps every other process from setting up the database until the transaction ends.</summary>
    internal virtual Task BeginSetupAsync(DbContext db, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>A script of the truth in the words of this database.</summary>
    internal virtual string Script(string sql) => sql;

    /// <summary>Makes room for the tables of a new index, has them created, and drops those that no running version can need.</summary>
    internal abstract Task CreateIndexAsync(RecordsDb db, IndexRow index, Func<Task> create, CancellationToken cancellation);

    /// <summary>Inside a transaction: the store's row, which no other writer has until the transaction ends. Sequences are so allocated in the order of the commits.</summary>
    internal abstract Task<StoreRow> LockAsync(RecordsDb db, CancellationToken cancellation);

    /// <summary>Inside a transaction that adds to the sequence: tells the other replicas when it is committed.</summary>
    internal virtual Task AnnounceAsync(RecordsDb db, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Writes what the transaction changed.</summary>
    internal virtual Task SaveAsync(RecordsDb db, CancellationToken cancellation) => db.SaveChangesAsync(cancellation);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
}

/// <summary>A file in the data folder of the node, for one process. The default.</summary>
internal sealed class SqliteEngine(string file) : StoreEngine
{
    private const int WorthPreparing = 8;

    internal override void Configure(DbContextOptionsBuilder options) =>
        options.UseSqlite($"Data Source={file}").AddInterceptors(AfterCommit.Interceptor);

    internal override Task PrepareAsync(DbContext db, CancellationToken cancellation) =>
        db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellation);

    internal override async Task CreateIndexAsync(RecordsDb db, IndexRow index, Func<Task> create, CancellationToken cancellation)
    {
        foreach (var old in await db.Indexes.ToListAsync(cancellation))
        {
            foreach (var table in old.Tables.Split(' '))
            {
#pragma warning disable EF1002 // The name of a table that this database told.
                await db.Database.ExecuteSqlRawAsync($"DROP TABLE IF EXISTS \"{table}\"", cancellation);
#pragma warning restore EF1002
            }
            db.Indexes.Remove(old);
        }
        var before = await TablesAsync();
        await create();
        index.Tables = string.Join(' ', (await TablesAsync()).Except(before));

        Task<List<string>> TablesAsync() =>
            db
                .Database.SqlQuery<string>(
                    $"SELECT name AS \"Value\" FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
                )
                .ToListAsync(cancellation);
    }

    // Transactions begin immediate: the file is this one's.
    internal override Task<StoreRow> LockAsync(RecordsDb db, CancellationToken cancellation) => db.Store.SingleAsync(cancellation);

    /// <summary>Entity Framework has SQLite parse every insert anew: where many rows go to one table, one prepared statement takes them all.</summary>
    internal override Task SaveAsync(RecordsDb db, CancellationToken cancellation)
    {
        // Looking for changes in what is to be inserted would take as long as inserting it.
        db.ChangeTracker.AutoDetectChangesEnabled = false;
        var added = db.ChangeTracker.Entries().Where(row => row.State == EntityState.Added).GroupBy(row => row.Metadata);
        foreach (
            var rows in added.Where(rows =>
                rows.Count() >= WorthPreparing && rows.Key.GetProperties().All(property => property.ValueGenerated == ValueGenerated.Never)
            )
        )
        {
            Insert(db, rows.Key, rows);
        }
        db.ChangeTracker.AutoDetectChangesEnabled = true;
        return base.SaveAsync(db, cancellation);
    }

    private static void Insert(RecordsDb db, IEntityType type, IEnumerable<EntityEntry> rows)
    {
        var columns = type.GetProperties()
            .Select(property => (Property: property, Getter: property.GetGetter(), property.GetTypeMapping().Converter))
            .ToList();
        using var insert = db.Database.GetDbConnection().CreateCommand();
        insert.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        insert.CommandText = $"""
            INSERT INTO "{type.GetTableName()}" ({string.Join(", ", columns.Select(column => $"\"{column.Property.GetColumnName()}\""))})
            VALUES ({string.Join(", ", columns.Select((_, at) => $"$p{at}"))})
            """;
        var parameters = columns.Select((_, at) => new SqliteParameter { ParameterName = $"$p{at}" }).ToArray();
        insert.Parameters.AddRange(parameters);
        foreach (var row in rows)
        {
            foreach (var (at, (_, getter, converter)) in columns.Index())
            {
                var value = getter.GetClrValue(row.Entity);
                parameters[at].Value = (converter is null ? value : converter.ConvertToProvider(value)) ?? DBNull.Value;
            }
            insert.ExecuteNonQuery();
            row.State = EntityState.Detached;
        }
    }
}
