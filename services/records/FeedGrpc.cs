using Fabrique.Records.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>
/// The service's records in the order of its sequence. Applications of the node see what the network may see; others see what is public,
/// and nothing of territories that were invented.
/// </summary>
internal sealed class FeedGrpc<TDb>(IDbContextFactory<TDb> databases, RecordKinds kinds, RecordSignal signal, TimeProvider clock)
    : FeedService.FeedServiceBase
    where TDb : RecordsDb
{
    private const int FirstBatch = 50;
    private const int LargestBatch = 200;

    /// <summary>What a batch should hold in memory, in bytes: a feed of long texts is read in smaller ones.</summary>
    private const int BatchBytes = 1 << 20;

    /// <summary>From how many bytes on it pays to send: records wait for each other until then, or for the end.</summary>
    private const int WorthSending = 64 << 10;

    private static readonly WriteOptions Gathering = new(WriteFlags.BufferHint);

    /// <summary>Readers from outside that may wait at the same time for what comes; each costs a look at the database a second.</summary>
    private const int MostFollowers = 200;

    // Shorter than the patience of proxies, and how a reader that is gone is noticed.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private static int _followers;

    public override async Task Read(ReadRequest request, IServerStreamWriter<ReadResponse> responseStream, ServerCallContext context)
    {
        if (request.After < 0)
        {
            throw Refusal.Invalid("after", $"La position ne peut pas être négative.");
        }
        var audience = await context.IsOfThisNodeAsync() ? Visibility.Network : Visibility.Public;
        var waits = request.Follow && audience == Visibility.Public;
        try
        {
            if (waits && Interlocked.Increment(ref _followers) > MostFollowers)
            {
                throw new Refusal(
                    StatusCode.ResourceExhausted,
                    "TOO_MANY_FOLLOWERS",
                    $"Trop de lecteurs suivent ce flux. Relisez-le de temps en temps, sans « follow »."
                );
            }
            await ReadAsync(request, audience, responseStream, context.CancellationToken);
        }
        finally
        {
            if (waits)
            {
                Interlocked.Decrement(ref _followers);
            }
        }
    }

    private async Task ReadAsync(
        ReadRequest request,
        Visibility audience,
        IServerStreamWriter<ReadResponse> responses,
        CancellationToken cancellation
    )
    {
        // Kinds that this service does not know are passed on; those of other areas are fed by their own service.
        var (area, wanted) = ($"fabrique.{kinds.Area}.", request.Kinds.ToArray());
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var store = await db.Store.AsNoTracking().SingleAsync(cancellation);
        var after =
            request.FromEnd ? store.LastSequence
            : request.Epoch == store.Epoch && request.After <= store.LastSequence ? request.After
            : 0;
        while (true)
        {
            var next = signal.Next;
            var (last, size, waiting) = (await LastAsync(), FirstBatch, 0);
            for (var end = false; !end; )
            {
                var rows = await db
                    .Records.AsNoTracking()
                    .Where(row => row.Sequence > after && row.Sequence <= last && row.Kind.StartsWith(area))
                    .Where(row => audience != Visibility.Public || !row.Territory.StartsWith(Fictional.Prefix))
                    // The empty text keeps the database from going by kind, and sorting what is left of the feed for each batch.
                    .Where(row => wanted.Length == 0 || wanted.Contains(row.Kind + ""))
                    .OrderBy(row => row.Sequence)
                    .Take(size)
                    .ToListAsync(cancellation);
                foreach (var row in rows)
                {
                    after = row.Sequence;
                    if (row.For(audience) is { } envelope)
                    {
                        var response = new ReadResponse
                        {
                            Epoch = store.Epoch,
                            Sequence = after,
                            Envelope = UnsafeByteOperations.UnsafeWrap(envelope),
                        };
                        // A tombstone has no code.
                        if (audience == Visibility.Network && row.Visibility >= audience && row.Mac is { } mac)
                        {
                            response.Mac = UnsafeByteOperations.UnsafeWrap(mac);
                        }
                        waiting += envelope.Length;
                        var isEnough = waiting >= WorthSending;
                        (responses.WriteOptions, waiting) = (isEnough ? WriteOptions.Default : Gathering, isEnough ? 0 : waiting);
                        await responses.WriteAsync(response, cancellation);
                    }
                }
                end = rows.Count < size;
                size = Math.Clamp((int)(BatchBytes / rows.Select(row => row.Envelope.Length).DefaultIfEmpty(1).Average()), 1, LargestBatch);
            }
            // How far the feed has been read, whatever was not for this reader.
            after = last;
            responses.WriteOptions = WriteOptions.Default;
            await responses.WriteAsync(new ReadResponse { Epoch = store.Epoch, Sequence = last }, cancellation);
            // A reader of an epoch that is over comes again, and starts over.
            if (!request.Follow || await db.Store.Select(row => row.Epoch).SingleAsync(cancellation) != store.Epoch)
            {
                return;
            }
            var said = clock.GetTimestamp();
            while (await LastAsync() == last && clock.GetElapsedTime(said) < LongestSilence)
            {
                await signal.WaitAsync(next, TimeSpan.FromSeconds(1), cancellation);
                next = signal.Next;
            }
        }

        Task<long> LastAsync() => db.Store.Select(row => row.LastSequence).SingleAsync(cancellation);
    }
}
