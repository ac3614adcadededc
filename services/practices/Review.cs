using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<AskReviewResponse> AskReview(AskReviewRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await WriteAsync(request.Id, request.Version, context, practice =>
                practice.Status == request.Review && practice.Status != PracticeStatus.Unspecified
                    ? null
                    : Written("offered", practice.InReview(request.Review))
            ),
        };

    public override async Task<RedraftPracticeResponse> RedraftPractice(RedraftPracticeRequest request, ServerCallContext context) =>
        new() { Practice = await WriteAsync(request.Id, request.Version, context, practice => Written("redrafted", practice.Redrafted())) };
}
