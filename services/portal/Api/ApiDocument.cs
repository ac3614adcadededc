using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Fabrique.Portal.Api;

/// <summary>
/// The REST API as an OpenAPI 3.1 document, made of the contracts: their calls and messages, their comments, and what every answer of a
/// node has in common.
/// </summary>
public static class ApiDocument
{
    public const string Address = "/api/openapi.json";

    private const string Json = "application/json";
    private const string TokenScheme = "token";

    public static void MapApiDocument(this WebApplication app) => app.MapGet(Address, async (HttpContext http) =>
        {
            http.Response.ContentType = "application/vnd.oai.openapi+json;version=3.1";
            using var written = new MemoryStream();
            await Create(http.Site()).SerializeAsJsonAsync(written, OpenApiSpecVersion.OpenApi3_1, http.RequestAborted);
            await http.Response.Body.WriteAsync(written.GetBuffer().AsMemory(0, (int)written.Length), http.RequestAborted);
        });

    /// <param name="site">Where the API is: <c>https://example.org</c>.</param>
    public static OpenApiDocument Create(string site)
    {
        var document = new OpenApiDocument
        {
            Info = new()
            {
                Title = "Fabrique",
                Version = Release.Version.Split('+')[0],
                Summary = "Territories in transition and the practices that they share.",
                Description = ApiCommon.Introduction,
                License = new() { Name = "EUPL 1.2", Identifier = "EUPL-1.2" },
            },
            Servers = [new() { Url = site }],
            Tags = ApiCall
                .All.GroupBy(call => call.Area)
                .Select(area => new OpenApiTag { Name = area.Key, Description = area.First().Method.Service.Comment() })
                .ToHashSet(),
            Paths = [],
            Components = new()
            {
                Schemas = new Dictionary<string, IOpenApiSchema>(),
                Responses = ApiCommon.Refusals.ToDictionary(status => Name(status.Key), status => status.Value),
                Headers = ApiCommon.Headers,
                Parameters = ApiCommon.Parameters,
                SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme> { [TokenScheme] = ApiCommon.Token },
            },
        };
        document.Components.Schemas["Problem"] = ApiCommon.Problem(document);
        document.Components.Schemas["FieldError"] = ApiCommon.FieldError;
        var schemas = new ApiSchemas(document, document.Components.Schemas);
        foreach (var response in document.Components.Responses.Values)
        {
            response.Content!["application/problem+json"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchemaReference("Problem", document),
            };
        }
        foreach (var calls in ApiCall.All.GroupBy(call => call.Path))
        {
            document.Paths[calls.Key] = new OpenApiPathItem
            {
                Operations = calls.ToDictionary(call => call.Verb, call => Operation(call, schemas, document, site)),
            };
        }
        document.SetReferenceHostDocument();
        document.RegisterComponents();
        return document;
    }

    private static OpenApiOperation Operation(ApiCall call, ApiSchemas schemas, OpenApiDocument document, string site)
    {
        var reads = call.Verb == HttpMethod.Get;
        var example = ApiExample.Of(call);
        var token = new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(TokenScheme, document)] = [] };
        return new()
        {
            OperationId = call.Id,
            Tags = new HashSet<OpenApiTagReference> { new(call.Area, document) },
            Summary = call.Title,
            Description = call.Description,
            Security = call.Role is null
                ?
                [
                    [],
                    token,
                ]
                : [token],
            Parameters =
            [
                .. call.InPath.Select(field => Parameter(field, ParameterLocation.Path, schemas, example?.Path)),
                .. call.InQuery.Select(field => Parameter(field, ParameterLocation.Query, schemas, example?.Query)),
                new OpenApiParameterReference("AcceptLanguage", document),
                .. reads ? [new OpenApiParameterReference("IfNoneMatch", document)] : Array.Empty<IOpenApiParameter>(),
            ],
            RequestBody =
                call.Rule.Body.Length == 0
                    ? null
                    : new OpenApiRequestBody
                    {
                        Required = true,
                        Description = call.Body?.Comment() is { Length: > 0 } said ? said : null,
                        Content = Content(call.Body is { } body ? schemas.Of(body.MessageType) : schemas.Of(call.InBody), example?.Body),
                    },
            Responses = Responses(call, schemas, document, example),
            Extensions = example is null
                ? null
                : new Dictionary<string, IOpenApiExtension>
                {
                    ["x-codeSamples"] = new JsonNodeExtension(
                        new JsonArray(
                            new JsonObject
                            {
                                ["lang"] = "Shell",
                                ["label"] = "curl",
                                ["source"] = example.Curl(call, site),
                            }
                        )
                    ),
                },
        };
    }

    private static OpenApiParameter Parameter(
        FieldDescriptor field,
        ParameterLocation place,
        ApiSchemas schemas,
        Dictionary<string, string>? example
    )
    {
        var value = example?.GetValueOrDefault(field.JsonName);
        return new()
        {
            Name = field.JsonName,
            In = place,
            Required = place == ParameterLocation.Path,
            Description = field.Comment() is { Length: > 0 } said ? said : null,
            Schema = schemas.Bare(field),
            Example = value is null
                ? null
                : field switch
                {
                    { IsRepeated: true } => new JsonArray(value),
                    { FieldType: FieldType.String or FieldType.Enum } => value,
                    _ => JsonNode.Parse(value),
                },
        };
    }

    private static OpenApiResponses Responses(ApiCall call, ApiSchemas schemas, OpenApiDocument document, ApiExample? example)
    {
        var told = call.Verb == HttpMethod.Get ? ApiCommon.Headers.Keys.Except(["RetryAfter"]) : ["RateLimit", "RateLimitPolicy"];
        var responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse
            {
                Description = call.Method.IsServerStreaming
                    ? "One object on each line, the next as soon as it is there."
                    : "What was asked for.",
                Headers = told.ToDictionary(
                    name => ApiCommon.HeaderNames[name],
                    IOpenApiHeader (name) => new OpenApiHeaderReference(name, document)
                ),
                Content = Content(schemas.Of(call.Answer), example?.Answer),
            },
        };
        if (call.Verb == HttpMethod.Get)
        {
            responses["304"] = new OpenApiResponse
            {
                Description = "Nothing changed since the answer that has the tag of `If-None-Match`. Without a body.",
            };
        }
        foreach (var status in call.Refusals)
        {
            responses[$"{status}"] = new OpenApiResponseReference(Name(status), document);
        }
        return responses;
    }

    private static Dictionary<string, IOpenApiMediaType> Content(IOpenApiSchema schema, JsonNode? example) =>
        new()
        {
            [Json] = new OpenApiMediaType { Schema = schema, Example = example?.DeepClone() },
        };

    private static string Name(int status) => ReasonPhrases.GetReasonPhrase(status).Replace(" ", "", StringComparison.Ordinal);
}
