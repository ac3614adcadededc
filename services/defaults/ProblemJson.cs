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
/// <c>errors</c> each field at fault. JSON transcoding answers <c>google.rpc.Status</c> instead, and the web server answers with an
/// empty body: both are rewritten here.
/// </summary>
internal static class ProblemJson
{
    /// <summary>JSON that is sent as JSON, never put in a page: its accents stay readable.</summary>
    internal static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void UseProblemJson(this IApplicationBuilder app, PathString prefix) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments(prefix), branch => branch.Use(async (context, next) =>
        {
            var response = context.Response;
            var body = response.Body;
            using var buffer = new MemoryStream();
            response.Body = buffer;
            try
            {
                if (context.Request.ContentLength > ServiceDefaults.MaxRequestBody)
                {
                    response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                }
                else
                {
                    await next(context);
                }
            }
            catch (BadHttpRequestException refused) when (!response.HasStarted)
            {
                buffer.SetLength(0);
                response.Clear();
                response.StatusCode = refused.StatusCode;
            }
            finally
            {
                response.Body = body;
            }
            if (response.StatusCode < 400 || response.HasStarted || response.ContentType?.StartsWith("application/problem+json", StringComparison.Ordinal) == true)
            {
                buffer.Position = 0;
                await buffer.CopyToAsync(body, context.RequestAborted);
                return;
            }
            var problem = Problem(context, buffer);
            response.ContentType = "application/problem+json";
            response.ContentLength = null;
            await response.WriteAsync(problem.ToJsonString(Readable), context.RequestAborted);
        }));

    private static JsonObject Problem(HttpContext context, MemoryStream buffer)
    {
        var status = context.Response.StatusCode;
        var problem = new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = ReasonPhrases.GetReasonPhrase(status),
            ["status"] = status,
        };
        var answer = Parse(buffer);
        problem["detail"] = (string?)answer?["message"] is { Length: > 0 } message ? message : Default(status);
        foreach (var detail in answer?["details"] as JsonArray ?? [])
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
                problem["errors"] = new JsonArray([.. violations.Select(violation => new JsonObject
                {
                    ["field"] = (string?)violation?["field"],
                    ["message"] = (string?)violation?["description"],
                })]);
            }
        }
        problem["traceId"] = Activity.Current?.TraceId.ToString();
        return problem;
    }

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

    private static string Default(int status) => status switch
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
