using Fabrique.Identity.V1;
using Fabrique.Records;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>What a delegation is told by mail of its membership.</summary>
internal static class MembershipNotices
{
    /// <summary>Keeps, with a membership that is about to be written, what its delegation is told of it.</summary>
    /// <param name="db">The context of the write.</param>
    /// <param name="membership">As it will be.</param>
    /// <param name="before">The status it had.</param>
    /// <param name="actor">The person who did it, as tokens name people; empty for the node itself.</param>
    public static void Tell(
        this Notices<TerritoriesDb> notices,
        TerritoriesDb db,
        Membership membership,
        MembershipStatus before,
        string actor
    )
    {
        if (membership.Status == before || membership.Status is MembershipStatus.Submitted or MembershipStatus.Examined)
        {
            return;
        }
        notices.Add(
            db,
            new NotifyRequest
            {
                Topic = NoticeTopics.Membership.Name,
                Sentence = Sentence(membership.Status, new(membership.Territory)),
                Audience = NoticeAudience.Delegation,
                Territory = membership.Territory,
                Subject = membership.Territory,
                Target = NoticeTarget.Of(Membership.Descriptor, membership.Territory),
                ExceptPerson = actor,
            }
        );
    }

    private static NoticeSentence Sentence(MembershipStatus status, TerritoryName territory) =>
        NoticeSentence.Saying(
            status switch
            {
                MembershipStatus.CharterToSign => $"La demande d’adhésion de {territory} est acceptée : il reste à signer la charte.",
                MembershipStatus.Active => $"{territory} est membre actif du réseau.",
                MembershipStatus.Asleep =>
                    $"L’adhésion de {territory} est en sommeil, faute de nouvelles. Une personne de la délégation la réveille d’un geste.",
                MembershipStatus.Refused => $"La demande d’adhésion de {territory} est refusée. La raison est sur votre page.",
                MembershipStatus.Left => $"{territory} a quitté le réseau.",
                _ => $"L’adhésion de {territory} a changé.",
            }
        );
}
