using System.Globalization;
using System.Runtime.CompilerServices;
using Fabrique.Identity.V1;
using Google.Protobuf;

namespace Fabrique.Identity;

/// <summary>The mails that bring notices. What happened is said by the service that knows it; the rest of the mail is here.</summary>
internal static class NoticeTexts
{
    /// <summary>What a link ends that stands in a digest, beside the names of topics.</summary>
    public const string Digest = "Digest";

    private const int MostListed = 20;

    /// <summary>The sentence as a row keeps it: JSON.</summary>
    public static string Kept(NoticeSentence sentence) => JsonFormatter.Default.Format(sentence);

    /// <summary>The territories that the sentence of a notice names, by code.</summary>
    public static IEnumerable<string> Territories(NoticeRow notice) => SentenceOf(notice).Territories();

    /// <summary>The territories that a sentence names, by code.</summary>
    public static IEnumerable<string> Territories(this NoticeSentence sentence) =>
        sentence.Values.Where(value => value.HasTerritory).Select(value => value.Territory).Distinct();

    /// <summary>What happened, in one sentence, in the language that is spoken.</summary>
    /// <param name="names">Of territories by code; a code stands for itself where it has none.</param>
    public static string Sentence(NoticeRow notice, IReadOnlyDictionary<string, string> names)
    {
        var sentence = SentenceOf(notice);
        return T.Of(FormattableStringFactory.Create(sentence.Format, [.. sentence.Values.Select(value => Said(value, names))]));
    }

    private static NoticeSentence SentenceOf(NoticeRow notice) =>
        notice.Sentence.Length > 0
            ? NoticeSentence.Parser.ParseJson(notice.Sentence)
            : EarlierNotice.Sentence(NoticeTopics.Find(notice.Topic), notice.Title, notice.State, new(notice.Territory));

    private static string Said(NoticeValue value, IReadOnlyDictionary<string, string> names) =>
        value.ValueCase switch
        {
            NoticeValue.ValueOneofCase.Territory => names.GetValueOrDefault(value.Territory, value.Territory),
            NoticeValue.ValueOneofCase.Day => Day(value.Day),
            _ => value.Text,
        };

    /// <summary>A mail about one thing.</summary>
    /// <param name="person">Who reads it.</param>
    /// <param name="names">Of the territories in it, by code.</param>
    /// <param name="secret">Of the link that ends such mails.</param>
    public static Letter Alone(NoticeRow notice, Person person, IReadOnlyDictionary<string, string> names, NodeSite site, string secret) =>
        new(
            Sentence(notice, names),
            [
                T["Bonjour {0},", person.Name],
                Sentence(notice, names),
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
        IReadOnlyDictionary<string, string> names,
        NodeSite site,
        string secret
    ) =>
        new(
            T.Plural("Fabrique : {0} nouvelle pour vous", "Fabrique : {0} nouvelles pour vous", notices.Count),
            [
                T["Bonjour {0},", person.Name],
                T["Voici ce qui vous attend :"],
                .. notices.Take(MostListed).SelectMany(notice => new[] { $"– {Sentence(notice, names)}", site.Page(notice.Path) }),
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
