using Fabrique.Records.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>The quarantine, the index and the epoch, for the stewards of this node.</summary>
internal sealed class MaintenanceGrpc<TDb>(IDbContextFactory<TDb> databases, RecordStore<TDb> records, Registry registry)
    : MaintenanceService.MaintenanceServiceBase
    where TDb : RecordsDb
{
    private const int MostChosen = 1000;

    public override async Task<ListQuarantineResponse> ListQuarantine(ListQuarantineRequest request, ServerCallContext context)
    {
        context.Demand(registry.Node);
        var size = Paging.Size(request.PageSize);
        var filter = new ListQuarantineRequest();
        var position = Paging.Position<Position>(filter, request.PageToken);

        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var items = db.Quarantine.AsNoTracking();
        if (position is { ReceivedAt: var at, Digest: var digest })
        {
            items = items.Where(item => item.ReceivedAt < at || (item.ReceivedAt == at && item.Digest.CompareTo(digest) > 0));
        }
        var rows = await items
            .OrderByDescending(item => item.ReceivedAt)
            .ThenBy(item => item.Digest)
            .Take(size + 1)
            .ToListAsync(context.CancellationToken);

        var response = new ListQuarantineResponse
        {
            TotalSize = await db.Quarantine.CountAsync(context.CancellationToken),
            Items = { rows.Take(size).Select(Describe) },
        };
        if (rows.Count > size)
        {
            response.NextPageToken = Paging.Token(filter, new Position(rows[size - 1].ReceivedAt, rows[size - 1].Digest));
        }
        return response;
    }

    public override async Task<ReplayQuarantineResponse> ReplayQuarantine(ReplayQuarantineRequest request, ServerCallContext context)
    {
        context.Demand(registry.Node);
        RefuseTooMany(request.Ids);
        var (released, kept) = await records.ReplayAsync(request.Ids, context.CancellationToken);
        return new ReplayQuarantineResponse { Released = released, Kept = kept };
    }

    public override async Task<DiscardQuarantineResponse> DiscardQuarantine(DiscardQuarantineRequest request, ServerCallContext context)
    {
        context.Demand(registry.Node);
        RefuseTooMany(request.Ids);
        if (request.All == request.Ids.Count > 0)
        {
            throw Refusal.Invalid("ids", $"Indiquez les envois à effacer, ou « all » pour tous.");
        }
        return new DiscardQuarantineResponse { Discarded = await records.DiscardAsync(request.Ids, context.CancellationToken) };
    }

    public override async Task<RebuildIndexResponse> RebuildIndex(RebuildIndexRequest request, ServerCallContext context)
    {
        context.Demand(registry.Node);
        await records.RebuildIndexAsync(context.CancellationToken);
        return new RebuildIndexResponse();
    }

    public override async Task<RenewEpochResponse> RenewEpoch(RenewEpochRequest request, ServerCallContext context)
    {
        context.Demand(registry.Node);
        return new RenewEpochResponse { Epoch = await records.RenewEpochAsync(context.CancellationToken) };
    }

    private static void RefuseTooMany(RepeatedField<string> ids)
    {
        if (ids.Count > MostChosen)
        {
            throw Refusal.Invalid("ids", $"Indiquez {MostChosen} envois au plus.");
        }
    }

    private static QuarantinedEnvelope Describe(QuarantineRow row)
    {
        var (record, signer) = Envelope.Look(row.Envelope);
        return new QuarantinedEnvelope
        {
            Id = row.Digest,
            ReceivedAt = DateTime.SpecifyKind(row.ReceivedAt, DateTimeKind.Utc).ToTimestamp(),
            Source = row.Source,
            Reason = row.Reason,
            Size = row.Envelope.Length,
            Kind = record?.Kind ?? "",
            RecordId = record?.Id ?? "",
            Territory = record?.Territory ?? "",
            Signer = signer,
        };
    }

    private sealed record Position(DateTime ReceivedAt, string Digest);
}
