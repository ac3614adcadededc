using Microsoft.OpenApi;

namespace Fabrique.Portal.Api;

/// <summary>What holds for every call of the REST API, whichever service answers it.</summary>
internal static class ApiCommon
{
    public const string Introduction =
        "Everything that a node shows is read here without a key. Writing needs a token.\n\n"
        + "The contract only grows: fields, values and calls are added, never renamed or taken away, so a program ignores what it does not know. "
        + "A field without a value is written with its default (\"\", 0, false, []); an object or an optional number without one is left out.\n\n"
        + "Lists come in pages: ask again with `pageToken` set to the `nextPageToken` of the answer, and everything else as before, until it is empty.\n\n"
        + "Descriptions name refusals by their gRPC code: INVALID_ARGUMENT and FAILED_PRECONDITION are 400, UNAUTHENTICATED 401, PERMISSION_DENIED 403, "
        + "NOT_FOUND 404, ALREADY_EXISTS and ABORTED 409.";

    public static readonly Dictionary<string, string> HeaderNames = new()
    {
        ["ETag"] = "ETag",
        ["ContentLanguage"] = "Content-Language",
        ["RateLimit"] = "RateLimit",
        ["RateLimitPolicy"] = "RateLimit-Policy",
        ["RetryAfter"] = "Retry-After",
    };

    public static Dictionary<string, IOpenApiHeader> Headers =>
        new()
        {
            ["ETag"] = Header("Changes when the answer does. Send it back in `If-None-Match`.", "W/\"4c1a2b7e90d35f68a1b2c3d4e5f60718\""),
            ["ContentLanguage"] = Header("The language of what the node itself says.", "fr"),
            ["RateLimit"] = Header(
                "How many requests of this kind are left to your address. Absent for programs on the node's own machine.",
                "\"reads\";r=299"
            ),
            ["RateLimitPolicy"] = Header("How many there are, in how many seconds.", "\"reads\";q=300;w=60"),
            ["RetryAfter"] = Header("Seconds to wait before asking again.", "6"),
        };

    public static Dictionary<string, IOpenApiParameter> Parameters =>
        new()
        {
            ["AcceptLanguage"] = new OpenApiParameter
            {
                Name = "Accept-Language",
                In = ParameterLocation.Header,
                Description =
                    "The language of refusals: `fr` or `en`. What territories wrote stays in the language in which they wrote it.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Default = "fr" },
            },
            ["IfNoneMatch"] = new OpenApiParameter
            {
                Name = "If-None-Match",
                In = ParameterLocation.Header,
                Description = "The `ETag` of an answer that you have: 304 when it has not changed.",
                Schema = Text(),
            },
        };

    public static OpenApiSecurityScheme Token =>
        new()
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description =
                "A token that the node gives to a delegate of a territory, or to a steward of the node. It says which territory it may write for, and when it ends.",
        };

    /// <summary>RFC 9457, as every refusal comes.</summary>
    public static OpenApiSchema Problem(OpenApiDocument document) =>
        new()
        {
            Type = JsonSchemaType.Object,
            Description = "Why something was refused, and the way out (RFC 9457).",
            Required = new HashSet<string> { "type", "title", "status", "detail" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = Text("Always \"about:blank\": the status and the reason say the rest."),
                ["title"] = Text("The status in words, in English."),
                ["status"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Format = "int32",
                    Description = "The same as that of the answer.",
                },
                ["detail"] = Text("A sentence for people, in the language asked for."),
                ["reason"] = Text("For programs, and stable: INVALID_FIELDS, NOT_FOUND, STALE_VERSION…"),
                ["metadata"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Description = "Figures for programs, such as `currentVersion` with STALE_VERSION.",
                    AdditionalProperties = Text(),
                },
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Description = "Every field at fault, at once.",
                    Items = new OpenApiSchemaReference("FieldError", document),
                },
                ["traceId"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String | JsonSchemaType.Null,
                    Description = "What to tell whoever runs the node.",
                },
            },
        };

    public static OpenApiSchema FieldError =>
        new()
        {
            Type = JsonSchemaType.Object,
            Description = "A field at fault.",
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["field"] = Text("Its name and place in the JSON that was sent: `figures[0].unit`."),
                ["message"] = Text("What is wrong with it, for people."),
            },
        };

    public static Dictionary<int, IOpenApiResponse> Refusals =>
        new()
        {
            [400] = Refusal("Something in the request is wrong: `errors` names each field."),
            [401] = Refusal("No token, or one that is not valid."),
            [403] = Refusal("The token does not give this right."),
            [404] = Refusal("Nothing has this identifier, or you may not see it."),
            [409] = Refusal("Somebody else wrote in the meantime, or the identifier is taken: read again, and decide."),
            [413] = Refusal("More than 1 MiB was sent."),
            [415] = Refusal("The body is not said to be JSON: send `Content-Type: application/json`."),
            [429] = Refusal("Too many requests from your address.", "RetryAfter"),
            [503] = Refusal("The service does not answer for the moment. Nothing is lost.", "RetryAfter"),
        };

    private static OpenApiResponse Refusal(string description, params string[] headers) =>
        new()
        {
            Description = description,
            Headers =
                headers.Length == 0
                    ? null
                    : headers.ToDictionary(name => HeaderNames[name], IOpenApiHeader (name) => new OpenApiHeaderReference(name)),
            Content = new Dictionary<string, IOpenApiMediaType>(),
        };

    private static OpenApiHeader Header(string description, string example) =>
        new()
        {
            Description = description,
            Schema = Text(),
            Example = example,
        };

    private static OpenApiSchema Text(string? description = null) => new() { Type = JsonSchemaType.String, Description = description };
}
