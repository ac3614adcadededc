using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fabrique.Records.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>An envelope that came from elsewhere.</summary>
/// <param name="Envelope">Its bytes, whatever they hold.</param>
/// <param name="Trace">The W3C trace parent that came beside it, if one did.</param>
/// <param name="Mac">The code of the service of this node that it came from, if it did: see <see cref="NodeKey.Mac"/>.</param>
internal readonly record struct Arrival(ReadOnlyMemory<byte> Envelope, string? Trace = null, ReadOnlyMemory<byte> Mac = default)
{
    public static implicit operator Arrival(ReadOnlyMemory<byte> envelope) => new(envelope);
}

/// <summary>What comes from others: verified, compared, stored and indexed; or put aside.</summary>
public sealed partial class RecordStore<TDb>
{
    /// <summary>How many envelopes of one source are kept aside.</summary>
    internal const int MostQuarantined = 1_000;

    /// <summary>How much of one source is kept aside, in bytes.</summary>
    internal const long MostQuarantinedBytes = 64L << 20;

    /// <summary>How long an envelope is kept aside.</summary>
    internal static readonly TimeSpan QuarantineTime = TimeSpan.FromDays(90);

    /// <summary>
    /// Takes in envelopes that came by pub/sub, in one transaction. A version known already changes nothing; what cannot be trusted, read
    /// or indexed is quarantined with its reason. Never throws because of what an envelope holds.
    /// </summary>
    /// <param name="source">Where they come from.</param>
    /// <returns>How many were new, and how many were put aside.</returns>
    internal Task<(int Stored, int Quarantined)> IngestAsync(
        string source,
        IReadOnlyList<Arrival> arrivals,
        CancellationToken cancellation
    ) => TakeInAsync(source, Open(arrivals), null, cancellation);

    /// <summary>Looks into envelopes, which is most of the work of taking them in and needs no database.</summary>
    internal Batch Open(IReadOnlyList<Arrival> arrivals)
    {
        var seen = registry.Version;
        // Signatures are verified each on its own. Where a service of this node has done so, reading what is left takes less than to store
        // the batch before, which goes on meanwhile and wants a processor of its own.
        return new(
            seen,
            arrivals.Count < 8 || arrivals.All(arrival => arrival.Mac.Length > 0)
                ? [.. arrivals.Select(Open)]
                : [.. arrivals.AsParallel().AsOrdered().Select(Open)]
        );
    }

    /// <inheritdoc cref="IngestAsync"/>
    /// <param name="cursor">How far the feed has been read with them.</param>
    internal async Task<(int Stored, int Quarantined)> TakeInAsync(
        string source,
        Batch batch,
        CursorRow? cursor,
        CancellationToken cancellation
    )
    {
        try
        {
            return await TakeInAsync(source, batch.Opened, batch.Seen, cursor, cancellation);
        }
        catch (Exception error) when (StoreFailure.IsOfData(error))
        {
            return await TakeInOneByOneAsync(source, batch.Opened, batch.Seen, cursor, cancellation);
        }
    }

    /// <summary>One of them cannot be stored or indexed: it must not keep the others out.</summary>
    private async Task<(int Stored, int Quarantined)> TakeInOneByOneAsync(
        string source,
        IReadOnlyList<Opened> opened,
        long seen,
        CursorRow? cursor,
        CancellationToken cancellation
    )
    {
        var (stored, quarantined) = (0, 0);
        foreach (var one in opened)
        {
            var (more, refused) = (0, 0);
            try
            {
                (more, refused) = await TakeInAsync(source, [one], seen, null, cancellation);
            }
            catch (Exception error) when (StoreFailure.IsOfData(error))
            {
                LogUnusable(one.Record!.Kind, one.Record.Id, error);
                (more, refused) = await TakeInAsync(source, [one with { Refused = QuarantineReason.Unusable }], seen, null, cancellation);
            }
            (stored, quarantined) = (stored + more, quarantined + refused);
        }
        await TakeInAsync(source, [], seen, cursor, cancellation);
        return (stored, quarantined);
    }

    private Task<(int Stored, int Quarantined)> TakeInAsync(
        string source,
        IReadOnlyList<Opened> opened,
        long seen,
        CursorRow? cursor,
        CancellationToken cancellation
    ) =>
        TransactAsync(
            async (db, store) =>
            {
                // Keys or homes changed between the look at the envelopes and this transaction: look again.
                opened =
                    registry.Version == seen
                        ? opened
                        : [.. opened.Select(one => one.Refused == QuarantineReason.Unusable ? one : Open(one.Arrival))];
                var stored = await StoreAsync(db, store, opened.Where(one => one.Refused is null), cancellation);
                var refused = opened.Where(one => one.Refused is not null).ToList();
                foreach (var one in refused)
                {
                    await QuarantineAsync(db, source, one, cancellation);
                }
                if (refused.Count > 0)
                {
                    await db.SaveChangesAsync(cancellation);
                    await MakeRoomAsync(db, store, source, cancellation);
                }
                if (cursor is not null)
                {
                    var known = await db.Cursors.SingleOrDefaultAsync(row => row.Feed == cursor.Feed, cancellation)
                        ?? db.Cursors.Add(cursor).Entity;
                    (known.Epoch, known.Sequence) = (cursor.Epoch, cursor.Sequence);
                }
                return (stored, refused.Count);
            },
            cancellation
        );

