using Fabrique.Practices.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using static Fabrique.Check;

namespace Fabrique.Practices;

/// <summary>
/// The life of a practice: draft → read by its territory → read by peers → published, revised, confirmed → archived or withdrawn, and back
/// to published. Its territory may leave out the readings. Each verb takes the practice as it is, gives the practice as it becomes (null
/// when there is nothing to change), and refuses with every field at fault. Those of one verb stand with it; here is what several share.
/// </summary>
internal static partial class PracticeRules
{
    private const int MaxTitle = 120;
    private const int MaxSummary = 300;
    private const int MaxLine = 300;
    private const int MaxText = 10_000;
    private const int MaxRows = 30;

    // What a later release will know is not signed unread by this one.
    private static readonly MessageParser<Practice> Known = Practice.Parser.WithDiscardUnknownFields(true);

    extension(Practice practice)
    {
        /// <summary>A first draft of the territory.</summary>
        public Practice Drafted(string id, string territory)
        {
            var draft = practice.Tidied();
            draft.Id = id;
            draft.Territory = territory;
            draft.Status = PracticeStatus.Draft;
            draft.Language = draft.Language.Length > 0 ? draft.Language : "fr";
            draft.WithdrawalReason = "";
            Refuse(draft.Unacceptable());
            return draft;
        }

        /// <summary>Whether the date has come by which it is to be read again. A month has come on its first day.</summary>
        /// <param name="today">"2026-03-17".</param>
        public bool IsToReview(string today) =>
            practice.ReviewDueOn.Length is > 0 and <= 10
            && string.CompareOrdinal(practice.ReviewDueOn, today[..practice.ReviewDueOn.Length]) <= 0;

        /// <summary>Anybody reads it.</summary>
        public bool IsPublic => practice.Status is PracticeStatus.Published or PracticeStatus.Archived;

        private Practice With(PracticeStatus status) => new(practice) { Status = status };

        /// <summary>Without what is filled on reading, without stray spaces, with one form for each accent and line end.</summary>
        private Practice Tidied()
        {
            var tidied = Known.ParseFrom(practice.ToByteArray());
            foreach (var codes in new[] { tidied.Themes, tidied.Principles, tidied.Axes, tidied.Actors })
            {
                Distinct(codes);
            }
            tidied.Place = null;
            tidied.Record = null;
            Texts.Tidy(tidied);
            foreach (var source in tidied.Sources)
            {
                source.Url = WebAddress.Complete(source.Url);
            }
            foreach (var figure in tidied.Figures)
            {
                // Nobody verifies one's own figures.
                figure.Verified = false;
            }
            return tidied;
        }

        /// <summary>What no version may hold, not even a draft.</summary>
        private IEnumerable<FieldError> Unacceptable() =>
            [
                .. Rule("title", practice.Title.Length == 0, $"Donnez un titre : c’est le seul champ nécessaire pour un brouillon."),
                .. Texts.TooLong(practice, field => field switch
                    {
                        "title" => MaxTitle,
                        "summary" => MaxSummary,
                        _ when LongTexts.Contains(field) => MaxText,
                        _ => MaxLine,
                    }),
                .. Rule("themes", practice.Themes.Count > 3, $"Choisissez trois thèmes au plus."),
                .. Codes("themes", practice.Themes, Vocabulary.Theme),
                .. Codes("principles", practice.Principles, Vocabulary.Principle),
                .. Codes("axes", practice.Axes, Vocabulary.MethodAxis),
                .. Codes("actors", practice.Actors, Vocabulary.Role4F),
                .. Codes("maturity", [practice.Maturity], Vocabulary.Maturity),
                .. Codes("licence", [practice.Licence], Vocabulary.Licence),
                .. Rule(
                    "sdgs",
                    practice.Sdgs.Count > 17 || practice.Sdgs.Any(goal => goal is < 1 or > 17),
                    $"Les objectifs de développement durable vont de 1 à 17."
                ),
                .. Date("startedOn", practice.StartedOn),
                .. Date("endedOn", practice.EndedOn),
                .. Date("reviewDueOn", practice.ReviewDueOn),
                .. Rule(
                    "adaptedFrom",
                    practice.AdaptedFrom.Length > 0
                        && (!Guid.TryParseExact(practice.AdaptedFrom, "D", out _) || practice.AdaptedFrom == practice.Id),
                    $"Indiquez l’identifiant d’une autre pratique, tel qu’il est dans son adresse."
                ),
                .. Rule("figures", practice.Figures.Count > MaxRows, $"{MaxRows} chiffres au plus."),
                .. Rule("sources", practice.Sources.Count > MaxRows, $"{MaxRows} sources au plus."),
                .. Rule(
                    "means.staffFte",
                    practice.Means is { HasStaffFte: true } means && !(double.IsFinite(means.StaffFte) && means.StaffFte >= 0),
                    $"Écrivez un nombre."
                ),
                .. Rule("means.funding", practice.Means?.Funding.Count > MaxRows, $"{MaxRows} financements au plus."),
                .. Rule("effects", practice.Effects.Count > MaxRows, $"{MaxRows} effets au plus."),
                .. practice.Figures.SelectMany(
                    (figure, at) =>
                        Codes($"figures[{at}].qualifier", [figure.Qualifier], Vocabulary.Qualifier)
                            .Concat(Rule($"figures[{at}].value", figure.HasValue && !double.IsFinite(figure.Value), $"Écrivez un nombre."))
                ),
                .. practice.Effects.SelectMany((effect, at) => Codes($"effects[{at}].kind", [effect.Kind], Vocabulary.EffectKind)),
                .. practice.Sources.SelectMany(
                    (source, at) =>
                        Date($"sources[{at}].date", source.Date)
                            .Concat(Codes($"sources[{at}].licence", [source.Licence], Vocabulary.Licence))
                            .Concat(Page($"sources[{at}].url", source.Url))
                ),
            ];

