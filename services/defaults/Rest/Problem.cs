using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Fabrique;

/// <summary>
/// The one shape of an error of the REST API (RFC 9457): <c>type</c>, <c>title</c>, <c>status</c>, <c>detail</c>, a stable
/// <c>reason</c>, in <c>errors</c> each field at fault, in <c>metadata</c> figures for programs. Whoever answers, gateway or service,
/// writes it here.
/// </summary>
public static class Problem
{
    /// <summary>JSON that is sent as JSON, never put in a page: its accents stay readable.</summary>
    internal static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>What a status means to whoever asked, and what to do, in their language.</summary>
    public static string Sentence(int status) =>
        status switch
        {
            400 => T["La demande est mal formée."],
            401 => T["Présentez un jeton d’accès valide."],
            403 => T["Vos droits ne permettent pas de le faire."],
            404 => T["Rien n’existe à cette adresse."],
            405 => T["Cette adresse n’accepte pas cette méthode."],
            413 => T["La demande est trop volumineuse : 1 Mio au plus."],
            414 => T["Cette adresse est trop longue : {0} caractères au plus.", Limits.MaxAddress],
            415 => T["Envoyez du JSON (application/json), en UTF-8."],
            421 => T["Ce site ne répond pas à ce nom."],
            429 => T["Trop de demandes viennent de votre adresse. Attendez un instant, puis recommencez."],
            431 => T["Les en-têtes de la demande sont trop longs : {0} octets au plus.", Limits.MaxHeaders],
            500 => T["Une erreur inattendue s’est produite. Rechargez la page avant de recommencer."],
            502 or 503 or 504 => T["Ce service redémarre ou ne répond pas. Réessayez dans quelques secondes : rien n’a été perdu."],
            _ => T["La demande n’a pas pu être traitée."],
        };

    /// <summary>The problem that a status alone tells.</summary>
    /// <param name="detail">A sentence that says more than that of the status.</param>
    public static JsonObject Of(int status, string? reason = null, string? detail = null) =>
        new()
        {
            ["type"] = "about:blank",
            ["title"] = ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } title ? title : "Error",
            ["status"] = status,
            ["detail"] = detail ?? Sentence(status),
            ["reason"] = reason ?? Reason(status),
        };

    /// <summary>The problem that a refusal tells.</summary>
    public static JsonObject Of(int status, Refusal refusal)
    {
        var problem = Of(status, refusal.Reason, refusal.Message);
        if (refusal.Details.Count > 0)
        {
            problem["metadata"] = JsonSerializer.SerializeToNode(refusal.Details);
        }
        if (refusal.Fields.Count > 0)
        {
            problem["errors"] = new JsonArray([.. refusal.Fields.Select(field => Error(field.Field, field.Message))]);
        }
        return problem;
    }

    /// <summary>A field at fault.</summary>
    public static JsonObject Error(string? field, string? message) => new() { ["field"] = field, ["message"] = message };

    /// <summary>Answers with the problem, whose status is that of the response.</summary>
    public static Task WriteAsync(HttpContext http, JsonObject problem)
    {
        problem["traceId"] = Activity.Current?.TraceId.ToString();
        http.Response.StatusCode = (int)problem["status"]!;
        http.Response.ContentType = "application/problem+json";
        http.Response.ContentLength = null;
        return http.Response.WriteAsync(problem.ToJsonString(Readable), http.RequestAborted);
    }

    /// <summary>The HTTP status of a refusal that no call made: those that a service answers before it reads a request.</summary>
    internal static int Status(StatusCode code) =>
        code switch
        {
            StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
            StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
            _ => StatusCodes.Status400BadRequest,
        };

    private static string Reason(int status) =>
        status switch
        {
            400 => "MALFORMED_REQUEST",
            401 => "TOKEN_REQUIRED",
            403 => "NO_RIGHT",
            404 => "NOT_FOUND",
            405 => "METHOD_NOT_ALLOWED",
            408 => "TOO_SLOW",
            413 => "REQUEST_TOO_LARGE",
            414 => "ADDRESS_TOO_LONG",
            415 => "NOT_JSON",
            421 => "WRONG_HOST",
            429 => "TOO_MANY_REQUESTS",
            431 => "HEADERS_TOO_LONG",
            500 => "INTERNAL",
            502 or 503 or 504 => "UNAVAILABLE",
            _ => "REFUSED",
        };
}
