using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Hosting;

namespace Fabrique.Records;

/// <summary>
/// Brings a service's database up to date before anything else starts: the truth by the numbered scripts, the tables of the index from the
/// model when its version is new. The <see cref="IndexBuilder{TDb}"/> then fills them while the service already answers.
/// </summary>
internal sealed class StoreSetup<TDb>(
    IDbContextFactory<TDb> databases,
    StoreEngine engine,
    RecordIndex<TDb> index,
    Registry registry,
    TimeProvider clock
) : IHostedService
    where TDb : RecordsDb
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await engine.PrepareAsync(db, cancellationToken);
        await using (var transaction = await db.Database.BeginTransactionAsync(cancellationToken))
        {
            await engine.BeginSetupAsync(db, cancellationToken);
            await ApplyScriptsAsync(db, cancellationToken);
            await CreateIndexAsync(db, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        await registry.LoadAsync(db, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task ApplyScriptsAsync(TDb db, CancellationToken cancellation)
    {
        await engine.ApplyScriptsAsync(db, [.. new[] { typeof(StoreSetup<>).Assembly, typeof(TDb).Assembly }.Distinct()], cancellation);
        if (!await db.Store.AnyAsync(cancellation))
        {
            db.Store.Add(new StoreRow { Epoch = StoreRow.NewEpoch() });
        }
    }

    private async Task CreateIndexAsync(TDb db, CancellationToken cancellation)
    {
        if (await db.Indexes.AnyAsync(row => row.Version == index.Version, cancellation))
        {
            return;
        }
        var row = new IndexRow { Version = index.Version, CreatedAt = clock.GetUtcNow().UtcDateTime };
        await engine.CreateIndexAsync(
            db,
            row,
            async () =>
            {
                await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(cancellation);
                await index.CreateAsync(db, cancellation);
            },
            cancellation
        );
        db.Indexes.Add(row);
    }
}
