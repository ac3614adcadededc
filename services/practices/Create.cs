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
        context.Demand(draft.Territory);
        var id = Identifier(request.RequestId);
        var written = await records.WriteAsync<Practice>(
            id,
            current =>
                current switch
                {
                    null => Written("drafted", draft.Drafted(id, draft.Territory)),
                    // The same request again: a second click, a retry. What the first one wrote is the answer.
                    _ when current.Body.Territory == draft.Territory => null,
                    _ => throw new Refusal(
                        StatusCode.AlreadyExists,
                        "REQUEST_ID_USED",
                        $"Cet identifiant de demande a déjà servi : tirez-en un autre."
                    ),
                },
            context.CancellationToken
        );
        return new CreatePracticeResponse { Practice = await ResourceAsync(written, context) };
    }

    /// <summary>The request's own identifier becomes the practice's, so that a repeated request finds what it made.</summary>
    private string Identifier(string requestId)
    {
        if (requestId.Length == 0)
        {
            return Guid.CreateVersion7(clock.GetUtcNow()).ToString();
        }
        return Guid.TryParseExact(requestId, "D", out var id)
            ? id.ToString()
            : throw Refusal.Invalid("requestId", $"L’identifiant de la demande est un UUID.");
    }
}
