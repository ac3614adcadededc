using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>
/// Only the members of the network show it something new (decision 34): by the membership as it reached this service. Its record is asked,
/// not the index, which may be behind.
/// </summary>
public static class ActiveMembers
{
    /// <summary>Refuses what is written in the name of a territory whose membership is not active.</summary>
    /// <param name="db">The transaction of the write.</param>
    /// <exception cref="Refusal">MEMBERSHIP_ASLEEP, MEMBERSHIP_ENDED or MEMBERSHIP_NOT_ACTIVE.</exception>
    public static async Task DemandAsync(RecordsDb db, string territory, CancellationToken cancellation)
    {
        var kind = RecordKind.NameOf<Membership>();
        var envelope = await db
            .Records.Where(row => row.Kind == kind && row.Id == territory && !row.Deleted)
            .Select(row => row.Envelope)
            .SingleOrDefaultAsync(cancellation);
        var membership = envelope is null ? null : Membership.Parser.ParseFrom(Envelope.Read(envelope).Body);
        if (Why(membership?.Status ?? MembershipStatus.Unspecified) is { } refusal)
        {
            throw refusal;
        }
    }

    private static Refusal? Why(MembershipStatus status) =>
        status switch
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
}
