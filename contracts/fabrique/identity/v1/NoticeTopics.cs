using static Fabrique.Words;

namespace Fabrique;

public static partial class NoticeTopics
{
    public static readonly NoticeTopic JoinRequest = new("identity.join-request", () => T["Quelqu’un demande à agir pour un territoire"]);

    public static readonly NoticeTopic Delegation = new(
        "identity.delegation",
        () => T["Quelqu’un entre dans une délégation par une décision prise hors d’elle"],
        IsUrgent: true
    );

    public static readonly NoticeTopic MandateEnd = new("identity.mandate-end", () => T["Un mandat prend bientôt fin"]);
}
