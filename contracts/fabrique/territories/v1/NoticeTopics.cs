using static Fabrique.Words;

namespace Fabrique;

public static partial class NoticeTopics
{
    public static readonly NoticeTopic Membership = new(
        "territories.membership",
        () => T["L’adhésion d’un territoire avance"],
        IsUrgent: true
    );
}
