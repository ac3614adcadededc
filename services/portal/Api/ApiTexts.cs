using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.OpenApi;

namespace Fabrique.Portal.Api;

/// <summary>
/// The document speaks English, as the contracts that it is made of; its page speaks the language of the reader. Here the English text is
/// the key, and fr.po beside each contract holds its French.
/// </summary>
public static partial class ApiTexts
{
    /// <summary>The translations, by language.</summary>
    public static IReadOnlyDictionary<string, PoFile> Translations { get; } = Load();

    /// <summary>A text of the document for the page: translated, with its `code` and the lists of codes that it names.</summary>
    public static MarkupString Show(string? english)
    {
        var html = Code().Replace(WebUtility.HtmlEncode(english is null ? "" : Translated(english) ?? english), "<code>$1</code>");
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

    /// <summary>The address of the page of an area.</summary>
    public static string AreaPage(string area) => To($"/api/domaines/{area}");

    /// <summary>The address of the page of a call.</summary>
    public static string Page(ApiCall call) => To($"/api/demandes/{call.Id}");

    /// <summary>The address of the page of a message of the contracts.</summary>
    public static string Page(string name) => To($"/api/objets/{name}");

    /// <summary>The address of a list of codes.</summary>
    public static string List(string vocabulary) => To($"/api/listes#liste-{vocabulary}");

    /// <summary>What the calls of an area are about.</summary>
    public static string Area(string area) => Translated(area, "area") ?? char.ToUpperInvariant(area[0]) + area[1..];

    /// <summary>What the call does, in a few words.</summary>
    public static string Title(ApiCall call) => Translated(call.Title, "title") ?? call.Title;

    /// <summary>Every text of the document that its page shows, with the context of those that are titles.</summary>
    public static IEnumerable<(string Context, string Text)> Shown(OpenApiDocument document) =>
        [
            .. ApiCall.All.Select(call => ("area", call.Area)),
            .. ApiCall.All.Select(call => ("title", call.Title)),
            .. Described(document).Select(text => ("", text)),
        ];

    /// <summary>What the contract says of the values of an enumeration; empty for other schemas.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Values(IOpenApiSchema schema) =>
        schema.Extensions?.TryGetValue(ApiSchemas.ValuesExtension, out var told) == true && told is JsonNodeExtension values
            ? values.Node.AsObject().Select(value => KeyValuePair.Create(value.Key, (string)value.Value!))
            : [];

    private static IEnumerable<string> Described(OpenApiDocument document) =>
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

    private static IEnumerable<string> Of(IOpenApiSchema? schema) =>
        schema is null or OpenApiSchemaReference
            ? []
            : new[] { schema.Description }
                .Concat(schema.Properties?.Values.Select(field => field.Description) ?? [])
                .Concat(Values(schema).Select(value => value.Value))
                .OfType<string>();

    /// <summary>The text in the language of the page; null where that is English, or the text is not translated.</summary>
    private static string? Translated(string english, string context = "") =>
        Translations.TryGetValue(Language.Current.Code, out var po) ? po.Find(english, context)?[0] : null;

    /// <summary>By language: "api/fr.po" of what holds for every call, "api/practices/v1/fr.po" of an area.</summary>
    private static Dictionary<string, PoFile> Load()
    {
        var assembly = typeof(ApiTexts).Assembly;
        return assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith("api/", StringComparison.Ordinal) && name.EndsWith(".po", StringComparison.Ordinal))
            .GroupBy(name => Path.GetFileNameWithoutExtension(name))
            .ToDictionary(language => language.Key, language => PoFile.Load(assembly, language));
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
