using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<ConfirmPracticeResponse> ConfirmPractice(ConfirmPracticeRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Practice,
                    request.Id,
                    request.Version,
                    "confirmed",
                    practice => practice.Confirmed(request.Version, Today),
                    context
                ),
                context
            ),
        };
}

internal static partial class PracticeRules
{
    extension(Practice practice)
    {
        /// <summary>The practice whose text its territory read again and found true.</summary>
        /// <param name="version">That was read.</param>
        public Practice Confirmed(long version, DateOnly today)
        {
            if (version == 0)
            {
                throw Refusal.Invalid("version", $"Indiquez la version que vous avez relue.");
            }
            if (practice.Status != PracticeStatus.Published)
            {
                throw new Refusal(StatusCode.FailedPrecondition, "NOT_PUBLISHED", $"Seule une pratique publiée peut être confirmée.");
            }
            return new(practice) { ReviewDueOn = ReviewDue(today) };
        }
    }
}
