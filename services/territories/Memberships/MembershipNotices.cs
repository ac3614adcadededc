using Fabrique.Identity.V1;
using Fabrique.Records;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>What a delegation is told by mail of its membership.</summary>
internal static class MembershipNotices
{
    /// <summary>What a verb does beside its write: keeps, with it, what the delegation is told when the status changes.</summary>
    /// <param name="actor">The person who did it, as tokens name people; empty for the node itself.</param>
    public static Func<TerritoriesDb, Membership?, Membership, Task> Telling(this Notices<TerritoriesDb> notices, string actor) =>
        (db, before, membership) =>
        {
            if (membership.Status != before?.Status)
            {
                notices.Add(db, Notice(membership, actor));
            }
            return Task.CompletedTask;
        };

    private static NotifyRequest Notice(Membership membership, string actor) =>
        new()
        {
            Topic = NoticeTopics.Membership.Name,
            Sentence = Sentence(membership.Status, new(membership.Territory)),
            Audience = NoticeAudience.Delegation,
            Territory = membership.Territory,
            Subject = membership.Territory,
            Target = NoticeTarget.Of(Membership.Descriptor, membership.Territory),
            ExceptPerson = actor,
        };

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
