using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<WithdrawPracticeResponse> WithdrawPractice(WithdrawPracticeRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Practice,
                    request.Id,
                    request.Version,
                    "withdrawn",
                    practice => practice.Withdrawn(request.Reason),
                    context
                ),
                context
            ),
        };
}

internal static partial class PracticeRules
{
    private const int MaxReason = 1_000;

    extension(Practice practice)
    {
        /// <summary>The practice taken back by its territory.</summary>
        public Practice Withdrawn(string reason)
        {
            if (!practice.IsPublic)
            {
                throw new Refusal(StatusCode.FailedPrecondition, "NOT_PUBLISHED", $"Seule une pratique publiée peut être retirée.");
            }
            if (reason.Length > MaxReason)
            {
                throw Refusal.Invalid("reason", $"La raison est trop longue : {MaxReason} caractères au plus.");
            }
            var withdrawn = practice.With(PracticeStatus.Withdrawn);
            withdrawn.WithdrawalReason = reason.Trim();
            return withdrawn;
        }
    }
}
