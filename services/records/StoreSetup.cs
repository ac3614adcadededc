using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>
/// Brings a service's database up to date before anything else starts: the truth by the numbered scripts, the index from the model; an
/// index of another version is dropped and derived again from the records.
/// </summary>
internal sealed partial class StoreSetup<TDb>(
    IDbContextFactory<TDb> databases, RecordIndex<TDb> index, RecordKinds kinds, Registry registry, ILogger<StoreSetup<TDb>> log) : IHostedService
    where TDb : RecordsDb
{
    private const int BatchSize = 500;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using (var db = await databases.CreateDbContextAsync(cancellationToken))
        {
            await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellationToken);
            await ApplyScriptsAsync(db, cancellationToken);
            await registry.LoadAsync(db, cancellationToken);
        }
        await RebuildIndexAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task ApplyScriptsAsync(TDb db, CancellationToken cancellation)
    {
        var own = typeof(StoreSetup<>).Assembly;
        var scripts = new[] { own, typeof(TDb).Assembly }.Distinct()
            .SelectMany(assembly => assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Select(name => (assembly, name)))
            .OrderBy(script => script.assembly != own).ThenBy(script => script.name, StringComparer.Ordinal);
        await db.Database.ExecuteSqlRawAsync("CREATE TABLE IF NOT EXISTS schema_scripts (name TEXT PRIMARY KEY)", cancellation);
        var applied = await db.Database.SqlQueryRaw<string>("SELECT name AS \"Value\" FROM schema_scripts").ToHashSetAsync(cancellation);
        foreach (var (assembly, name) in scripts.Where(script => !applied.Contains(script.name)))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            await db.Database.ExecuteSqlRawAsync(await ReadAsync(assembly, name, cancellation), cancellation);
            await db.Database.ExecuteSqlAsync($"INSERT INTO schema_scripts (name) VALUES ({name})", cancellation);
            await transaction.CommitAsync(cancellation);
        }
        if (!await db.Store.AnyAsync(cancellation))
        {
            // Drawn with the database; whoever restores a back-up draws it again, and followers then start over.
            db.Store.Add(new StoreRow { Epoch = Guid.CreateVersion7().ToString(), IndexVersion = "" });
            await db.SaveChangesAsync(cancellation);
        }
    }

    private async Task RebuildIndexAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        if ((await db.Store.SingleAsync(cancellation)).IndexVersion == index.Version)
        {
            return;
        }
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        foreach (var table in db.GetService<IDesignTimeModel>().Model.GetEntityTypes().Where(type => !type.IsTableExcludedFromMigrations()).Select(type => type.GetTableName()).OfType<string>().Distinct())
        {
#pragma warning disable EF1002 // The name of a table of our own model.
            await db.Database.ExecuteSqlRawAsync($"DROP TABLE IF EXISTS \"{table}\"", cancellation);
#pragma warning restore EF1002
        }
        await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(cancellation);
        await index.CreateAsync(db, cancellation);

        var count = 0;
        for (var after = 0L; ;)
        {
            var rows = await db.Records.AsNoTracking().Where(row => row.Sequence > after).OrderBy(row => row.Sequence).Take(BatchSize).ToListAsync(cancellation);
            if (rows.Count == 0)
            {
                break;
            }
            foreach (var row in rows)
            {
                var record = Envelope.Read(row.Envelope);
                try
                {
                    await index.ApplyAsync(db, record, kinds.Body(record), cancellation);
                }
                catch (EnvelopeException)
                {
                    // Kept while its kind was unknown here; now that it is known, it turns out to be none.
                    LogUnreadable(record.Kind, record.Id);
                }
            }
            await db.SaveChangesAsync(cancellation);
            db.ChangeTracker.Clear();
            (after, count) = (rows[^1].Sequence, count + rows.Count);
            LogProgress(count);
        }
        await db.Store.ExecuteUpdateAsync(store => store.SetProperty(row => row.IndexVersion, index.Version), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task<string> ReadAsync(Assembly assembly, string name, CancellationToken cancellation)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return await reader.ReadToEndAsync(cancellation);
    }

    [LoggerMessage(LogLevel.Warning, "{Kind} {Id} cannot be read and is not in the index")]
    private partial void LogUnreadable(string kind, string id);

    [LoggerMessage(LogLevel.Information, "Index rebuilt from {Count} records")]
    private partial void LogProgress(int count);
}
