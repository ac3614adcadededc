using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<AskReviewResponse> AskReview(AskReviewRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Practice,
                    request.Id,
                    request.Version,
                    "offered",
                    practice => practice.InReview(request.Review),
                    context
                ),
                context
            ),
        };

    public override async Task<RedraftPracticeResponse> RedraftPractice(RedraftPracticeRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await AnswerAsync(
                writes.ChangeAsync(Kinds.Practice, request.Id, request.Version, "redrafted", practice => practice.Redrafted(), context),
                context
            ),
        };
}

internal static partial class PracticeRules
{
    extension(Practice practice)
    {
        /// <summary>The draft that its territory, or its peers, are asked to read. Null when they are.</summary>
        public Practice? InReview(PracticeStatus review)
        {
            if (practice.Status == review && review != PracticeStatus.Unspecified)
            {
                return null;
            }
            if (review is not (PracticeStatus.InternalReview or PracticeStatus.PeerReview))
            {
                throw Refusal.Invalid("review", $"Dites qui doit relire : votre territoire, ou vos pairs.");
            }
            return (practice.Status, review) is (PracticeStatus.Draft, _) or (PracticeStatus.InternalReview, PracticeStatus.PeerReview)
                ? practice.With(review)
                : throw new Refusal(StatusCode.FailedPrecondition, "NOT_A_DRAFT", $"Seul un brouillon peut être donné à relire.");
        }

        /// <summary>The practice whose readings are over and that is written again.</summary>
        public Practice Redrafted() =>
            practice.Status is PracticeStatus.InternalReview or PracticeStatus.PeerReview
                ? practice.With(PracticeStatus.Draft)
                : throw new Refusal(StatusCode.FailedPrecondition, "NOT_IN_REVIEW", $"Cette pratique n’est pas en relecture.");
    }
}