    private async Task<int> StoreAsync(TDb db, StoreRow store, IEnumerable<Opened> opened, CancellationToken cancellation)
    {
        var stored = 0;
        foreach (var kind in opened.GroupBy(one => one.Record!.Kind))
        {
            var latest = kind.GroupBy(one => one.Record!.Id).Select(same => same.MaxBy(one => one.Record!.Version)!).ToList();
            var ids = latest.Select(one => one.Record!.Id).ToArray();
            var known = await db
                .Records.Where(row => row.Kind == kind.Key && ids.Contains(row.Id))
                .ToDictionaryAsync(row => row.Id, cancellation);
            foreach (var (record, body, arrival) in latest.Select(one => (one.Record!, one.Body, one.Arrival)))
            {
                var row = known.GetValueOrDefault(record.Id);
                if (row is null || row.Version < record.Version)
                {
                    var isNew = row is null;
                    row = await PutAsync(db, store, row, record, Bytes(arrival.Envelope), Bytes(arrival.Mac), cancellation);
                    row.Trace = arrival.Trace ?? Activity.Current?.Id;
                    await index.ApplyAsync(db, record, body, isNew, cancellation);
                    stored++;
                }
            }
        }
        return stored;
    }

    /// <summary>What came alone in its array, as from a feed, need not be copied to be kept.</summary>
    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var part) && part.Count == part.Array!.Length ? part.Array : memory.ToArray();

    private Opened Open(Arrival arrival)
    {
        try
        {
            var isVerified = key.IsMac(arrival.Mac.Span, arrival.Envelope.Span);
            var record = Envelope.Open(arrival.Envelope, registry, isVerified);
            return registry.HomeOf(record.Territory, RecordKind.AreaOf(record.Kind)) != record.Home
                    ? new Opened(arrival, QuarantineReason.WrongHome)
                : record.Visibility == Visibility.Private ? new Opened(arrival, QuarantineReason.PrivateRecord)
                : new Opened(
                    isVerified ? arrival : arrival with { Mac = key.Mac(arrival.Envelope.Span) },
                    null,
                    record,
                    kinds.Body(record)
                );
        }
        catch (EnvelopeException error)
        {
            return new Opened(arrival, error.Reason);
        }
    }

    private async Task QuarantineAsync(TDb db, string source, Opened one, CancellationToken cancellation)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(one.Arrival.Envelope.Span));
        if (await db.Quarantine.FindAsync([digest], cancellation) is not null)
        {
            return;
        }
        LogQuarantined(source, one.Refused!.Value);
        db.Quarantine.Add(
            new QuarantineRow
            {
                Digest = digest,
                ReceivedAt = clock.GetUtcNow().UtcDateTime,
                Source = source,
                Reason = one.Refused.Value.ToString(),
                // Enough to study it; an oversized one is not worth the disk.
                Envelope = one.Arrival.Envelope[..Math.Min(one.Arrival.Envelope.Length, Envelope.MaxSize)].ToArray(),
            }
        );
    }

    /// <summary>The oldest of a source go first, so that one which sends rubbish fills no disk and takes no room from the others.</summary>
    private async Task MakeRoomAsync(TDb db, StoreRow store, string source, CancellationToken cancellation)
    {
        var oldest = clock.GetUtcNow().UtcDateTime - QuarantineTime;
        var dropped =
            await db.Quarantine.Where(row => row.ReceivedAt < oldest).ExecuteDeleteAsync(cancellation)
            + await db.Database.ExecuteSqlAsync(
                $"""
                DELETE FROM quarantine WHERE digest IN (
                  SELECT digest FROM (
                    SELECT digest, row_number() OVER newest AS place, sum(length(envelope)) OVER newest AS size
                    FROM quarantine WHERE source = {source} WINDOW newest AS (ORDER BY received_at DESC, digest)) AS counted
                  WHERE place > {MostQuarantined} OR size > {MostQuarantinedBytes})
                """,
                cancellation
            );
        if (dropped > 0)
        {
            store.Dropped += dropped;
            LogDropped(dropped, source);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} envelopes left the quarantine to make room for those of {Source}")]
    private partial void LogDropped(int count, string source);

    [LoggerMessage(LogLevel.Warning, "An envelope from {Source} was quarantined: {Reason}")]
    private partial void LogQuarantined(string source, QuarantineReason reason);

    [LoggerMessage(LogLevel.Error, "{Kind} {Id} cannot be stored or indexed")]
    private partial void LogUnusable(string kind, string id, Exception error);

    /// <summary>An envelope that was looked into: a record with its body where the kind is known, or the reason to put it aside.</summary>
    internal sealed record Opened(Arrival Arrival, QuarantineReason? Refused, Record? Record = null, IMessage? Body = null);

    /// <summary>Envelopes that were looked into.</summary>
    /// <param name="Seen">The state of the keys and homes by which they were.</param>
    internal sealed record Batch(long Seen, IReadOnlyList<Opened> Opened);
}
