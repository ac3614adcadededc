using Fabrique.Records.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>What whoever looks after the node can put right: the quarantine, the index, the epoch.</summary>
public sealed partial class RecordStore<TDb>
{
    /// <summary>
    /// Looks again at envelopes that were put aside: those that can be taken in now leave the quarantine, the others keep their latest
    /// reason.
    /// </summary>
    /// <param name="digests">Which ones; none means all.</param>
    /// <param name="cancellation">Gives up between two of them.</param>
    /// <returns>How many left the quarantine, and how many stay.</returns>
    internal async Task<(int Released, int Kept)> ReplayAsync(IReadOnlyCollection<string> digests, CancellationToken cancellation)
    {
        var (released, kept) = (0, 0);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var chosen = await Chosen(db, digests).Select(row => row.Digest).ToListAsync(cancellation);
        foreach (var digest in chosen)
        {
            var row = await db.Quarantine.AsNoTracking().SingleOrDefaultAsync(row => row.Digest == digest, cancellation);
            if (row is not null && await ReplayAsync(row, cancellation))
            {
                released++;
            }
            else if (row is not null)
            {
                kept++;
            }
        }
        return (released, kept);
    }

    /// <summary>Erases envelopes that were put aside.</summary>
    /// <param name="digests">Which ones; none means all.</param>
    /// <param name="cancellation">Gives up before the commit.</param>
    /// <returns>How many there were.</returns>
    internal Task<int> DiscardAsync(IReadOnlyCollection<string> digests, CancellationToken cancellation) =>
        TransactAsync((db, _) => Chosen(db, digests).ExecuteDeleteAsync(cancellation), cancellation);

    /// <summary>Has every row of the index derived again from its record, in the background; reads go on meanwhile.</summary>
    internal async Task RebuildIndexAsync(CancellationToken cancellation)
    {
        await TransactAsync(
            (db, _) =>
                db
                    .Indexes.Where(row => row.Version == index.Version)
                    .ExecuteUpdateAsync(row => row.SetProperty(built => built.Sequence, 0L), cancellation),
            cancellation
        );
        signal.Set();
    }

    /// <summary>
    /// Draws the epoch again: every follower of this feed starts over. For a database that was put back to an earlier state.
    /// </summary>
    internal Task<string> RenewEpochAsync(CancellationToken cancellation) =>
        TransactAsync((_, store) => Task.FromResult(store.Epoch = StoreRow.NewEpoch()), cancellation);

    /// <summary>Derives the index from the next records that are not in it yet.</summary>
    /// <returns>The sequence up to which everything is in the index now.</returns>
    internal async Task<long> IndexAsync(int count, CancellationToken cancellation)
    {
        try
        {
            return await TransactAsync((db, store) => IndexAsync(db, store, count, null, cancellation), cancellation);
        }
        catch (Exception error) when (StoreFailure.IsOfData(error) && count > 1)
        {
            return await IndexAsync(1, cancellation);
        }
        catch (Exception error) when (StoreFailure.IsOfData(error))
        {
            // It cannot be searched, and must not keep those behind it from being so.
            return await TransactAsync((db, store) => IndexAsync(db, store, 1, error, cancellation), cancellation);
        }
    }

    private async Task<long> IndexAsync(TDb db, StoreRow store, int count, Exception? skip, CancellationToken cancellation)
    {
        var built = await db.Indexes.SingleAsync(row => row.Version == index.Version, cancellation);
        var rows = await db
            .Records.AsNoTracking()
            .Where(row => row.Sequence > built.Sequence)
            .OrderBy(row => row.Sequence)
            .Take(count)
            .ToListAsync(cancellation);
        foreach (var row in rows)
        {
            if (skip is not null)
            {
                LogUnusable(row.Kind, row.Id, skip);
                continue;
            }
            var record = Envelope.Read(row.Envelope);
            await index.ApplyAsync(db, record, BodyOf(record), isNew: false, cancellation);
        }
        return built.Sequence = rows.Count < count ? store.LastSequence : rows[^1].Sequence;
    }

    /// <summary>The body of a record of this store. One that was kept while its kind was unknown may turn out to be none.</summary>
    private IMessage? BodyOf(Record record)
    {
        try
        {
            return kinds.Body(record);
        }
        catch (EnvelopeException error)
        {
            LogUnusable(record.Kind, record.Id, error);
            return null;
        }
    }

    private async Task<bool> ReplayAsync(QuarantineRow row, CancellationToken cancellation)
    {
        var opened = Open(new Arrival(row.Envelope));
        if (opened.Refused is null)
        {
            try
            {
                await TransactAsync(
                    async (db, store) =>
                    {
                        await StoreAsync(db, store, [opened], cancellation);
                        return await Chosen(db, [row.Digest]).ExecuteDeleteAsync(cancellation);
                    },
                    cancellation
                );
                return true;
            }
            catch (Exception error) when (StoreFailure.IsOfData(error))
            {
                opened = opened with { Refused = QuarantineReason.Unusable };
            }
        }
        await TransactAsync(
            (db, _) =>
                Chosen(db, [row.Digest])
                    .ExecuteUpdateAsync(known => known.SetProperty(item => item.Reason, opened.Refused.ToString()), cancellation),
            cancellation
        );
        return false;
    }

    private static IQueryable<QuarantineRow> Chosen(TDb db, IReadOnlyCollection<string> digests) =>
        digests.Count == 0 ? db.Quarantine : db.Quarantine.Where(row => digests.Contains(row.Digest));
}
