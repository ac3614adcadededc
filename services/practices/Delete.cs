using Fabrique.Practices.V1;
using Fabrique.Records;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<DeletePracticeResponse> DeletePractice(DeletePracticeRequest request, ServerCallContext context)
    {
        await writes.DeleteAsync(
            Kinds.Practice,
            request.Id,
            context,
            beside: db => db.Comments.Where(comment => comment.Practice == request.Id).ExecuteDeleteAsync(context.CancellationToken),
            check: found => found.DemandDraft(request.Version)
        );
        return new DeletePracticeResponse();
    }
}

internal static partial class PracticeRules
{
    extension(Versioned<Practice> found)
    {
        /// <summary>
        /// Refuses to lose what was published, or what somebody has just written. Nothing that is being written was ever public.
        /// </summary>
        /// <param name="version">That was seen; 0 when it does not matter.</param>
        public void DemandDraft(long version)
        {
            if (found.Body.Status is not (PracticeStatus.Draft or PracticeStatus.InternalReview or PracticeStatus.PeerReview))
            {
                throw new Refusal(
                    StatusCode.FailedPrecondition,
                    "NOT_A_DRAFT",
                    $"Seul un brouillon se supprime. Une pratique publiée se retire : votre territoire garde son texte."
                );
            }
            if (version != 0 && version != found.Info.Version)
            {
                throw Conflict.StaleVersion(
                    $"Quelqu’un a modifié ce brouillon entre-temps. Rien n’a été supprimé : relisez-le d’abord.",
                    found.Info.Version
                );
            }
        }
    }
}
