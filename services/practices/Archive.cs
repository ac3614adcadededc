using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<ArchivePracticeResponse> ArchivePractice(ArchivePracticeRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await WriteAsync(request.Id, request.Version, context, practice =>
                practice.Status == PracticeStatus.Archived ? null : Written("archived", practice.Archived())
            ),
        };
}
