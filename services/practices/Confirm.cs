using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<ConfirmPracticeResponse> ConfirmPractice(ConfirmPracticeRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await WriteAsync(request.Id, request.Version, context, practice =>
                request.Version == 0
                    ? throw Refusal.Invalid("version", $"Indiquez la version que vous avez relue.")
                    : Written("confirmed", practice.Confirmed(Today))
            ),
        };
}
