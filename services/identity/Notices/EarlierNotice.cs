using System.Globalization;
using Fabrique.Identity.V1;

namespace Fabrique.Identity;

/// <summary>
/// Notices that were kept before a notice carried its sentence: those that wait here for a digest, and those that a service left in its
/// outbox. Nothing writes such notices any more, and none is older than two days once everything is told.
/// </summary>
internal static class EarlierNotice
{
    // By the number they had.
    private static readonly NoticeTopic?[] Topics =
    [
        null,
        NoticeTopics.JoinRequest,
        NoticeTopics.Membership,
        NoticeTopics.PracticeRemark,
        NoticeTopics.PracticeReport,
        NoticeTopics.PracticeReviewDue,
        NoticeTopics.MandateEnd,
    ];

    /// <summary>Gives an earlier request the name of its topic and its sentence.</summary>
    public static void Renew(NotifyRequest request)
    {
        if (request.Topic.Length == 0 && Topics.ElementAtOrDefault(request.EarlierTopic) is { } topic)
        {
            request.Topic = topic.Name;
            request.Sentence = Sentence(topic, request.EarlierTitle, request.EarlierState, new(request.Territory));
        }
    }

    /// <summary>The sentence of a notice that has none of its own.</summary>
    /// <param name="topic">What it is about.</param>
    /// <param name="title">A practice's title, or the name of the person whose mandate ends.</param>
    /// <param name="state">The membership's status, or the day on which a mandate ends.</param>
    /// <param name="territory">The one it is about.</param>
    public static NoticeSentence Sentence(NoticeTopic? topic, string title, string state, TerritoryName territory) =>
        NoticeSentence.Saying(
            topic switch
            {
                _ when topic == NoticeTopics.JoinRequest => $"Une personne demande à agir pour {territory} et attend une réponse.",
                _ when topic == NoticeTopics.Membership => state switch
                {
                    "CharterToSign" => $"La demande d’adhésion de {territory} est acceptée : il reste à signer la charte.",
                    "Active" => $"{territory} est membre actif du réseau.",
                    "Asleep" =>
                        $"L’adhésion de {territory} est en sommeil, faute de nouvelles. Une personne de la délégation la réveille d’un geste.",
                    "Refused" => $"La demande d’adhésion de {territory} est refusée. La raison est sur votre page.",
                    "Left" => $"{territory} a quitté le réseau.",
                    _ => $"L’adhésion de {territory} a changé.",
                },
                _ when topic == NoticeTopics.PracticeRemark => $"Un pair a laissé une remarque sur « {title} ».",
                _ when topic == NoticeTopics.PracticeReport => $"Un lecteur signale une erreur dans « {title} ».",
                _ when topic == NoticeTopics.PracticeReviewDue => $"« {title} » est à relire : dites si tout y est encore vrai.",
                _ when title.Length > 0 => $"Le mandat de {title} pour {territory} prend fin le {Day(state)}.",
                _ => $"Votre mandat pour {territory} prend fin le {Day(state)}. C’est le moment de préparer la relève.",
            }
        );

    private static object Day(string day) =>
        DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : day;
}
