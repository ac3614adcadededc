using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<RevisePracticeResponse> RevisePractice(RevisePracticeRequest request, ServerCallContext context)
    {
        var edited = request.Practice ?? throw Refusal.Invalid("practice", $"Envoyez le texte de la pratique.");
        // In the body as in the address: a REST client that sends back what it read is protected without a thought.
        var version = request.Version != 0 ? request.Version : edited.Record?.Version ?? 0;
        return new RevisePracticeResponse { Practice = await WriteAsync(request.Id, version, context, practice =>
            {
                if (version == 0)
                {
                    throw Refusal.Invalid("version", $"Indiquez la version que vous avez modifiée.");
                }
                var revised = practice.Revised(edited);
                return revised.Equals(practice) ? null : Written(revised.IsPublic ? "revised" : "redrafted", revised);
            }) };
    }
}
