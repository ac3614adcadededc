using System.Globalization;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fabrique;

/// <summary>
/// Says why JSON transcoding could not read a request: it refuses before any code of a service, in English, and names no field. Only a
/// request that was refused is looked at again, with the contract beside it.
/// </summary>
internal static class UnreadRequest
{
    /// <summary>Whether the request says that its body is JSON, in the encoding that JSON has between programs (RFC 8259 §8.1).</summary>
    public static bool IsJson(HttpRequest request) =>
        request.HasJsonContentType()
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && (!type.Charset.HasValue || type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    /// <summary>The refusal that names what could not be read; null when that is not to be seen.</summary>
    public static Refusal? Name(HttpContext context)
    {
        if (Call(context) is not { } call)
        {
            return null;
        }
        var errors = InQuery(call, context.Request.Query).ToList();
        if (call.HttpRule.Body.Length > 0 && context.Features.Get<JsonRead>() is { } read)
        {
            var message =
                call.HttpRule.Body == "*"
                    ? call.MethodDescriptor.InputType
                    : call.MethodDescriptor.InputType.FindFieldByName(call.HttpRule.Body).MessageType;
            using var body = JsonDocument.Parse(read.Json);
            errors.AddRange(InObject(message, body.RootElement, ""));
        }
        return errors.Count > 0 ? Refusal.Invalid(errors) : null;
    }

    public static GrpcJsonTranscodingMetadata? Call(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>();

    private static IEnumerable<FieldError> InQuery(GrpcJsonTranscodingMetadata call, IQueryCollection query)
    {
        foreach (var (name, values) in query)
        {
            if (call.HttpRule.Body == "*" || Field(call.MethodDescriptor.InputType, name) is not { FieldType: not FieldType.Message } field)
            {
                continue;
            }
            if (values.Count > 1 && !field.IsRepeated)
            {
                yield return new FieldError(field.JsonName, $"Donnez une seule valeur.");
            }
            else if (values.Any(value => !IsReadable(field, value ?? "")))
            {
                yield return Unreadable(field, field.JsonName);
            }
        }
    }

    private static IEnumerable<FieldError> InObject(MessageDescriptor message, JsonElement json, string path) =>
        from property in json.EnumerateObject()
        let field = Field(message, property.Name)
        where field is not null && property.Value.ValueKind != JsonValueKind.Null
        from error in InField(field, property.Value, path + field.JsonName)
        select error;

    private static IEnumerable<FieldError> InField(FieldDescriptor field, JsonElement json, string path) =>
        (field.IsRepeated, json.ValueKind) switch
        {
            (true, JsonValueKind.Array) => json.EnumerateArray()
                .Index()
                .SelectMany(item => InValue(field, item.Item, $"{path}[{item.Index}]")),
            (true, _) => [new FieldError(path, $"Écrivez une liste, entre crochets.")],
            _ => InValue(field, json, path),
        };

    private static IEnumerable<FieldError> InValue(FieldDescriptor field, JsonElement json, string path) =>
        (field.FieldType, json.ValueKind) switch
        {
            (FieldType.Message, JsonValueKind.Object) => InObject(field.MessageType, json, $"{path}."),
            (FieldType.Message, JsonValueKind.String)
                when IsMoment(field) && DateTimeOffset.TryParse(json.GetString(), CultureInfo.InvariantCulture, out _) => [],
            (FieldType.String, JsonValueKind.String) or (FieldType.Bool, JsonValueKind.True or JsonValueKind.False) => [],
            (not (FieldType.String or FieldType.Message or FieldType.Bool), JsonValueKind.String or JsonValueKind.Number)
                when IsReadable(field, json.ToString()) => [],
            _ => [Unreadable(field, path)],
        };

    private static bool IsReadable(FieldDescriptor field, string value) =>
        field.FieldType switch
        {
            FieldType.Int32 => int.TryParse(value, CultureInfo.InvariantCulture, out _),
            FieldType.Int64 => long.TryParse(value, CultureInfo.InvariantCulture, out _),
            FieldType.Double => double.TryParse(value, CultureInfo.InvariantCulture, out _),
            FieldType.Bool => bool.TryParse(value, out _),
            FieldType.Enum => field.EnumType.FindValueByName(value) is not null || int.TryParse(value, CultureInfo.InvariantCulture, out _),
            _ => true,
        };

    private static FieldError Unreadable(FieldDescriptor field, string path) =>
        field.FieldType switch
        {
            FieldType.Int32 or FieldType.Int64 => new FieldError(path, $"Écrivez un nombre entier."),
            FieldType.Double => new FieldError(path, $"Écrivez un nombre."),
            FieldType.Bool => new FieldError(path, $"Écrivez true ou false."),
            FieldType.Enum => new FieldError(
                path,
                $"Cette valeur n’existe pas. Choisissez parmi : {string.Join(", ", field.EnumType.Values.Select(value => value.Name))}."
            ),
            FieldType.Message when IsMoment(field) => new FieldError(path, $"Écrivez une date et une heure, comme 2026-01-31T08:30:00Z."),
            FieldType.Message => new FieldError(path, $"Écrivez un objet, entre accolades."),
            _ => new FieldError(path, $"Écrivez un texte, entre guillemets."),
        };

    private static bool IsMoment(FieldDescriptor field) => field.MessageType.FullName == Timestamp.Descriptor.FullName;

    // Both names are read; that of JSON is told.
    private static FieldDescriptor? Field(MessageDescriptor message, string name) =>
        message.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == name || field.Name == name);
}
