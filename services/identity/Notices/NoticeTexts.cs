using System.Globalization;
using Fabrique.Identity.V1;

namespace Fabrique.Identity;

/// <summary>What mails say of each topic, in the language that is spoken: here and nowhere else.</summary>
internal static class NoticeTexts
{
    /// <summary>What a link ends that stands in a digest, beside the names of topics.</summary>
    public const string Digest = "Digest";

    private const int MostListed = 20;

    public static IReadOnlyList<NoticeTopic> Topics { get; } =
    [.. Enum.GetValues<NoticeTopic>().Where(topic => topic != NoticeTopic.Unspecified)];

    /// <summary>How soon those read of it who chose nothing.</summary>
    public static string UsualPace(string topic) => topic == $"{NoticeTopic.Membership}" ? NoticePace.AtOnce : NoticePace.Daily;

    /// <summary>The topic, for whoever chooses.</summary>
    public static string Name(NoticeTopic topic) =>
        topic switch
        {
            NoticeTopic.JoinRequest => T["Quelqu’un demande à agir pour un territoire"],
            NoticeTopic.Membership => T["L’adhésion d’un territoire avance"],
            NoticeTopic.Remark => T["Un pair a laissé une remarque sur une pratique"],
            NoticeTopic.Report => T["Un lecteur signale une erreur dans une pratique"],
            NoticeTopic.ReviewDue => T["Une pratique est à relire"],
            NoticeTopic.MandateEnd => T["Un mandat prend bientôt fin"],
            _ => "",
        };

    /// <summary>What happened, in one sentence.</summary>
    /// <param name="notice">It.</param>
    /// <param name="place">What the territory is called.</param>
    public static string Sentence(NoticeRow notice, string place) =>
        Enum.Parse<NoticeTopic>(notice.Topic) switch
        {
            NoticeTopic.JoinRequest => T["Une personne demande à agir pour {0} et attend une réponse.", place],
            NoticeTopic.Membership => notice.State switch
            {
                "CharterToSign" => T["La demande d’adhésion de {0} est acceptée : il reste à signer la charte.", place],
                "Active" => T["{0} est membre actif du réseau.", place],
                "Asleep" => T[
                    "L’adhésion de {0} est en sommeil, faute de nouvelles. Une personne de la délégation la réveille d’un geste.",
                    place
                ],
                "Refused" => T["La demande d’adhésion de {0} est refusée. La raison est sur votre page.", place],
                "Left" => T["{0} a quitté le réseau.", place],
                _ => T["L’adhésion de {0} a changé.", place],
            },
            NoticeTopic.Remark => T["Un pair a laissé une remarque sur « {0} ».", notice.Title],
            NoticeTopic.Report => T["Un lecteur signale une erreur dans « {0} ».", notice.Title],
            NoticeTopic.ReviewDue => T["« {0} » est à relire : dites si tout y est encore vrai.", notice.Title],
            NoticeTopic.MandateEnd when notice.Title.Length > 0 => T[
                "Le mandat de {0} pour {1} prend fin le {2}.",
                notice.Title,
                place,
                Day(notice.State)
            ],
            NoticeTopic.MandateEnd => T[
                "Votre mandat pour {0} prend fin le {1}. C’est le moment de préparer la relève.",
                place,
                Day(notice.State)
            ],
            _ => "",
        };

    /// <summary>A mail about one thing.</summary>
    /// <param name="notice">It.</param>
    /// <param name="person">Who reads it.</param>
    /// <param name="place">What the territory is called.</param>
    /// <param name="site">Where its pages are.</param>
    /// <param name="secret">Of the link that ends such mails.</param>
    public static Letter Alone(NoticeRow notice, Person person, string place, NodeSite site, string secret) =>
        new(
            Sentence(notice, place),
            [
                T["Bonjour {0},", person.Name],
                Sentence(notice, place),
                site.Page(notice.Path),
                .. Way(site, secret, T["Pour ne plus recevoir de messages de cette sorte, sans vous connecter :"]),
            ]
        )
        {
            Unsubscribe = OneClick(site, secret),
        };

    /// <summary>A mail about all that waits.</summary>
    public static Letter Together(
        IReadOnlyList<NoticeRow> notices,
        Person person,
        IReadOnlyDictionary<string, string> places,
        NodeSite site,
        string secret
    ) =>
        new(
            T.Plural("Fabrique : {0} nouvelle pour vous", "Fabrique : {0} nouvelles pour vous", notices.Count),
            [
                T["Bonjour {0},", person.Name],
                T["Voici ce qui vous attend :"],
                .. notices
                    .Take(MostListed)
                    .SelectMany(notice =>
                        new[]
                        {
                            $"– {Sentence(notice, places.GetValueOrDefault(notice.Territory, notice.Territory))}",
                            site.Page(notice.Path),
                        }
                    ),
                .. notices.Count > MostListed
                    ?
                    [
                        T.Plural(
                            "Et {0} autre nouvelle, que vous trouverez sur le site.",
                            "Et {0} autres nouvelles, que vous trouverez sur le site.",
                            notices.Count - MostListed
                        ),
                    ]
                    : Array.Empty<string>(),
                .. Way(site, secret, T["Pour ne plus recevoir ce résumé, sans vous connecter :"]),
            ]
        )
        {
            Unsubscribe = OneClick(site, secret),
        };

    private static string[] Way(NodeSite site, string secret, string end) =>
        [
            T["Vous recevez ce message parce que vous avez un compte et des droits sur ce site. Pour choisir ce que vous recevez :"],
            site.Page(Pages.MailChoices),
            end,
            site.Page(Pages.Unsubscribe + secret),
        ];

    private static string OneClick(NodeSite site, string secret) => site.Page(Pages.Unsubscribe + secret + Unsubscribing.OneClick);

    private static string Day(string day) =>
        DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date.ToString("d MMMM yyyy", Language.Current.Culture)
            : day;
}
