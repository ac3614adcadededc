using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Fabrique;

/// <summary>
/// Under the REST API an error is a problem (RFC 9457): <c>title</c>, <c>status</c>, <c>detail</c>, a stable <c>reason</c>, and in
/// <c>errors</c> each field at fault. JSON transcoding answers <c>google.rpc.Status</c> instead, says in English what it could not read,
/// and the web server answers with an empty body: all are rewritten here.
/// </summary>
internal static class ProblemJson
{
    /// <summary>JSON that is sent as JSON, never put in a page: its accents stay readable.</summary>
    internal static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void UseProblemJson(this IApplicationBuilder app, PathString prefix) =>
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(prefix),
            branch =>
                branch.Use(
                    async (context, next) =>
                    {
                        var response = context.Response;
                        var body = response.Body;
                        using var buffer = new MemoryStream();
                        response.Body = buffer;
                        try
                        {
                            if (context.Request.ContentLength > Limits.MaxRequestBody)
                            {
                                response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                            }
                            else if (UnreadRequest.IsNotJson(context))
                            {
                                response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
                            }
                            else
                            {
                                // To be looked at again when it could not be read.
                                context.Request.EnableBuffering((int)Limits.MaxRequestBody);
                                await next(context);
                            }
                        }
                        catch (BadHttpRequestException error) when (!response.HasStarted)
                        {
                            buffer.SetLength(0);
                            response.Clear();
                            response.StatusCode = error.StatusCode;
                        }
                        finally
                        {
                            response.Body = body;
                        }
                        if (
                            response.StatusCode < 400
                            || response.HasStarted
                            || response.ContentType?.StartsWith("application/problem+json", StringComparison.Ordinal) == true
                        )
                        {
                            buffer.Position = 0;
                            await buffer.CopyToAsync(body, context.RequestAborted);
                            return;
                        }
                        if (response.StatusCode == StatusCodes.Status401Unauthorized)
                        {
                            response.Headers.WWWAuthenticate =
                                context.Request.Headers.Authorization.Count > 0 ? Tokens.Challenge : "Bearer realm=\"fabrique\"";
                        }
                        var problem = await ProblemAsync(context, buffer);
                        response.ContentType = "application/problem+json";
                        response.ContentLength = null;
                        await response.WriteAsync(problem.ToJsonString(Readable), context.RequestAborted);
                    }
                )
        );

    private static async Task<JsonObject> ProblemAsync(HttpContext context, MemoryStream buffer)
    {
        var status = context.Response.StatusCode;
        var problem = new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = ReasonPhrases.GetReasonPhrase(status),
            ["status"] = status,
        };
        if (Parse(buffer) is { } answer && answer["details"] is JsonArray { Count: > 0 } details)
        {
            problem["detail"] = (string?)answer["message"];
            Add(problem, details);
        }
        else if (status == StatusCodes.Status400BadRequest && await UnreadRequest.NameAsync(context) is { } refusal)
        {
            problem["detail"] = refusal.Message;
            problem["reason"] = refusal.Reason;
            problem["metadata"] = refusal.Details.Count > 0 ? JsonSerializer.SerializeToNode(refusal.Details) : null;
            problem["errors"] = new JsonArray([.. refusal.Fields.Select(field => Error(field.Field, field.Message))]);
        }
        else
        {
            problem["detail"] = Default(status);
        }
        problem["traceId"] = Activity.Current?.TraceId.ToString();
        return problem;
    }

    private static void Add(JsonObject problem, JsonArray details)
    {
        foreach (var detail in details)
        {
            if (detail?["reason"] is { } reason)
            {
                problem["reason"] = (string?)reason;
                if (detail["metadata"] is JsonObject { Count: > 0 } metadata)
                {
                    problem["metadata"] = metadata.DeepClone();
                }
            }
            if (detail?["fieldViolations"] is JsonArray violations)
            {
                problem["errors"] = new JsonArray([
                    .. violations.Select(violation => Error((string?)violation?["field"], (string?)violation?["description"])),
                ]);
            }
        }
    }

    private static JsonObject Error(string? field, string? message) => new() { ["field"] = field, ["message"] = message };

    private static JsonNode? Parse(MemoryStream buffer)
    {
        try
        {
            return buffer.Length == 0 ? null : JsonNode.Parse(buffer.ToArray());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Default(int status) =>
        status switch
        {
            400 => T["La demande est mal formée."],
            401 => T["Présentez un jeton d’accès valide."],
            404 => T["Rien n’existe à cette adresse."],
            405 => T["Cette adresse n’accepte pas cette méthode."],
            413 => T["La demande est trop volumineuse : 1 Mio au plus."],
            415 => T["Envoyez du JSON (application/json)."],
            _ => T["La demande n’a pas pu être traitée."],
        };
}
