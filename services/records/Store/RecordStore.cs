using System.Diagnostics;
using Fabrique.Records.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>A body with the record it was read from.</summary>
public sealed record Versioned<TBody>(TBody Body, RecordInfo Info);

/// <summary>What a rule decided to write: the business word, the owner, the new body and who may read it.</summary>
public sealed record Change<TBody>(string Word, string Territory, TBody Body, Visibility Visibility);

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
            .SingleOrDefaultAsync(row => row.Kind == RecordKinds.KindOf<TBody>() && row.Id == id, cancellation);
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
            .Where(row => row.Kind == RecordKinds.KindOf<TBody>() && ids.Contains(row.Id))
            .ToListAsync(cancellation);
        return rows.Where(row => !row.Deleted).ToDictionary(row => row.Id, row => Current<TBody>(row)!);
    }

    /// <summary>
    /// Earlier versions that anybody could read, the latest first, as far as this node saw them. A record that was taken back has none:
    /// what its owner does not show any more is not shown by its past either.
    /// </summary>
    /// <param name="id">Identifier of the record.</param>
    /// <param name="before">Only versions before this one.</param>
    /// <param name="count">At most that many.</param>
    /// <param name="cancellation">Gives up.</param>
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
            .History.Where(row => row.Kind == RecordKinds.KindOf<TBody>() && row.Id == id && row.Version < before)
            .OrderByDescending(row => row.Version)
            .Take(count)
            .Select(row => row.Envelope)
            .ToListAsync(cancellation);
        return
        [
            .. envelopes.Select(Envelope.Read).Select(record => new Versioned<TBody>((TBody)kinds.Body(record)!, registry.Info(record))),
        ];
    }

    /// <summary>Whether the record was ever written here, even if it is a tombstone now.</summary>
    public async Task<bool> ExistsAsync<TBody>(string id, CancellationToken cancellation)
        where TBody : class, IMessage<TBody>, new()
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return await db.Records.AnyAsync(row => row.Kind == RecordKinds.KindOf<TBody>() && row.Id == id, cancellation);
    }

    /// <summary>Writes the next version of a record of this node.</summary>
    /// <param name="id">Identifier of the record.</param>
    /// <param name="decide">
    /// The rule: from the current version (null when there is none) to the change, or null to change nothing. It runs inside the
    /// transaction, so nothing can come between; it throws a <see cref="Refusal"/> to refuse.
    /// </param>
    /// <param name="cancellation">Gives up before the commit.</param>
    /// <returns>What is stored now.</returns>
    public Task<Versioned<TBody>> WriteAsync<TBody>(
        string id,
        Func<Versioned<TBody>?, Change<TBody>?> decide,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new() => WriteAsync(id, decide, _ => Task.CompletedTask, cancellation);

    /// <param name="id">Identifier of the record.</param>
    /// <param name="decide">The rule.</param>
    /// <param name="beside">Writes rows that are nobody else's, in the same transaction, when there is something to write.</param>
    /// <param name="cancellation">Gives up before the commit.</param>
    public async Task<Versioned<TBody>> WriteAsync<TBody>(
        string id,
        Func<Versioned<TBody>?, Change<TBody>?> decide,
        Func<TDb, Task> beside,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new()
    {
        var kind = RecordKinds.KindOf<TBody>();
        return await TransactAsync(
            async (db, store) =>
            {
                var row = await db.Records.SingleOrDefaultAsync(row => row.Kind == kind && row.Id == id, cancellation);
                var current = Current<TBody>(row);
                if (decide(current) is not { } change)
                {
                    return current ?? throw new InvalidOperationException("A rule that changes nothing needs something that exists.");
                }
                if (registry.HomeOf(change.Territory, RecordKinds.AreaOf(kind)) != registry.Node)
                {
                    throw new Refusal(
                        StatusCode.FailedPrecondition,
                        "NOT_HOME",
                        $"Ce territoire tient cette pièce chez lui : modifiez-la sur son propre site."
                    );
                }
                var record = new Record
                {
                    Kind = kind,
                    Id = id,
                    Territory = change.Territory,
                    Home = registry.Node,
                    Version = (row?.Version ?? 0) + 1,
                    ChangedAt = clock.GetUtcNow().ToTimestamp(),
                    Change = change.Word,
                    Visibility = change.Visibility,
                    Body = change.Body.ToByteString(),
                };
                var envelope = Envelope.Seal(record, key);
                if (envelope.Length > Envelope.MaxSize)
                {
                    throw new Refusal(StatusCode.InvalidArgument, "TOO_LARGE", $"L’ensemble des textes est trop long : 512 Kio au plus.");
                }
                var (before, isNew) = (row?.Visibility, row is null);
                row = await PutAsync(db, store, row, record, envelope, key.Mac(envelope), cancellation);
                // One tombstone tells the loss of sight; later versions that the same readers do not see are none of their business.
                row.Tombstone =
                    row.Shown <= record.Visibility ? null
                    : before == record.Visibility ? row.Tombstone
                    : Tombstone(record, row.Shown);
                row.Trace = Activity.Current?.Id;
                await index.ApplyAsync(db, record, change.Body, isNew, cancellation);
                await beside(db);
                return new Versioned<TBody>(change.Body, registry.Info(record));
            },
            cancellation
        );
    }

    internal Task SavePublishedAsync(long sequence, CancellationToken cancellation) =>
        TransactAsync((_, store) => Task.FromResult(store.Published = sequence), cancellation);

    /// <summary>Trusts a key of another node: what it signs is accepted where that node is at home.</summary>
    public Task TrustAsync(NodeKey peer, CancellationToken cancellation) =>
        RegisterAsync(
            async db =>
            {
                if (await db.NodeKeys.FindAsync([peer.Node, peer.KeyId], cancellation) is null)
                {
                    db.NodeKeys.Add(
                        new NodeKeyRow
                        {
                            Node = peer.Node,
                            KeyId = peer.KeyId,
                            PublicKey = peer.PublicKey(),
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

    private static async Task<RecordRow> PutAsync(
        TDb db,
        StoreRow store,
        RecordRow? row,
        Record record,
        byte[] envelope,
        byte[] mac,
        CancellationToken cancellation
    )
    {
        if (record.Deleted || record.Visibility < Visibility.Public)
        {
            if (row is { Shown: Visibility.Public })
            {
                await db.History.Where(version => version.Kind == record.Kind && version.Id == record.Id).ExecuteDeleteAsync(cancellation);
            }
        }
        else if (row is { Visibility: Visibility.Public, Deleted: false })
        {
            db.History.Add(
                new HistoryRow
                {
                    Kind = row.Kind,
                    Id = row.Id,
                    Version = row.Version,
                    Envelope = row.Envelope,
                }
            );
        }
        row ??= db
            .Records.Add(
                new RecordRow
                {
                    Kind = record.Kind,
                    Id = record.Id,
                    Territory = "",
                    Home = "",
                    Envelope = envelope,
                }
            )
            .Entity;
        row.Territory = record.Territory;
        row.Home = record.Home;
        row.Version = record.Version;
        row.Sequence = ++store.LastSequence;
        row.Visibility = record.Visibility;
        row.Shown = record.Visibility > row.Shown ? record.Visibility : row.Shown;
        row.Deleted = record.Deleted;
        row.Envelope = envelope;
        row.Mac = mac;
        return row;
    }

    private byte[] Tombstone(Record record, Visibility shown)
    {
        var tombstone = record.Clone();
        tombstone.Visibility = shown;
        tombstone.Deleted = true;
        tombstone.Body = ByteString.Empty;
        return Envelope.Seal(tombstone, key);
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
