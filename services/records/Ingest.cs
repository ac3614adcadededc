using System.Diagnostics;
using System.Security.Cryptography;
using Fabrique.Records.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Fabrique.Records;

/// <summary>What comes from others: verified, compared, stored and indexed; or put aside.</summary>
public sealed partial class RecordStore<TDb>
{
    /// <summary>
    /// Takes in envelopes that came by pub/sub or from a feed, in one transaction. A version known already changes nothing; what cannot
    /// be trusted or read is quarantined with its reason. Never throws because of what an envelope holds.
    /// </summary>
    /// <returns>How many were new, and how many were put aside.</returns>
    internal async Task<(int Stored, int Quarantined)> IngestAsync(
        string source, IReadOnlyList<ReadOnlyMemory<byte>> envelopes, CancellationToken cancellation, CursorRow? cursor = null)
    {
        var latest = new Dictionary<(string, string), (Record Record, IMessage? Body, ReadOnlyMemory<byte> Envelope)>();
        var refused = new List<(QuarantineReason Reason, ReadOnlyMemory<byte> Envelope)>();
        foreach (var envelope in envelopes)
        {
            try
            {
                var (record, body) = Open(envelope);
                var one = (record.Kind, record.Id);
                if (!latest.TryGetValue(one, out var other) || other.Record.Version < record.Version)
                {
                    latest[one] = (record, body, envelope);
                }
            }
            catch (EnvelopeException error)
            {
                LogQuarantined(source, error.Reason);
                refused.Add((error.Reason, envelope));
            }
        }
        return await TransactAsync(async (db, store) =>
        {
            var stored = 0;
            foreach (var (record, body, envelope) in latest.Values)
            {
                var row = await db.Records.FindAsync([record.Kind, record.Id], cancellation);
                if (row is null || row.Version < record.Version)
                {
                    Put(db, store, row, record, envelope.ToArray()).Trace = Activity.Current?.Id;
                    await index.ApplyAsync(db, record, body, cancellation);
                    stored++;
                }
            }
            foreach (var (reason, envelope) in refused)
            {
                await QuarantineAsync(db, source, reason, envelope, cancellation);
            }
            if (cursor is not null)
            {
                var known = await db.Cursors.SingleOrDefaultAsync(row => row.Feed == cursor.Feed, cancellation) ?? db.Cursors.Add(cursor).Entity;
                (known.Epoch, known.Sequence) = (cursor.Epoch, cursor.Sequence);
            }
            return (stored, refused.Count);
        }, cancellation);
    }

    private (Record Record, IMessage? Body) Open(ReadOnlyMemory<byte> envelope)
    {
        var record = Envelope.Open(envelope, registry);
        if (registry.HomeOf(record.Territory, RecordKinds.AreaOf(record.Kind)) != record.Home)
        {
            throw new EnvelopeException(QuarantineReason.WrongHome);
        }
        return record.Visibility == Visibility.Private
            ? throw new EnvelopeException(QuarantineReason.PrivateRecord)
            : (record, kinds.Body(record));
    }

    private async Task QuarantineAsync(TDb db, string source, QuarantineReason reason, ReadOnlyMemory<byte> envelope, CancellationToken cancellation)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(envelope.Span));
        if (await db.Quarantine.FindAsync([digest], cancellation) is null)
        {
            db.Quarantine.Add(new QuarantineRow
            {
                Digest = digest,
                ReceivedAt = clock.GetUtcNow().UtcDateTime,
                Source = source,
                Reason = reason.ToString(),
                // Enough to study it; an oversized one is not worth the disk.
                Envelope = envelope[..Math.Min(envelope.Length, Envelope.MaxSize)].ToArray(),
            });
        }
    }

    [LoggerMessage(LogLevel.Warning, "An envelope from {Source} was quarantined: {Reason}")]
    private partial void LogQuarantined(string source, QuarantineReason reason);
}
