using Fabrique.Practices.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<PublishPracticeResponse> PublishPractice(PublishPracticeRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Practice,
                    request.Id,
                    request.Version,
                    "published",
                    practice => practice.Published(Today),
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
        /// <summary>
        /// The practice made public; due for another reading in 24 months unless it says otherwise. Null when it is published.
        /// </summary>
        public Practice? Published(DateOnly today)
        {
            if (practice.Status == PracticeStatus.Published)
            {
                return null;
            }
            Refuse(practice.Missing());
            var published = practice.Clone();
            published.Status = PracticeStatus.Published;
            published.WithdrawalReason = "";
            published.ReviewDueOn = published.ReviewDueOn.Length > 0 ? published.ReviewDueOn : ReviewDue(today);
            return published;
        }
    }
}
