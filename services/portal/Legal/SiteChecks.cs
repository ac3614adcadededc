using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabrique.Portal.Legal;

/// <summary>
/// What the tests checked and measured of this site's pages. The pages on accessibility and on eco-design say it, and a test keeps it true.
/// </summary>
/// <param name="Date">The day of the measure.</param>
/// <param name="Axe">The version of axe-core that found nothing.</param>
/// <param name="Codes">What was checked, by the code that each test declares.</param>
/// <param name="Pages">An example of each public page.</param>
public sealed record SiteChecks(DateOnly Date, string Axe, IReadOnlyList<string> Codes, IReadOnlyList<CheckedPage> Pages)
{
    public static SiteChecks Declared { get; } = Read();

    /// <summary>What was checked, in words.</summary>
    /// <exception cref="InvalidOperationException">A test declares what has no words here.</exception>
    [JsonIgnore]
    public IEnumerable<(string Code, string Text)> Checks =>
        Codes.Select(code =>
            (
                code,
                code switch
                {
                    "axe" => T["Sur {0} pages, en clair et en sombre, l’outil axe-core {1} ne trouve aucune erreur.", Pages.Count, Axe],
                    "html" => T["Le code des pages suit la norme HTML (html-validate)."],
                    "keyboard" => T[
                        "Chercher, filtrer, corriger un formulaire : tout se fait au clavier, et l’on voit toujours où l’on est."
                    ],
                    "layout" => T[
                        "Sur un écran de 320 pixels, à 200 % d’agrandissement et avec un texte plus espacé, rien ne déborde et rien n’est coupé."
                    ],
                    "links" => T["Aucun lien d’une page du site vers une autre n’est mort (linkinator)."],
                    "script" => T["On lit, on écrit et on publie sans script."],
                    _ => throw new InvalidOperationException($"The check '{code}' has no words."),
                }
            )
        );

    private static SiteChecks Read()
    {
        using var file = typeof(SiteChecks).Assembly.GetManifestResourceStream("checks.json")!;
        return JsonSerializer.Deserialize<SiteChecks>(file, JsonSerializerOptions.Web)!;
    }
}

/// <summary>A page at the first visit.</summary>
/// <param name="Address">Path and query.</param>
/// <param name="Kilobytes">All that the browser receives, compressed, in thousands of bytes.</param>
/// <param name="Requests">How many answers that took.</param>
/// <param name="Elements">Elements of the document, those within drawings not counted.</param>
/// <param name="EcoIndex">0 to 100.</param>
/// <param name="Grade">A to G.</param>
public sealed record CheckedPage(string Address, int Kilobytes, int Requests, int Elements, int EcoIndex, string Grade);
