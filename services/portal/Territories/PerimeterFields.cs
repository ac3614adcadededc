using System.Text.RegularExpressions;

namespace Fabrique.Portal.Territories;

/// <summary>The words of the form in which a territory that no official list has is declared and kept up to date.</summary>
public static partial class PerimeterFields
{
    public static FormFields All { get; } = new(Words);

    /// <summary>What can be declared.</summary>
    public static readonly IReadOnlyList<string> Kinds = ["PETR", "PNR", "SYN", "AUT"];

    private static string Needed => T["obligatoire"];

    private static Dictionary<string, FieldText> Words() =>
        new()
        {
            ["kind"] = new(T["Ce que c’est"], "", FieldKind.Choice, Need: Needed),
            ["name"] = new(T["Nom"], T["Le nom entier de l’organisme : « PETR du Pays de… »."], Need: Needed),
            ["siren"] = new(
                T["Numéro SIREN"],
                T[
                    "Neuf chiffres : il figure sur les courriers et les délibérations de l’organisme. Seul un territoire sans organisme n’en a pas."
                ]
            ),
            ["validFrom"] = new(T["Existe depuis"], T["Un jour : 01/01/2018. C’est la date de l’arrêté."], FieldKind.Date, Need: Needed),
            ["validTo"] = new(T["A pris fin le"], T["Laissez vide s’il existe toujours."], FieldKind.Date),
            ["on"] = new(
                T["Ces membres le sont depuis"],
                T["Le jour où la liste ci-dessus a changé. Vide : aujourd’hui. Ceux qui partent restent dans l’histoire du territoire."],
                FieldKind.Date
            ),
            ["members"] = new(
                T["Membres"],
                T[
                    "Une commune ou une intercommunalité par ligne, par son code INSEE ou son numéro SIREN ; le reste de la ligne ne compte pas. Vous pouvez coller une colonne d’un tableur."
                ],
                FieldKind.Text,
                Need: Needed
            ),
            ["declaredBy"] = new(T["Déclaré au nom de"], T["Un membre du réseau, qui est dans la liste."], FieldKind.Choice, Need: Needed),
            ["distinct"] = new(T["C’est bien un autre périmètre"], "", FieldKind.Tick),
            ["family"] = new(T["Vous êtes"], "", FieldKind.Choice, Vocabulary.Role4F, Needed),
            ["function"] = new(
                T["Ce que vous y faites"],
                T["Par exemple : directrice du parc, président du pôle, chargé de mission."],
                Need: Needed
            ),
            ["proof"] = new(
                T["Comment le vérifier"],
                T["Une page du site de l’organisme, le numéro de l’accueil… N’écrivez rien sur vos opinions."],
                FieldKind.Text
            ),
        };

    /// <summary>A member as a line of the list: its code, then its name for people.</summary>
    public static string Line(string code, string name, string department) => $"{code} {Show.WithCode(name, department)}";

    /// <summary>The codes at the beginning of the lines; a line that begins with none is given whole, to be refused by name.</summary>
    public static IEnumerable<string> Codes(string lines) =>
        lines
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Code().Match(line) is { Success: true } code ? code.Value.Replace(" ", "", StringComparison.Ordinal) : line);

    [GeneratedRegex(@"^(\d{3} ?\d{3} ?\d{3}|[0-9A-Za-z]{5})(?![0-9A-Za-z])")]
    private static partial Regex Code();
}
