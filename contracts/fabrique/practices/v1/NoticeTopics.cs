using static Fabrique.Words;

namespace Fabrique;

public static partial class NoticeTopics
{
    public static readonly NoticeTopic PracticeRemark = new("practices.remark", () => T["Un pair a laissé une remarque sur une pratique"]);

    public static readonly NoticeTopic PracticeReport = new("practices.report", () => T["Un lecteur signale une erreur dans une pratique"]);

    public static readonly NoticeTopic PracticeReviewDue = new("practices.review-due", () => T["Une pratique est à relire"]);
}
