using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<WithdrawPracticeResponse> WithdrawPractice(WithdrawPracticeRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await WriteAsync(request.Id, request.Version, context, practice =>
                Written("withdrawn", practice.Withdrawn(request.Reason))
            ),
        };
}