        /// <summary>What a reader needs in order to judge and adapt: a practice is not published without it.</summary>
        private IEnumerable<FieldError> Missing() =>
            [
                .. practice.Unacceptable(),
                .. Rule("summary", practice.Summary.Length == 0, $"Résumez la pratique en deux ou trois phrases."),
                .. Rule("themes", practice.Themes.Count == 0, $"Choisissez au moins un thème."),
                .. Rule("maturity", practice.Maturity.Length == 0, $"Dites où en est la pratique."),
                .. Rule(
                    "context",
                    practice.Context.Length == 0,
                    $"Décrivez le contexte : le lieu, le moment, ce qui a rendu l’action possible."
                ),
                .. Rule(
                    "difficulties",
                    practice.Difficulties.Length == 0,
                    $"Dites les difficultés rencontrées : c’est ce que vos pairs cherchent d’abord."
                ),
                .. Rule(
                    "successConditions",
                    practice.SuccessConditions.Length == 0,
                    $"Dites ce qu’il faut réunir pour que cela marche ailleurs."
                ),
                .. Rule(
                    "lessons",
                    practice.Maturity == "ARRETEE" && practice.Lessons.Length == 0,
                    $"Une pratique arrêtée se publie avec ce qu’elle a appris."
                ),
                .. Rule(
                    "licence",
                    practice.Licence.Length == 0,
                    $"Choisissez une licence ; CC-BY-SA-4.0 convient à la plupart des textes."
                ),
                .. Rule(
                    "sources",
                    practice.Sources.Count == 0,
                    $"Citez au moins une source ; votre propre délibération ou bilan en est une."
                ),
                .. practice.Sources.SelectMany(
                    (source, at) => Rule($"sources[{at}].title", source.Title.Length == 0, $"Donnez le titre de la source.")
                ),
                .. practice.Figures.SelectMany(
                    (figure, at) =>
                        (IEnumerable<FieldError>)
                            [
                                .. Rule($"figures[{at}].label", figure.Label.Length == 0, $"Dites ce que mesure ce chiffre."),
                                .. Rule(
                                    $"figures[{at}].value",
                                    !figure.HasValue && figure.Text.Length == 0,
                                    $"Donnez une valeur, ou dites-la en mots."
                                ),
                                .. Rule($"figures[{at}].unit", figure.Unit.Length == 0, $"Donnez l’unité."),
                                .. Rule(
                                    $"figures[{at}].period",
                                    figure.Period.Length == 0,
                                    $"Donnez la période ; si la source n’en donne pas, écrivez-le."
                                ),
                                .. Rule(
                                    $"figures[{at}].source",
                                    figure.Source.Length == 0 || practice.Sources.All(source => source.Code != figure.Source),
                                    $"Indiquez le code d’une des sources de la pratique."
                                ),
                            ]
                ),
            ];
    }

    private static string ReviewDue(DateOnly today) => today.AddMonths(24).ToString("yyyy-MM", null);

    private static readonly HashSet<string> LongTexts =
    [
        "context",
        "approach",
        "difficulties",
        "successConditions",
        "notTransferable",
        "firstStep",
        "lessons",
    ];

    /// <summary>Each code once, and no empty one: a form sends an empty value for a list with nothing chosen.</summary>
    private static void Distinct(RepeatedField<string> codes)
    {
        var chosen = codes.Select(code => code.Trim()).Where(code => code.Length > 0).Distinct().ToList();
        codes.Clear();
        codes.AddRange(chosen);
    }
}
