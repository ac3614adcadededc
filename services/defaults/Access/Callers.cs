using System.Security.Claims;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Authentication;

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
            throw context.Denied(line);
        }
    }

    /// <summary>Refuses a caller who may not make this part of the call for any territory.</summary>
    public static void DemandAnywhere(this ServerCallContext context, string part)
    {
        var line = Line(context, part);
        if (!context.Caller().Allows(line))
        {
            throw context.Denied(line);
        }
    }

    /// <summary>Whether the call comes from one of the node's own services.</summary>
    public static async Task<bool> IsOfThisNodeAsync(this ServerCallContext context) =>
        (await context.GetHttpContext().AuthenticateAsync(Apps.SidecarOnly)).Succeeded;

    /// <summary>Refuses a caller without a valid token: UNAUTHENTICATED.</summary>
    public static void DemandToken(this ServerCallContext context)
    {
        var http = context.GetHttpContext();
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

    internal static Refusal Denied(this ServerCallContext context, string line)
    {
        context.DemandToken();
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

    internal static string Line(ServerCallContext context, string part) =>
        part.Length > 0 ? $"{context.Method[1..]}:{part}" : context.Method[1..];
}

/// <summary>
/// The first look at a caller: whoever has none of the roles of a call does not reach it. Where the right holds, the call itself demands.
/// </summary>
internal sealed class CallerInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation
    )
    {
        await AdmitAsync(context);
        return await continuation(request, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responses,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        await AdmitAsync(context);
        await continuation(request, responses, context);
    }

    private static async Task AdmitAsync(ServerCallContext context)
    {
        var line = Callers.Line(context, "");
        if (context.Caller().HasClaim(Tokens.ReadsOnly.Type, Tokens.ReadsOnly.Value) && !Rights.IsRead(line))
        {
            throw new Refusal(
                StatusCode.PermissionDenied,
                "READ_ONLY_TOKEN",
                $"Ce jeton ne permet que de lire. Pour écrire, faites-en un qui le permet."
            );
        }
        switch (Rights.Table.GetValueOrDefault(line))
        {
            case [Rights.Anyone]:
                return;
            case [Rights.Account]:
                context.DemandToken();
                return;
            case [Rights.App]:
                if (!await context.IsOfThisNodeAsync())
                {
                    throw new Refusal(StatusCode.PermissionDenied, "NODE_ONLY", $"Cet appel est réservé aux services de l’installation.");
                }
                return;
            case null:
                throw new Refusal(StatusCode.PermissionDenied, "NO_RIGHT", $"Cet appel n’est ouvert à personne.");
            default:
                if (!context.Caller().Allows(line))
                {
                    throw context.Denied(line);
                }
                return;
        }
    }
}
