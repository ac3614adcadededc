using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.OpenApi;

namespace Fabrique.Portal;

/// <summary>
/// The document speaks English, as the contracts that it is made of; its page speaks the language of the reader. Here the English text is the
/// key, and fr.po the one file of French.
/// </summary>
public static partial class ApiTexts
{
    /// <summary>The translations, by language.</summary>
    public static IReadOnlyDictionary<string, PoFile> Translations { get; } =
        new Dictionary<string, PoFile> { [Language.French.Code] = Read("api.fr.po") };

    /// <summary>A text of the document for the page: translated, with its `code` and the lists of codes that it names.</summary>
    public static MarkupString Show(string? english)
    {
        var text =
            english is null || !Translations.TryGetValue(Language.Current.Code, out var po) ? english : po.Find(english)?[0] ?? english;
        var html = Code().Replace(WebUtility.HtmlEncode(text ?? ""), "<code>$1</code>");
        return new(
            ApiSchemas
                .Vocabularies()
                .Replace(html, named =>
                    Vocabulary.Every.Any(list => list.Name == named.Groups[1].Value)
                        ? $"<a href=\"{List(named.Groups[1].Value)}\">{named.Value}</a>"
                        : named.Value
                )
        );
    }

    /// <summary>The address of the page of a call.</summary>
    public static string Page(ApiCall call) => To($"/api/demandes/{call.Id}");

    /// <summary>The address of the page of a message of the contracts.</summary>
    public static string Page(string name) => To($"/api/objets/{name}");

    /// <summary>The address of a list of codes.</summary>
    public static string List(string vocabulary) => To($"/api/listes#liste-{vocabulary}");

    /// <summary>What the calls of an area are about.</summary>
    public static string Area(string area) =>
        area switch
        {
            "practices" => T["Pratiques"],
            "territories" => T["Territoires"],
            _ => area,
        };

    /// <summary>What the call does, in a few words; its name in the contract where nobody has said it yet.</summary>
    public static string Title(ApiCall call) =>
        call.Method.Name switch
        {
            "ListPractices" => T["Chercher des pratiques"],
            "ExportPractices" => T["Emporter toutes les réponses d’une recherche"],
            "ListPracticeVersions" => T["Lire les versions d’une pratique"],
            "ListSimilarPractices" => T["Trouver des pratiques voisines"],
            "ListUnansweredSearches" => T["Savoir ce qui a été cherché en vain"],
            "GetPractice" => T["Lire une pratique"],
            "CreatePractice" => T["Commencer un brouillon"],
            "RevisePractice" => T["Réécrire une pratique"],
            "PublishPractice" => T["Publier une pratique"],
            "WithdrawPractice" => T["Retirer une pratique"],
            "ConfirmPractice" => T["Confirmer qu’une pratique est toujours vraie"],
            "AskReview" => T["Donner un brouillon à relire"],
            "RedraftPractice" => T["Reprendre un brouillon donné à relire"],
            "ArchivePractice" => T["Archiver une pratique"],
            "CommentPractice" => T["Laisser une remarque à un pair"],
            "ListPracticeComments" => T["Lire les remarques des pairs"],
            "ReportPractice" => T["Signaler une erreur à un territoire"],
            "ListPracticeReports" => T["Lire les signalements de lecteurs"],
            "ClosePracticeReport" => T["Clore un signalement"],
            "ListTerritories" => T["Chercher des territoires"],
            "GetTerritory" => T["Lire un territoire"],
            "ListSimilarTerritories" => T["Trouver des territoires semblables"],
            "ListMilestones" => T["Lire ce que les territoires ont traversé"],
            "GetBaseMap" => T["Prendre un fond de carte"],
            "GetMembership" => T["Savoir si un territoire est membre"],
            "AdmitMembership" => T["Accueillir un territoire dans le réseau"],
            "UpdateProfile" => T["Écrire le profil de son territoire"],
            var name => name,
        };

    /// <summary>Every text of the document that its page shows.</summary>
    public static IEnumerable<string> Shown(OpenApiDocument document) =>
        [
            .. from path in document.Paths.Values
            from call in path.Operations!.Values
            from text in (IEnumerable<string?>)
                [
                    call.Description,
                    call.RequestBody?.Description,
                    .. call.Parameters!.OfType<OpenApiParameter>().Select(field => field.Description),
                    .. Of(call.RequestBody?.Content?.First().Value.Schema),
                ]
            where text is not null
            select text,
            .. from schema in document.Components!.Schemas!.Values from text in Of(schema) select text,
            .. from response in document.Components!.Responses!.Values select response.Description,
        ];

    /// <summary>What the contract says of the values of an enumeration; empty for other schemas.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Values(IOpenApiSchema schema) =>
        schema.Extensions?.TryGetValue(ApiSchemas.ValuesExtension, out var told) == true && told is JsonNodeExtension values
            ? values.Node.AsObject().Select(value => KeyValuePair.Create(value.Key, (string)value.Value!))
            : [];

    private static IEnumerable<string> Of(IOpenApiSchema? schema) =>
        schema is null or OpenApiSchemaReference
            ? []
            : new[] { schema.Description }
                .Concat(schema.Properties?.Values.Select(field => field.Description) ?? [])
                .Concat(Values(schema).Select(value => value.Value))
                .OfType<string>();

    private static PoFile Read(string name)
    {
        using var reader = new StreamReader(typeof(ApiTexts).Assembly.GetManifestResourceStream(name)!);
        return PoFile.Read(reader.ReadToEnd());
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
