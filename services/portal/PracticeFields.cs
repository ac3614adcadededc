using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabrique.Portal;

/// <summary>How a field is asked for.</summary>
public enum FieldKind
{
    Line,
    Text,
    Date,
    Number,
    Choice,
    Choices,
}

/// <summary>A field of a form: its words for people, and how it is asked.</summary>
public sealed record FieldText(string Label, string Help = "", FieldKind Kind = FieldKind.Line, Vocabulary? Codes = null, string Need = "");

/// <summary>The words of the practice form, by the JSON path of the contract without row numbers.</summary>
public static partial class PracticeFields
{
    private static readonly ConcurrentDictionary<Language, Dictionary<string, FieldText>> Written = [];
    private static readonly string[] DateParts = ["year", "month", "day"];

    private static string ToPublish => T["nécessaire pour publier"];

    private static string Dates => T["Une année, un mois ou un jour : 2014, 10/2014 ou 07/10/2014."];

    private static Dictionary<string, FieldText> Fields() => new()
    {
        ["territory"] = new(T["Territoire"], Kind: FieldKind.Choice, Need: T["obligatoire"]),
        ["title"] = new(T["Titre"], T["Ce que vous avez fait, en une ligne. 120 caractères au plus."], Need: T["obligatoire"]),
        ["summary"] = new(T["Résumé"], T["Ce qu’un collègue pressé doit retenir. 300 caractères au plus."], FieldKind.Text, Need: ToPublish),
        ["themes"] = new(T["Thèmes"], T["De un à trois."], FieldKind.Choices, Vocabulary.Theme, ToPublish),
        ["maturity"] = new(T["Maturité"], T["Où vous en êtes, selon vous. Ce n’est pas une note."], FieldKind.Choice, Vocabulary.Maturity, ToPublish),
        ["startedOn"] = new(T["Début"], Dates, FieldKind.Date),
        ["endedOn"] = new(T["Fin"], T["Laissez vide si l’action continue."], FieldKind.Date),

        ["context"] = new(T["Le contexte"], T["Le lieu et le moment : ce qui a rendu l’action possible ou nécessaire."], FieldKind.Text, Need: ToPublish),
        ["approach"] = new(T["La démarche"], T["Ce que vous avez fait, étape par étape."], FieldKind.Text),
        ["actors"] = new(T["Qui a pris part"], "", FieldKind.Choices, Vocabulary.Role4F),
        ["difficulties"] = new(T["Les difficultés"], T["Ce qui a été dur, ce qui a échoué, ce qui reste ouvert. C’est souvent ce que les autres territoires lisent en premier."], FieldKind.Text, Need: ToPublish),
        ["lessons"] = new(T["Ce que vous avez appris"], T["Nécessaire pour publier une pratique arrêtée."], FieldKind.Text),

        ["successConditions"] = new(T["Conditions de réussite"], T["Ce qui doit être réuni pour que cela marche ailleurs."], FieldKind.Text, Need: ToPublish),
        ["notTransferable"] = new(T["Ce qui ne se transpose pas"], T["Ce qui tient à votre territoire seul."], FieldKind.Text),
        ["firstStep"] = new(T["La première étape"], T["Ce qu’une commune pourrait faire dès lundi matin."], FieldKind.Text),
        ["contactRole"] = new(T["À qui s’adresser"], T["Une fonction, jamais une personne : « service urbanisme »."]),
        ["means.staffFte"] = new(T["Temps de travail"], T["Agents du territoire, en équivalents temps plein : 0,5 pour un mi-temps."], FieldKind.Number),
        ["means.cost"] = new(T["Coût"], T["Dans vos mots : « moins de 10 000 € par an »."]),
        ["means.funding"] = new(T["Financements"], T["Un par ligne."]),

        ["figures"] = new(T["Chiffres"]),
        ["figures.label"] = new(T["Ce qui est compté"], T["Par exemple : « repas servis »."]),
        ["figures.qualifier"] = new(T["Précision"], "", FieldKind.Choice, Vocabulary.Qualifier),
        ["figures.value"] = new(T["Nombre"], "", FieldKind.Number),
        ["figures.text"] = new(T["Ou en toutes lettres"], T["Si votre source ne donne pas de nombre."]),
        ["figures.unit"] = new(T["Unité"], T["« repas », « % », « € par an »."]),
        ["figures.period"] = new(T["Période"], T["2019, 1999/2009, ou en mots si la source ne la donne pas."]),
        ["figures.source"] = new(T["Code de la source"], T["Celui d’une source citée plus bas."]),
        ["effects"] = new(T["Effets"]),
        ["effects.kind"] = new(T["Sorte d’effet"], "", FieldKind.Choice, Vocabulary.EffectKind),
        ["effects.text"] = new(T["Effet"], "", FieldKind.Text),

        ["sources"] = new(T["Sources"], Need: ToPublish),
        ["sources.code"] = new(T["Code"], T["Une ou deux lettres, pour y renvoyer depuis les chiffres : « A »."]),
        ["sources.title"] = new(T["Titre"], T["Rapport, délibération, article, page…"]),
        ["sources.author"] = new(T["Auteur"], T["Un organisme plutôt qu’une personne."]),
        ["sources.date"] = new(T["Date"], "", FieldKind.Date),
        ["sources.url"] = new(T["Adresse de la page"], T["Elle commence par https://"]),
        ["sources.licence"] = new(T["Licence de la source"], "", FieldKind.Choice, Vocabulary.Licence),

        ["principles"] = new(T["Principes de la démarche"], "", FieldKind.Choices, Vocabulary.Principle),
        ["axes"] = new(T["Axes de la méthode"], "", FieldKind.Choices, Vocabulary.MethodAxis),
        ["sdgs"] = new(T["Objectifs de développement durable"], T["Leurs numéros, de 1 à 17."], FieldKind.Choices),
        ["licence"] = new(T["Licence de votre texte"], T["Ce que les autres peuvent en faire. Celle qui est proposée permet de l’adapter en vous citant."], FieldKind.Choice, Vocabulary.Licence, ToPublish),
        ["reviewDueOn"] = new(T["Prochaine relecture"], T["Quand vous comptez relire ce texte. Sans réponse : 24 mois après la publication."], FieldKind.Date),
    };

