using Fabrique.Identity.V1;
using Fabrique.Practices.V1;

namespace Fabrique.Practices;

/// <summary>
/// What the delegation of a practice is told by mail. What was written is not in the mail: it is read on the delegation's own pages.
/// </summary>
internal static class PracticeNotices
{
    extension(Practice practice)
    {
        /// <summary>A peer left a remark.</summary>
        /// <param name="actor">The person who wrote it, as tokens name people.</param>
        public NotifyRequest Remarked(string actor) =>
            practice.Notice(
                NoticeTopics.PracticeRemark,
                NoticeSentence.Saying($"Un pair a laissé une remarque sur « {practice.Name} »."),
                NoticeTarget.Of(Practice.Descriptor, practice.Id),
                actor
            );

        /// <summary>A reader found something wrong.</summary>
        /// <param name="actor">The person who wrote it, as tokens name people; empty for a visitor.</param>
        public NotifyRequest Reported(string actor) =>
            practice.Notice(
                NoticeTopics.PracticeReport,
                NoticeSentence.Saying($"Un lecteur signale une erreur dans « {practice.Name} »."),
                NoticeTarget.Of(ListPracticeReportsRequest.Descriptor, practice.Territory),
                actor
            );

        /// <summary>The day has come to read it again.</summary>
        public NotifyRequest ReviewDue() =>
            practice.Notice(
                NoticeTopics.PracticeReviewDue,
                NoticeSentence.Saying($"« {practice.Name} » est à relire : dites si tout y est encore vrai."),
                NoticeTarget.Of(RevisePracticeRequest.Descriptor, practice.Id)
            );

        private string Name => practice.Title.Length > 0 ? practice.Title : practice.Id;

        private NotifyRequest Notice(NoticeTopic topic, NoticeSentence sentence, NoticeTarget target, string actor = "") =>
            new()
            {
                Topic = topic.Name,
                Sentence = sentence,
                Audience = NoticeAudience.Delegation,
                Territory = practice.Territory,
                Subject = practice.Id,
                Target = target,
                ExceptPerson = actor,
            };
    }
}
