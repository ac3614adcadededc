using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<ArchivePracticeResponse> ArchivePractice(ArchivePracticeRequest request, ServerCallContext context) =>
        new()
        {
            Practice = await AnswerAsync(
                writes.ChangeAsync(Kinds.Practice, request.Id, request.Version, "archived", practice => practice.Archived(), context),
                context
            ),
        };
}

internal static partial class PracticeRules
{
    extension(Practice practice)
    {
        /// <summary>The practice that its territory does not follow any more, and leaves to be read. Null when it is archived.</summary>
        public Practice? Archived() =>
            practice.Status switch
            {
                PracticeStatus.Archived => null,
                PracticeStatus.Published => practice.With(PracticeStatus.Archived),
                _ => throw new Refusal(StatusCode.FailedPrecondition, "NOT_PUBLISHED", $"Seule une pratique publiée peut être archivée."),
            };
    }
}
