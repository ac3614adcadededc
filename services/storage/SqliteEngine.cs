using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Fabrique.Storage;

/// <summary>A file in the data folder of the node, for one process. The default.</summary>
internal sealed class SqliteEngine(string file) : StoreEngine
{
    private const int WorthPreparing = 8;

    public override void Configure(DbContextOptionsBuilder options) =>
        options.UseSqlite($"Data Source={file}").AddInterceptors(AfterCommit.Interceptor);

    public override Task PrepareAsync(DbContext db, CancellationToken cancellation) =>
        db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellation);

    public override async Task CreateIndexAsync(DbContext db, IndexRow index, Func<Task> create, CancellationToken cancellation)
    {
        foreach (var old in await db.Set<IndexRow>().ToListAsync(cancellation))
        {
            foreach (var table in old.Tables.Split(' '))
            {
#pragma warning disable EF1002 // The name of a table that this database told.
                await db.Database.ExecuteSqlRawAsync($"DROP TABLE IF EXISTS \"{table}\"", cancellation);
#pragma warning restore EF1002
            }
            db.Set<IndexRow>().Remove(old);
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
    public override Task<TRow> LockAsync<TRow>(DbContext db, CancellationToken cancellation) => db.Set<TRow>().SingleAsync(cancellation);

    /// <summary>
    /// Entity Framework has SQLite parse every insert anew: where many rows go to one table, one prepared statement takes them all.
    /// </summary>
    public override Task SaveAsync(DbContext db, CancellationToken cancellation)
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

    private static void Insert(DbContext db, IEntityType type, IEnumerable<EntityEntry> rows)
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
            // SQLite has no other way: in its driver, the asynchronous one waits just as long.
            insert.ExecuteNonQuery();
            row.State = EntityState.Detached;
        }
    }
}
