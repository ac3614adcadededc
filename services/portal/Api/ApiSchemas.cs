using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi;

namespace Fabrique.Portal.Api;

/// <summary>
/// The messages of the contracts as JSON Schema, the way JSON transcoding writes and reads them; those that are used become components of
/// the document.
/// </summary>
public sealed partial class ApiSchemas(OpenApiDocument document, IDictionary<string, IOpenApiSchema> components)
{
    /// <summary>Values of an enumeration with what the contract says of each.</summary>
    public const string ValuesExtension = "x-enumDescriptions";

    /// <summary>The area of objects that no area with calls describes: what every answer may be, what several areas share.</summary>
    public const string Common = "common";

    private static readonly Dictionary<string, string> Areas = ContractFiles
        .All.SelectMany(file => file.MessageTypes.SelectMany(Within).Concat(file.EnumTypes))
        .Where(declared => ApiCall.All.Any(call => call.Area == declared.Area()))
        .GroupBy(Name)
        .ToDictionary(named => named.Key, named => named.First().Area());

    public IOpenApiSchema Of(MessageDescriptor message) =>
        message.FullName == "google.protobuf.Timestamp"
            ? new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" }
            : Component(message, () => Of(message.Fields.InDeclarationOrder()));

    /// <summary>An object of some fields.</summary>
    public OpenApiSchema Of(IEnumerable<FieldDescriptor> fields) =>
        new()
        {
            Type = JsonSchemaType.Object,
            Properties = fields.ToDictionary(field => field.JsonName, Of),
            Required = fields.Where(field => Behaves(field, FieldBehavior.Required)).Select(field => field.JsonName).ToHashSet()
                is { Count: > 0 } required
                ? required
                : null,
        };

    public IOpenApiSchema Of(FieldDescriptor field)
    {
        var (description, readOnly) = (Said(field.Comment()), Behaves(field, FieldBehavior.OutputOnly));
        var one = One(field);
        if (field.IsRepeated)
        {
            return new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = one,
                Description = description,
                ReadOnly = readOnly,
            };
        }
        switch (one)
        {
            case OpenApiSchema value:
                (value.Description, value.ReadOnly) = (description, readOnly);
                break;
            case OpenApiSchemaReference component:
                (component.Description, component.ReadOnly) = (description, readOnly);
                break;
        }
        return one;
    }

    /// <summary>A field whose description stands beside it.</summary>
    public IOpenApiSchema Bare(FieldDescriptor field) =>
        field.IsRepeated ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = One(field) } : One(field);

    private IOpenApiSchema One(FieldDescriptor field) =>
        field.FieldType switch
        {
            FieldType.Message => Of(field.MessageType),
            FieldType.Enum => Of(field.EnumType),
            FieldType.String => new OpenApiSchema { Type = JsonSchemaType.String, Examples = Codes(field.Comment()) },
            FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean },
            FieldType.Int32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
            FieldType.Int64 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
            FieldType.Double => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double" },
            var other => throw new NotSupportedException($"{field.FullName} is a {other}, which nobody has described in JSON yet"),
        };

    private OpenApiSchemaReference Of(EnumDescriptor values) => Component(values, () => new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Enum = [.. values.Values.Select(value => (JsonNode)value.Name)],
                Extensions = new Dictionary<string, IOpenApiExtension>
                {
                    [ValuesExtension] = new JsonNodeExtension(
                        new JsonObject(
                            values
                                .Values.Where(value => value.Comment().Length > 0)
                                .Select(value => KeyValuePair.Create(value.Name, (JsonNode?)value.Comment()))
                        )
                    ),
                },
            });

    /// <summary>The area whose contract describes an object of the document.</summary>
    public static string AreaOf(string name) => Areas.GetValueOrDefault(name, Common);

    private static IEnumerable<DescriptorBase> Within(MessageDescriptor message) =>
        [message, .. message.EnumTypes, .. message.NestedTypes.SelectMany(Within)];

    // "fabrique.territories.v1.Likeness.Criterion" is "Likeness.Criterion".
    private static string Name(DescriptorBase declared) => declared.FullName[(declared.File.Package.Length + 1)..];

    private OpenApiSchemaReference Component(DescriptorBase declared, Func<OpenApiSchema> make)
    {
        var name = Name(declared);
        // There before it is made: a message may hold itself.
        if (components.TryAdd(name, new OpenApiSchema()))
        {
            var schema = make();
            schema.Description = Said(declared.Comment());
            components[name] = schema;
        }
        return new OpenApiSchemaReference(name, document);
    }

    /// <summary>The list is open, and its codes are examples: a reader meets some that are not in it yet.</summary>
    private static List<JsonNode>? Codes(string description) =>
        Vocabularies().Match(description) is { Success: true } named
        && Vocabulary.Every.FirstOrDefault(list => list.Name == named.Groups[1].Value) is { } list
            ? [.. list.Codes.Select(code => (JsonNode)code)]
            : null;

    private static bool Behaves(FieldDescriptor field, FieldBehavior behaviour) =>
        field.GetOptions()?.GetExtension(FieldBehaviorExtensions.FieldBehavior)?.Contains(behaviour) == true;

    private static string? Said(string text) => text.Length > 0 ? text : null;

    [GeneratedRegex(@"[Vv]ocabul(?:ary|aire) (\w+)")]
    public static partial Regex Vocabularies();
}