    /// <summary>The words of the field at a path, or null when the form does not ask for it.</summary>
    public static FieldText? Find(string path) => Written.GetOrAdd(Language.Current, _ => Fields()).GetValueOrDefault(Index().Replace(path, ""));

    /// <summary>How to call the field where its surroundings are not seen: "Chiffres, ligne 2 : Unité".</summary>
    public static string Name(string path)
    {
        var label = Find(path)?.Label ?? path;
        if (Index().Match(path) is not { Success: true } row)
        {
            return label;
        }

        var (list, line) = (Find(path[..row.Index])?.Label, int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture) + 1);
        return path.EndsWith(']') ? T["{0}, ligne {1}", list, line] : T["{0}, ligne {1} : {2}", list, line, label];
    }

    /// <summary>What the chapter of a long text is called where it is read.</summary>
    public static string Chapter(string field) => field == "lessons" ? T["Ce que nous avons appris"] : Find(field)?.Label ?? field;

    /// <summary>The identifier of the field in the page.</summary>
    public static string Id(string path) => "champ-" + path.Replace('[', '-').Replace("]", "", StringComparison.Ordinal).Replace('.', '-');

    /// <summary>What was typed, with the labels of codes.</summary>
    public static string Shown(string path, IEnumerable<string> values) => string.Join(
        ", ",
        values.Where(value => value.Length > 0).Select(value => Find(path) switch
        {
            { Codes: { } codes } => codes.Label(value),
            { Kind: FieldKind.Date } => Show.Date(value),
            _ => value,
        }));

    /// <summary>Dates are typed as people write them and kept as the contract wants them.</summary>
    public static void ReadDates(MessageForm form)
    {
        foreach (var path in form.Paths.Where(path => Find(path)?.Kind == FieldKind.Date).ToList())
        {
            var typed = FrenchDate().Match(form.Value(path));
            if (typed.Success)
            {
                form.Set(path, string.Join('-', DateParts.Select(part => typed.Groups[part].Value).Where(part => part.Length > 0).Select(part => part.PadLeft(2, '0'))));
            }
        }
    }

    /// <summary>"2014-10-07" as people write it: "07/10/2014".</summary>
    public static string TypedDate(string date) => IsoDate().IsMatch(date) ? string.Join('/', date.Split('-').Reverse()) : date;

    [GeneratedRegex(@"\[(\d+)\]")]
    private static partial Regex Index();

    [GeneratedRegex(@"^(?:(?:(?<day>\d{1,2})/)?(?<month>\d{1,2})/)?(?<year>\d{4})$")]
    private static partial Regex FrenchDate();

    [GeneratedRegex(@"^\d{4}(-\d{2}){1,2}$")]
    private static partial Regex IsoDate();
}
