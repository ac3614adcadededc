using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>Who reads which snapshot: the delegation what its families may see, facilitators those that are open to them.</summary>
internal sealed partial class AssessmentsGrpc
{
    public override async Task<ListSnapshotsResponse> ListSnapshots(ListSnapshotsRequest request, ServerCallContext context)
    {
        var (territory, isOurs) = await ReaderAsync(request.Territory, context);
        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var heads = await db
            .Snapshots.AsNoTracking()
            .Where(row => row.Territory == territory && (isOurs || row.IsOpen))
            .OrderByDescending(row => row.FrozenOn)
            .ThenByDescending(row => row.Id)
            .Take(AssessmentRules.MostSnapshots)
            .Select(row => row.Head)
            .ToListAsync(context.CancellationToken);
        return new ListSnapshotsResponse { Snapshots = { heads.Select(AssessmentSnapshot.Parser.ParseFrom) } };
    }

    public override async Task<GetSnapshotResponse> GetSnapshot(GetSnapshotRequest request, ServerCallContext context)
    {
        var (territory, isOurs) = await ReaderAsync(request.Territory, context);
        var found = await FoundAsync(territory, request.Id, context);
        if (!isOurs && found.Body.OpenedOn.Length == 0)
        {
            throw Kinds.Snapshot.Missing();
        }
        var seen = Resource(
            isOurs ? found.Body.SeenBy(Families(territory, context), await NowAsync(territory, context)) : found.Body,
            found.Info
        );
        return new GetSnapshotResponse { Snapshot = seen, Comparisons = { questionnaires.Of(seen).Compare(seen.Sheets) } };
    }

    public override async Task<CompareSnapshotsResponse> CompareSnapshots(CompareSnapshotsRequest request, ServerCallContext context)
    {
        var territory = Demanded(request.Territory, context);
        var (families, now) = (Families(territory, context), await NowAsync(territory, context));
        var (before, after) = (await FoundAsync(territory, request.Before, context), await FoundAsync(territory, request.After, context));
        var response = new CompareSnapshotsResponse
        {
            Before = Resource(before.Body.SeenBy(families, now), before.Info),
            After = Resource(after.Body.SeenBy(families, now), after.Info),
        };
        response.Changes.AddRange(questionnaires.Of(response.After).Changes(response.Before.Sheets, response.After.Sheets));
        return response;
    }

    /// <summary>The territory, and whether the caller is of its delegation; anybody else has to be its facilitator.</summary>
    private async Task<(string Territory, bool IsOurs)> ReaderAsync(string code, ServerCallContext context)
    {
        var territory = directory.Find(code)?.Id ?? code;
        if (context.May(territory, "delegation"))
        {
            return (territory, true);
        }
        var membership = await records.FindAsync<Membership>(territory, context.CancellationToken);
        context.Demand(membership is null ? territory : Kinds.Membership.SubjectOf(membership.Body), "opened");
        return (territory, false);
    }

    private async Task<Versioned<AssessmentSnapshot>> FoundAsync(string territory, string id, ServerCallContext context) =>
        await records.FindAsync<AssessmentSnapshot>(id, context.CancellationToken) is { Body.IsEmptied: false } found
        && found.Body.Territory == territory
            ? found
            : throw Kinds.Snapshot.Missing();

    private async Task<Assessment?> NowAsync(string territory, ServerCallContext context) =>
        (await records.FindAsync<Assessment>(territory, context.CancellationToken))?.Body;
}
