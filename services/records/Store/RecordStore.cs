using Fabrique.Records.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>A body with the record it was read from.</summary>
public sealed record Versioned<TBody>(TBody Body, RecordInfo Info);

/// <summary>
/// The records of a service: one transaction for a record, its place in the sequence and its index; one writer at a time among all
/// replicas of the service, so that the sequence has no gap and no reader skips a late commit.
/// </summary>
public sealed partial class RecordStore<TDb>(
    IDbContextFactory<TDb> databases,
    RecordKinds kinds,
    RecordIndex<TDb> index,
    Registry registry,
    NodeKey key,
    StoreEngine engine,
    RecordSignal signal,
    TimeProvider clock,
    ILogger<RecordStore<TDb>> log
) : IDisposable
    where TDb : RecordsDb
{
    // Whoever waits here waits more cheaply than at the database.
    private readonly SemaphoreSlim _writer = new(1);

    /// <summary>The record, unless it does not exist or is a tombstone.</summary>
    public async Task<Versioned<TBody>?> FindAsync<TBody>(string id, CancellationToken cancellation)
        where TBody : class, IMessage<TBody>, new()
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var row = await db
            .Records.AsNoTracking()
            .SingleOrDefaultAsync(row => row.Kind == RecordKind.NameOf<TBody>() && row.Id == id, cancellation);
        return Current<TBody>(row);
    }

    /// <summary>Those of these records that exist and are no tombstones, by identifier.</summary>
    public async Task<IReadOnlyDictionary<string, Versioned<TBody>>> FindAsync<TBody>(
        IReadOnlyCollection<string> ids,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new()
    {
        if (ids.Count == 0)
        {
            return new Dictionary<string, Versioned<TBody>>();
        }
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var rows = await db
            .Records.AsNoTracking()
            .Where(row => row.Kind == RecordKind.NameOf<TBody>() && ids.Contains(row.Id))
            .ToListAsync(cancellation);
        return rows.Where(row => !row.Deleted).ToDictionary(row => row.Id, row => Current<TBody>(row)!);
    }

    /// <summary>
    /// Earlier versions that anybody could read, the latest first, as far as this node saw them. A record that was taken back has none:
    /// what its owner does not show any more is not shown by its past either.
    /// </summary>
    /// <param name="before">Only versions before this one.</param>
    /// <param name="count">At most that many.</param>
    public async Task<IReadOnlyList<Versioned<TBody>>> HistoryAsync<TBody>(
        string id,
        long before,
        int count,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new()
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var envelopes = await db
            .History.Where(row => row.Kind == RecordKind.NameOf<TBody>() && row.Id == id && row.Version < before)
            .OrderByDescending(row => row.Version)
            .Take(count)
            .Select(row => row.Envelope)
            .ToListAsync(cancellation);
        return
        [
            .. envelopes.Select(Envelope.Read).Select(record => new Versioned<TBody>((TBody)kinds.Body(record)!, registry.Info(record))),
        ];
    }

    /// <summary>How many versions before this one anybody could read, as far as this node saw them.</summary>
    public async Task<int> PublishedBeforeAsync<TBody>(string id, long version, CancellationToken cancellation)
        where TBody : class, IMessage<TBody>, new()
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return await db.History.CountAsync(
            row => row.Kind == RecordKind.NameOf<TBody>() && row.Id == id && row.Version < version,
            cancellation
        );
    }

    /// <summary>Whether the record was ever written here, even if it is a tombstone now.</summary>
    public async Task<bool> ExistsAsync<TBody>(string id, CancellationToken cancellation)
        where TBody : class, IMessage<TBody>, new()
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return await db.Records.AnyAsync(row => row.Kind == RecordKind.NameOf<TBody>() && row.Id == id, cancellation);
    }

    internal Task SavePublishedAsync(long sequence, CancellationToken cancellation) =>
        TransactAsync((_, store) => Task.FromResult(store.Published = sequence), cancellation);

    /// <summary>Trusts a key of another node: what it signs is accepted where that node is at home.</summary>
    /// <param name="keyId">See <see cref="NodeKey.KeyId"/>.</param>
    /// <param name="publicKey">As SubjectPublicKeyInfo.</param>
    public Task TrustAsync(string node, string keyId, byte[] publicKey, CancellationToken cancellation) =>
        RegisterAsync(
            async db =>
            {
                if (await db.NodeKeys.FindAsync([node, keyId], cancellation) is null)
                {
                    db.NodeKeys.Add(
                        new NodeKeyRow
                        {
                            Node = node,
                            KeyId = keyId,
                            PublicKey = publicKey,
                        }
                    );
                }
            },
            cancellation
        );

    /// <summary>From now on only this node may write the territory's records of the area.</summary>
    public Task BindHomeAsync(string territory, string area, string node, CancellationToken cancellation) =>
        RegisterAsync(
            async db =>
            {
                var row = await db.Homes.FindAsync([territory, area], cancellation)
                    ?? db.Homes.Add(
                        new HomeRow
                        {
                            Territory = territory,
                            Area = area,
                            Node = node,
                        }
                    ).Entity;
                row.Node = node;
            },
            cancellation
        );

    public void Dispose() => _writer.Dispose();

    private async Task RegisterAsync(Func<TDb, Task> change, CancellationToken cancellation)
    {
        await TransactAsync(
            async (db, store) =>
            {
                await change(db);
                return ++store.Registry;
            },
            cancellation
        );
        // The next transaction of every process finds its copy old; this one need not wait for it.
        await using var db = await databases.CreateDbContextAsync(cancellation);
        await registry.LoadAsync(db, cancellation);
    }

    private Versioned<TBody>? Current<TBody>(RecordRow? row)
        where TBody : class, IMessage<TBody>, new()
    {
        if (row is null or { Deleted: true })
        {
            return null;
        }
        var record = Envelope.Read(row.Envelope);
        return new Versioned<TBody>((TBody)kinds.Body(record)!, registry.Info(record));
    }

    private async Task<T> TransactAsync<T>(Func<TDb, StoreRow, Task<T>> work, CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        try
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            var store = await engine.LockAsync<StoreRow>(db, cancellation);
            if (store.Registry != registry.Version)
            {
                await registry.LoadAsync(db, cancellation);
            }
            var before = store.LastSequence;
            var result = await work(db, store);
            await engine.SaveAsync(db, cancellation);
            if (store.LastSequence > before)
            {
                // The index follows in step, unless it was behind: then its builder comes to these records in their turn.
                await db
                    .Indexes.Where(row => row.Version == index.Version && row.Sequence == before)
                    .ExecuteUpdateAsync(row => row.SetProperty(built => built.Sequence, store.LastSequence), cancellation);
                await engine.AnnounceAsync(db, cancellation);
            }
            await transaction.CommitAsync(cancellation);
            if (store.LastSequence > before)
            {
                signal.Set();
            }
            return result;
        }
        finally
        {
            _writer.Release();
        }
    }
}
