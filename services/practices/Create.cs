using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<CreatePracticeResponse> CreatePractice(CreatePracticeRequest request, ServerCallContext context)
    {
        var draft = request.Practice ?? throw Refusal.Invalid("practice", $"Envoyez une pratique.");
        if (string.IsNullOrWhiteSpace(draft.Territory))
        {
            throw Refusal.Invalid("territory", $"Indiquez le territoire au nom duquel vous écrivez.");
        }
        var write = writes.CreateAsync(
            Kinds.Practice,
            request.RequestId,
            draft.Territory,
            "drafted",
            (id, _) => ValueTask.FromResult(draft.Drafted(id, draft.Territory)),
            context
        );
        return new CreatePracticeResponse { Practice = await AnswerAsync(write, context) };
    }
}
