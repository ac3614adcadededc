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
        var id =
            request.RequestId.Length == 0 ? Guid.CreateVersion7(clock.GetUtcNow()).ToString()
            : Guid.TryParseExact(request.RequestId, "D", out var drawn) ? drawn.ToString()
            : throw Refusal.Invalid("requestId", $"L’identifiant de la demande est un UUID.");
        var assessment = (await records.FindAsync<Assessment>(territory, context.CancellationToken))?.Body
            ?? new() { Territory = territory };
        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var count = await db.Snapshots.CountAsync(row => row.Territory == territory, context.CancellationToken);
        var written = await records.WriteAsync<AssessmentSnapshot>(
            id,
            current =>
                current switch
                {
                    null when count >= AssessmentRules.MostSnapshots => throw new Refusal(
                        StatusCode.FailedPrecondition,
                        "TOO_MANY_SNAPSHOTS",
                        $"Votre territoire garde déjà {AssessmentRules.MostSnapshots} instantanés : la personne référente peut en effacer un."
                    ),
                    null => Private("frozen", assessment.Frozen(id, Today)),
                    // The same request again: a second click, a retry. What the first one wrote is the answer.
                    _ when current.Body.Territory == territory && !current.Body.IsDeleted => null,
                    _ => throw new Refusal(
                        StatusCode.AlreadyExists,
                        "REQUEST_ID_USED",
                        $"Cet identifiant de demande a déjà servi : tirez-en un autre."
                    ),
                },
            context.CancellationToken
        );
        return new FreezeAssessmentResponse
        {
            Snapshot = Resource(written.Body.SeenBy(Families(territory, context), assessment), written.Info),
        };
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
        if (await records.ExistsAsync<AssessmentSnapshot>(request.Id, context.CancellationToken))
        {
            // Only the latest version of a private record is kept: what this one replaces is gone.
            await records.WriteAsync<AssessmentSnapshot>(
                request.Id,
                current =>
                    current!.Body.Territory != territory ? throw NoSnapshot()
                    : current.Body.Deleted() is { } gone ? Private("deleted", gone)
                    : null,
                context.CancellationToken
            );
        }
        return new DeleteSnapshotResponse();
    }

    /// <summary>Writes a snapshot of a territory for whoever has the right of the call there, and answers it without what it holds.</summary>
    private async Task<AssessmentSnapshot> WriteSnapshotAsync(
        string code,
        string id,
        string word,
        ServerCallContext context,
        Func<AssessmentSnapshot, AssessmentSnapshot?> decide
    )
    {
        var territory = Demanded(code, context);
        var written = await records.WriteAsync<AssessmentSnapshot>(
            id,
            current =>
                current?.Body is { IsDeleted: false } snapshot && snapshot.Territory == territory
                    ? decide(snapshot) is { } next
                        ? Private(word, next)
                        : null
                    : throw NoSnapshot(),
            context.CancellationToken
        );
        return Resource(written.Body.Head(), written.Info);
    }

    private static Change<AssessmentSnapshot> Private(string word, AssessmentSnapshot snapshot) =>
        new(word, snapshot.Territory, snapshot, Visibility.Private);

    private static AssessmentSnapshot Resource(AssessmentSnapshot snapshot, RecordInfo info) => new(snapshot) { Record = info };

    private static Refusal NoSnapshot() => Refusal.NotFound($"Aucun instantané de ce territoire ne se trouve là : il a pu être effacé.");
}
