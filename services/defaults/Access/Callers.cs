using System.Security.Claims;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Fabrique;

/// <summary>The rights of whoever calls, by the table of <see cref="Rights"/>.</summary>
public static class Callers
{
    public static ClaimsPrincipal Caller(this ServerCallContext context) => context.GetHttpContext().User;

    /// <summary>Whether the caller may make this call, or the part of it that is named, there.</summary>
    /// <param name="subject">What it is about.</param>
    /// <param name="part">A part of the call that has a line of its own in the table.</param>
    public static bool May(this ServerCallContext context, Subject subject, string part = "") =>
        context.Caller().Allows(Line(context, part), subject);

    /// <summary>
    /// Refuses a caller who may not make this call, or this part of it, there: UNAUTHENTICATED without a valid token, PERMISSION_DENIED
    /// otherwise.
    /// </summary>
    /// <inheritdoc cref="May"/>
    public static void Demand(this ServerCallContext context, Subject subject, string part = "")
    {
        var line = Line(context, part);
        if (!context.Caller().Allows(line, subject))
        {
            throw context.GetHttpContext().Denied(line);
        }
    }

    /// <summary>Refuses a caller who may not make this part of the call for any territory.</summary>
    public static void DemandAnywhere(this ServerCallContext context, string part)
    {
        var line = Line(context, part);
        if (!context.Caller().Allows(line))
        {
            throw context.GetHttpContext().Denied(line);
        }
    }

    /// <summary>Whether the call comes from one of the node's own services.</summary>
    public static Task<bool> IsOfThisNodeAsync(this ServerCallContext context) => context.GetHttpContext().IsOfThisNodeAsync();

    /// <summary>Refuses a caller without a valid token: UNAUTHENTICATED.</summary>
    public static void DemandToken(this ServerCallContext context) => context.GetHttpContext().DemandToken();

    internal static async Task<bool> IsOfThisNodeAsync(this HttpContext http) => (await http.AuthenticateAsync(Apps.SidecarOnly)).Succeeded;

    internal static void DemandToken(this HttpContext http)
    {
        if (http.User.Identity?.IsAuthenticated == true)
        {
            return;
        }
        throw http.Request.Headers.Authorization.Count > 0
            ? new Refusal(
                StatusCode.Unauthenticated,
                "INVALID_TOKEN",
                $"Votre jeton n’est pas valide, ou il a expiré. Demandez-en un nouveau."
            )
            : new Refusal(StatusCode.Unauthenticated, "TOKEN_REQUIRED", $"Présentez un jeton d’accès pour écrire.");
    }

    internal static Refusal Denied(this HttpContext http, string line)
    {
        http.DemandToken();
        return Rights.Table[line] is [Grant.Steward]
            ? new Refusal(
                StatusCode.PermissionDenied,
                "NOT_A_STEWARD",
                $"Seule une personne qui administre cette installation peut faire cela."
            )
            : new Refusal(
                StatusCode.PermissionDenied,
                "NOT_YOUR_TERRITORY",
                $"Vos droits ne permettent pas de faire cela au nom de ce territoire."
            );
    }

    private static string Line(ServerCallContext context, string part) =>
        part.Length > 0 ? $"{context.Method[1..]}:{part}" : context.Method[1..];
}
