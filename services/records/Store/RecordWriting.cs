using System.Diagnostics;
using Fabrique.Records.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>What a rule decided to write: the business word, the owner, the new body and who may read it.</summary>
public sealed record Change<TBody>(string Word, string Territory, TBody Body, Visibility Visibility);

/// <summary>What is there before a write, inside its transaction: whatever a rule reads here, nothing comes between.</summary>
public sealed class Writing<TDb, TBody>(RecordStore<TDb> records, TDb db, Versioned<TBody>? current, long version)
    where TDb : RecordsDb
{
    /// <summary>The transaction's database.</summary>
    public TDb Db => db;

    /// <summary>The record as it is; null where there is none, or a tombstone.</summary>
    public Versioned<TBody>? Current => current;

    /// <summary>The version that the write will have.</summary>
    public long NextVersion => version + 1;

    /// <summary>Whether the identifier was ever written, though it be a tombstone now.</summary>
    public bool WasWritten => version > 0;

    /// <summary>Another record.</summary>
    public Task<Versioned<TOther>?> FindAsync<TOther>(string id, CancellationToken cancellation)
        where TOther : class, IMessage<TOther>, new() => records.FindAsync<TOther>(db, id, cancellation);
}

/// <summary>
/// What this node writes: the next version of a record, sealed, kept, indexed and given its place in the sequence in one transaction.
/// </summary>
public sealed partial class RecordStore<TDb>
{
    /// <summary>Writes the next version of a record of this node.</summary>
    /// <param name="decide"> The rule: from the current version (null when there is none) to the change, or null to change nothing. It runs
    /// inside the transaction, so nothing can come between; it throws a <see cref="Refusal"/> to refuse.
    /// </param>
    /// <returns>What is stored now.</returns>
    public async Task<Versioned<TBody>> WriteAsync<TBody>(
        string id,
        Func<Versioned<TBody>?, Change<TBody>?> decide,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new() =>
        await WriteAsync<TBody>(id, writing => ValueTask.FromResult(decide(writing.Current)), null, cancellation)
        ?? throw new InvalidOperationException("A rule that changes nothing needs something that exists.");

    /// <inheritdoc cref="WriteAsync{TBody}(string, Func{Versioned{TBody}?, Change{TBody}?}, CancellationToken)"/>
    /// <param name="beside">Writes rows that are nobody else's, in the same transaction, when there is something to write.</param>
    /// <returns>What is stored now; null where nothing was, and nothing was written.</returns>
    public Task<Versioned<TBody>?> WriteAsync<TBody>(
        string id,
        Func<Writing<TDb, TBody>, ValueTask<Change<TBody>?>> decide,
        Func<TDb, Task>? beside,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new() =>
        TransactAsync(
            async (db, store) =>
            {
                var row = await RowAsync<TBody>(db, id, cancellation);
                var current = Current<TBody>(row);
                if (await decide(new Writing<TDb, TBody>(this, db, current, row?.Version ?? 0)) is not { } change)
                {
                    return current;
                }
                var record = Next<TBody>(row, id, change.Territory, change.Word);
                (record.Visibility, record.Body) = (change.Visibility, change.Body.ToByteString());
                await PutAsync(db, store, row, record, change.Body, cancellation);
                await (beside?.Invoke(db) ?? Task.CompletedTask);
                return new Versioned<TBody>(change.Body, registry.Info(record));
            },
            cancellation
        );

    /// <summary>
    /// Erases a record of this node: its body, its earlier versions, and its rows of the index. What stays is that there was one, which is
    /// told to all who could read it, so that they erase it too.
    /// </summary>
    /// <param name="decide">Whose it is, if it is to be erased; null to leave it. Not asked where there is none.</param>
    /// <param name="beside">As for a write.</param>
    /// <returns>Whether it was erased.</returns>
    public Task<bool> DeleteAsync<TBody>(
        string id,
        Func<Writing<TDb, TBody>, string?> decide,
        Func<TDb, Task>? beside,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new() =>
        TransactAsync(
            async (db, store) =>
            {
                var row = await RowAsync<TBody>(db, id, cancellation);
                if (
                    Current<TBody>(row) is not { } current
                    || decide(new Writing<TDb, TBody>(this, db, current, row!.Version)) is not { } territory
                )
                {
                    return false;
                }
                var record = Next<TBody>(row, id, territory, "deleted");
                // Whoever could read any version of it is owed the tombstone, which tells nothing.
                (record.Visibility, record.Deleted) = (row.Shown, true);
                await PutAsync(db, store, row, record, null, cancellation);
                await (beside?.Invoke(db) ?? Task.CompletedTask);
                return true;
            },
            cancellation
        );

    internal async Task<Versioned<TBody>?> FindAsync<TBody>(TDb db, string id, CancellationToken cancellation)
        where TBody : class, IMessage<TBody>, new() =>
        Current<TBody>(
            await db
                .Records.AsNoTracking()
                .SingleOrDefaultAsync(row => row.Kind == RecordKind.NameOf<TBody>() && row.Id == id, cancellation)
        );

    private static Task<RecordRow?> RowAsync<TBody>(TDb db, string id, CancellationToken cancellation)
        where TBody : class, IMessage<TBody>, new() =>
        db.Records.SingleOrDefaultAsync(row => row.Kind == RecordKind.NameOf<TBody>() && row.Id == id, cancellation);

    /// <summary>The next version of a record, as far as it says what and whose.</summary>
    private Record Next<TBody>(RecordRow? row, string id, string territory, string word)
        where TBody : class, IMessage<TBody>, new()
    {
        var kind = RecordKind.NameOf<TBody>();
        registry.DemandHome(territory, RecordKind.AreaOf(kind));
        return new Record
        {
            Kind = kind,
            Id = id,
            Territory = territory,
            Home = registry.Node,
            Version = (row?.Version ?? 0) + 1,
            ChangedAt = clock.GetUtcNow().ToTimestamp(),
            Change = word,
        };
    }

    private async Task PutAsync(TDb db, StoreRow store, RecordRow? row, Record record, IMessage? body, CancellationToken cancellation)
    {
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
        await index.ApplyAsync(db, record, body, isNew, cancellation);
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
            // What its owner does not show any more is not shown by its past either.
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
}
