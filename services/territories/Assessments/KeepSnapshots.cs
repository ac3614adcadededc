using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>How a territory freezes what it sees of itself, opens it to its facilitators and erases it.</summary>
internal sealed partial class AssessmentsGrpc
{
    public override async Task<FreezeAssessmentResponse> FreezeAssessment(FreezeAssessmentRequest request, ServerCallContext context)
    {
        var territory = Demanded(request.Territory, context);
        var written = await writes.CreateAsync(
            Kinds.Snapshot,
            request.RequestId,
            territory,
            "frozen",
            async (id, writing) =>
            {
                var cancellation = context.CancellationToken;
                if (await writing.Db.Snapshots.CountAsync(row => row.Territory == territory, cancellation) >= AssessmentRules.MostSnapshots)
                {
                    throw new Refusal(
                        StatusCode.FailedPrecondition,
                        "TOO_MANY_SNAPSHOTS",
                        $"Votre territoire garde déjà {AssessmentRules.MostSnapshots} instantanés : la personne référente peut en effacer un."
                    );
                }
                var assessment = (await writing.FindAsync<Assessment>(territory, cancellation))?.Body ?? new() { Territory = territory };
                return assessment.Frozen(id, Today);
            },
            context
        );
        var now = await NowAsync(territory, context);
        return new FreezeAssessmentResponse { Snapshot = Resource(written.Body.SeenBy(Families(territory, context), now), written.Info) };
    }

    public override async Task<OpenSnapshotResponse> OpenSnapshot(OpenSnapshotRequest request, ServerCallContext context) =>
        new()
        {
            Snapshot = await WriteSnapshotAsync(request.Territory, request.Id, "opened", context, snapshot => snapshot.Opened(true, Today)),
        };

    public override async Task<CloseSnapshotResponse> CloseSnapshot(CloseSnapshotRequest request, ServerCallContext context) =>
        new()
        {
            Snapshot = await WriteSnapshotAsync(request.Territory, request.Id, "closed", context, snapshot =>
                snapshot.Opened(false, Today)
            ),
        };

    public override async Task<DeleteSnapshotResponse> DeleteSnapshot(DeleteSnapshotRequest request, ServerCallContext context)
    {
        var territory = Demanded(request.Territory, context);
        await writes.DeleteAsync(Kinds.Snapshot, request.Id, context, snapshot => snapshot.Territory == territory);
        return new DeleteSnapshotResponse();
    }

    /// <summary>
    /// Writes a snapshot of a territory for whoever has the right of the call there, and answers it without what it holds.
    /// </summary>
    private async Task<AssessmentSnapshot> WriteSnapshotAsync(
        string code,
        string id,
        string word,
        ServerCallContext context,
        Func<AssessmentSnapshot, AssessmentSnapshot?> rule
    )
    {
        var territory = Demanded(code, context);
        var verb = new Verb<TerritoriesDb, AssessmentSnapshot>(word, rule) { Among = snapshot => snapshot.Territory == territory };
        var written = await writes.ChangeAsync(Kinds.Snapshot, id, verb, context);
        return Resource(written.Body.Head(), written.Info);
    }

    private static AssessmentSnapshot Resource(AssessmentSnapshot snapshot, RecordInfo info) => new(snapshot) { Record = info };
}
