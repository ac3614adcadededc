using Fabrique.Practices.V1;
using Fabrique.Records;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<RevisePracticeResponse> RevisePractice(RevisePracticeRequest request, ServerCallContext context)
    {
        var edited = request.Practice ?? throw Refusal.Invalid("practice", $"Envoyez le texte de la pratique.");
        // In the body as in the address: a REST client that sends back what it read is protected without a thought.
        var version = request.Version != 0 ? request.Version : edited.Record?.Version ?? 0;
        var verb = new Verb<PracticesDb, Practice>(
            (_, revised) => revised.IsPublic ? "revised" : "redrafted",
            practice => practice.Revised(edited, version)
        )
        {
            Version = version == 0 ? null : version,
        };
        return new RevisePracticeResponse
        {
            Practice = await AnswerAsync(writes.ChangeAsync(Kinds.Practice, request.Id, verb, context), context),
        };
    }
}

internal static partial class PracticeRules
{
    extension(Practice practice)
    {
        /// <summary>
        /// The same practice with another text; if it is published, the text must be publishable. Null when it is the same text.
        /// </summary>
        /// <param name="version">That was edited.</param>
        public Practice? Revised(Practice edited, long version)
        {
            if (version == 0)
            {
                throw Refusal.Invalid("version", $"Indiquez la version que vous avez modifiée.");
            }
            var revised = edited.Drafted(practice.Id, practice.Territory);
            revised.Status = practice.Status;
            revised.WithdrawalReason = practice.WithdrawalReason;
            if (revised.IsPublic)
            {
                Refuse(revised.Missing());
            }
            return revised.Equals(practice) ? null : revised;
        }
    }
}
