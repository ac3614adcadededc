namespace Fabrique.Portal.Territories;

/// <summary>The words of the form in which a territory tells itself, by the JSON path of the contract without row numbers.</summary>
public static class ProfileFields
{
    /// <summary>What is typed beside a fact to cite a source that is in no list yet; not a field of the contract.</summary>
    public const string NewSource = "newSource";

    public static FormFields All { get; } = new(Words);

    private static string Needed => T["obligatoire"];

    private static Dictionary<string, FieldText> Words()
    {
        var words = new Dictionary<string, FieldText>(FormFields.OfSources())
        {
            ["introduction"] = new(
                T["Votre territoire en quelques phrases"],
                T["Pour quelqu’un qui ne le connaît pas : où il est, ce qui l’a fait, ce qu’il cherche."],
                FieldKind.Text
            ),
            ["situations"] = new(
                T["Ce qui lui ressemble"],
                T["Cochez ce qui est vrai chez vous : d’autres territoires vous trouveront ainsi."],
                FieldKind.Choices,
                Vocabulary.Situation
            ),
            ["inheritedConditions"] = new(T["Ce qu’il a hérité"]),
            ["star"] = new(T["L’étoile"]),
            ["star.text"] = new(
                T["Votre étoile"],
                T["Où vous voulez aller, à long terme, en une ou deux phrases. On n’y arrive peut-être jamais ; elle donne la direction."],
                FieldKind.Text
            ),
            ["pebbles"] = new(T["Les cailloux blancs"]),
            ["pebbles.title"] = new(T["Ce que vous avez fait"], T["Un petit pas visible, en une ligne."], Need: Needed),
            ["pebbles.date"] = new(T["Date"], FormFields.Dates, FieldKind.Date),
            ["pebbles.practiceId"] = new(T["La pratique qui le raconte"], "", FieldKind.Choice),
            ["phases"] = new(T["Les périodes"]),
            ["phases.title"] = new(
                T["Nom de la période"],
                T["Par exemple : « Se retrouver », « Compter ce qu’on a », « Changer d’échelle »."],
                Need: Needed
            ),
            ["phases.inhabitantsRole"] = new(
                T["La part des habitants"],
                T["Ce qu’ils y font : « acteurs de la fête », « enquêteurs », « coopérateurs »."]
            ),
            ["phases.start"] = new(T["Début"], FormFields.Dates, FieldKind.Date),
            ["phases.end"] = new(T["Fin"], T["Laissez vide si elle dure encore."], FieldKind.Date),
            ["milestones"] = new(T["Les étapes"]),
            ["milestones.date"] = new(T["Date"], FormFields.Dates, FieldKind.Date, Need: Needed),
            ["milestones.title"] = new(T["Ce qui s’est passé"], T["En une ligne : c’est elle qu’on lit sur le dessin."], Need: Needed),
            ["milestones.text"] = new(T["En quelques phrases"], "", FieldKind.Text),
            ["milestones.phase"] = new(T["Période"], "", FieldKind.Choice),
            ["milestones.practiceIds"] = new(T["La pratique qui en dit plus"], "", FieldKind.Choice),
            ["results"] = new(T["Les résultats"]),
            ["method"] = new(T["Votre méthode"]),
            ["method.kind"] = new(T["Ce que c’est"], "", FieldKind.Choice, Vocabulary.MethodElementKind),
            ["method.axis"] = new(T["Axe de la méthode"], "", FieldKind.Choice, Vocabulary.MethodAxis),
            ["indicators"] = new(T["Les indicateurs"]),
            ["indicators.label"] = new(T["Ce qui est mesuré"], T["Par exemple : « emplois sur la commune »."], Need: Needed),
            ["indicators.definition"] = new(T["Comment c’est compté"], T["Si votre source l’explique."], FieldKind.Text),
            ["indicators.family"] = new(T["Famille"], "", FieldKind.Choice, Vocabulary.IndicatorFamily),
            ["indicators.unit"] = new(T["Unité"], T["« emplois », « % », « tonnes par an »."]),
            ["indicators.values"] = new(T["Ses valeurs"]),
            ["indicators.values.period"] = new(T["Période"], T["2019, 1999/2009, ou en mots si la source ne la donne pas."]),
            ["indicators.values.value"] = new(T["Nombre"], "", FieldKind.Number),
            ["indicators.values.text"] = new(T["Ou en toutes lettres"], T["Si votre source ne donne pas de nombre."]),
            ["sources"] = new(T["Vos sources"]),
        };
        foreach (var list in new[] { "inheritedConditions", "results", "method" })
        {
            words[$"{list}.title"] = new(T["En une ligne"], Need: Needed);
            words[$"{list}.text"] = new(T["En quelques phrases"], "", FieldKind.Text);
        }

        foreach (var list in new[] { "inheritedConditions", "star", "pebbles", "phases", "milestones", "results", "method", "indicators" })
        {
            words[$"{list}.sources"] = new(T["D’où le savez-vous ?"], "", FieldKind.Choice, Need: list == "star" ? "" : Needed);
            words[$"{list}.{NewSource}"] = new(
                T["Une source qui n’est pas dans la liste"],
                T[
                    "Une délibération, un article, un bulletin municipal : son titre, ou l’adresse de la page. Elle entre dans la liste avec votre texte."
                ]
            );
        }

        return words;
    }
}
