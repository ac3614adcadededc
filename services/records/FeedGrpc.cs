using Fabrique.Records.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>The service's records in the order of its sequence. Applications of the node see what the network may see; others see what is public.</summary>
internal sealed class FeedGrpc<TDb>(IDbContextFactory<TDb> databases, RecordKinds owned, RecordSignal signal) : FeedService.FeedServiceBase
    where TDb : RecordsDb
{
    private const int BatchSize = 200;

    public override async Task Read(ReadRequest request, IServerStreamWriter<ReadResponse> responseStream, ServerCallContext context)
    {
        if (request.After < 0)
        {
            throw Refusal.Invalid("after", "La position ne peut pas être négative.");
        }
        var cancellation = context.CancellationToken;
        var audience = await IsOfThisNodeAsync(context.GetHttpContext()) ? Visibility.Network : Visibility.Public;
        var kinds = request.Kinds.Count > 0 ? [.. request.Kinds] : owned.Owned.ToArray();

        await using var db = await databases.CreateDbContextAsync(cancellation);
        var epoch = await db.Store.Select(store => store.Epoch).SingleAsync(cancellation);
        var after = request.Epoch == epoch || request.Epoch.Length == 0 ? request.After : 0;
        do
        {
            var next = signal.Next;
            var last = await db.Store.Select(store => store.LastSequence).SingleAsync(cancellation);
            for (var end = false; !end;)
            {
                var rows = await db.Records.AsNoTracking().Where(row => row.Sequence > after && row.Sequence <= last && kinds.Contains(row.Kind))
                    .OrderBy(row => row.Sequence).Take(BatchSize).ToListAsync(cancellation);
                foreach (var row in rows)
                {
                    after = row.Sequence;
                    if (row.For(audience) is { } envelope)
                    {
                        var response = new ReadResponse { Epoch = epoch, Sequence = after, Envelope = UnsafeByteOperations.UnsafeWrap(envelope) };
                        await responseStream.WriteAsync(response, cancellation);
                    }
                }
                end = rows.Count < BatchSize;
            }
            // How far the feed has been read, whatever was not for this reader.
            after = last;
            await responseStream.WriteAsync(new ReadResponse { Epoch = epoch, Sequence = last }, cancellation);
            if (request.Follow)
            {
                while (await db.Store.Select(store => store.LastSequence).SingleAsync(cancellation) == last)
                {
                    await signal.WaitAsync(next, TimeSpan.FromSeconds(1), cancellation);
                    next = signal.Next;
                }
            }
        }
        while (request.Follow);
    }

    private static async Task<bool> IsOfThisNodeAsync(HttpContext context) => (await context.AuthenticateAsync(Apps.SidecarOnly)).Succeeded;
}
