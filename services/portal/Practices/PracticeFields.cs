namespace Fabrique.Portal.Practices;

/// <summary>The words of the practice form, by the JSON path of the contract without row numbers.</summary>
public static class PracticeFields
{
    public static FormFields All { get; } = new(Words);

    private static string ToPublish => T["nécessaire pour publier"];

    /// <summary>What the chapter of a long text is called where it is read.</summary>
    public static string Chapter(string field) => field == "lessons" ? T["Ce que nous avons appris"] : All.Find(field)?.Label ?? field;

    private static Dictionary<string, FieldText> Words() =>
        new(FormFields.OfSources())
        {
            ["territory"] = new(T["Territoire"], Kind: FieldKind.Choice, Need: T["obligatoire"]),
            ["title"] = new(T["Titre"], T["Ce que vous avez fait, en une ligne. 120 caractères au plus."], Need: T["obligatoire"]),
            ["summary"] = new(
                T["Résumé"],
                T["Ce qu’un collègue pressé doit retenir. 300 caractères au plus."],
                FieldKind.Text,
                Need: ToPublish
            ),
            ["themes"] = new(T["Thèmes"], T["De un à trois."], FieldKind.Choices, Vocabulary.Theme, ToPublish),
            ["maturity"] = new(
                T["Maturité"],
                T["Où vous en êtes, selon vous. Ce n’est pas une note."],
                FieldKind.Choice,
                Vocabulary.Maturity,
                ToPublish
            ),
            ["startedOn"] = new(T["Début"], FormFields.Dates, FieldKind.Date),
            ["endedOn"] = new(T["Fin"], T["Laissez vide si l’action continue."], FieldKind.Date),

            ["context"] = new(
                T["Le contexte"],
                T["Le lieu et le moment : ce qui a rendu l’action possible ou nécessaire."],
                FieldKind.Text,
                Need: ToPublish
            ),
            ["approach"] = new(T["La démarche"], T["Ce que vous avez fait, étape par étape."], FieldKind.Text),
            ["actors"] = new(T["Qui a pris part"], "", FieldKind.Choices, Vocabulary.Role4F),
            ["difficulties"] = new(
                T["Les difficultés"],
                T["Ce qui a été dur, ce qui a échoué, ce qui reste ouvert. C’est souvent ce que les autres territoires lisent en premier."],
                FieldKind.Text,
                Need: ToPublish
            ),
            ["lessons"] = new(T["Ce que vous avez appris"], T["Nécessaire pour publier une pratique arrêtée."], FieldKind.Text),

            ["successConditions"] = new(
                T["Conditions de réussite"],
                T["Ce qui doit être réuni pour que cela marche ailleurs."],
                FieldKind.Text,
                Need: ToPublish
            ),
            ["notTransferable"] = new(T["Ce qui ne se transpose pas"], T["Ce qui tient à votre territoire seul."], FieldKind.Text),
            ["firstStep"] = new(T["La première étape"], T["Ce qu’une commune pourrait faire dès lundi matin."], FieldKind.Text),
            ["contactRole"] = new(T["À qui s’adresser"], T["Une fonction, jamais une personne : « service urbanisme »."]),
            ["means.staffFte"] = new(
                T["Temps de travail"],
                T["Agents du territoire, en équivalents temps plein : 0,5 pour un mi-temps."],
                FieldKind.Number
            ),
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

            ["principles"] = new(T["Principes de la démarche"], "", FieldKind.Choices, Vocabulary.Principle),
            ["axes"] = new(T["Axes de la méthode"], "", FieldKind.Choices, Vocabulary.MethodAxis),
            ["sdgs"] = new(T["Objectifs de développement durable"], T["Leurs numéros, de 1 à 17."], FieldKind.Choices),
            ["licence"] = new(
                T["Licence de votre texte"],
                T["Ce que les autres peuvent en faire. Celle qui est proposée permet de l’adapter en vous citant."],
                FieldKind.Choice,
                Vocabulary.Licence,
                ToPublish
            ),
            ["reviewDueOn"] = new(
                T["Prochaine relecture"],
                T["Quand vous comptez relire ce texte. Sans réponse : 24 mois après la publication."],
                FieldKind.Date
            ),
        };
}
