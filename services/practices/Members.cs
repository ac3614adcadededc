using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Practices;

/// <summary>What the memberships of territories, as they reached this service, mean for their practices.</summary>
internal sealed class Members(RecordStore<PracticesDb> records)
{
    /// <summary>Why nothing new of a territory is shown to others: only members publish. Null for an active one.</summary>
    public async Task<Refusal?> RefusalAsync(string territory, CancellationToken cancellation) =>
        (await FindAsync(territory, cancellation))?.Status switch
        {
            MembershipStatus.Active => null,
            MembershipStatus.Asleep => new(
                StatusCode.FailedPrecondition,
                "MEMBERSHIP_ASLEEP",
                $"L’adhésion de votre territoire est en sommeil. Réveillez-la d’un geste sur la page « Mon territoire », puis recommencez."
            ),
            MembershipStatus.Left => new(
                StatusCode.FailedPrecondition,
                "MEMBERSHIP_ENDED",
                $"Votre territoire a quitté le réseau : il peut demander à y revenir. Votre texte est gardé."
            ),
            _ => new(
                StatusCode.FailedPrecondition,
                "MEMBERSHIP_NOT_ACTIVE",
                $"L’adhésion de votre territoire n’est pas encore active : la page « Mon territoire » dit ce qui manque. Votre texte est gardé."
            ),
        };

    /// <summary>When a territory left the network; empty for one that did not.</summary>
    public async Task<string> LeftOnAsync(string territory, CancellationToken cancellation) =>
        await FindAsync(territory, cancellation) is { Status: MembershipStatus.Left } membership ? membership.EndedOn : "";

    private async Task<Membership?> FindAsync(string territory, CancellationToken cancellation) =>
        (await records.FindAsync<Membership>(territory, cancellation))?.Body;
}
