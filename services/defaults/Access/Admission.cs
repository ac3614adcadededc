using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fabrique;

/// <summary>
/// The first look at a caller, before anything of the request is read: whoever has none of the roles of a call does not reach it. Where the
/// right holds, the call itself demands.
/// </summary>
internal static class Admission
{
    /// <summary>
    /// For calls of the platform's contracts by gRPC; those by REST are looked at where they are made problems. The calls of Dapr have no
    /// line in the table of rights: the sidecar knows its applications by their token.
    /// </summary>
    public static void UseAdmission(this IApplicationBuilder app) =>
        app.Use(
            async (context, next) =>
            {
                if (
                    UnreadRequest.Call(context) is null
                    && context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is { Method.FullName: var name }
                    && name.StartsWith("/fabrique.", StringComparison.Ordinal)
                )
                {
                    try
                    {
                        await DemandAsync(context, name[1..]);
                    }
                    catch (Refusal refused)
                    {
                        Answer(context.Response, refused.ToRpcException());
                        return;
                    }
                }
                await next(context);
            }
        );

    /// <param name="line">Of the table of rights.</param>
    /// <exception cref="Refusal">The caller has none of the roles.</exception>
    public static async Task DemandAsync(HttpContext http, string line)
    {
        if (http.User.HasClaim(Tokens.ReadsOnly.Type, Tokens.ReadsOnly.Value) && !Rights.IsRead(line))
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
                if (
                    http.User.Identity?.IsAuthenticated != true
                    && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body
                )
                {
                    body.MaxRequestBodySize = Limits.MaxStrangersBody;
                }
                return;
            case [Rights.Account]:
                http.DemandToken();
                return;
            case [Rights.App]:
                if (!await http.IsOfThisNodeAsync())
                {
                    throw new Refusal(StatusCode.PermissionDenied, "NODE_ONLY", $"Cet appel est réservé aux services de l’installation.");
                }
                return;
            case null:
                throw new Refusal(StatusCode.PermissionDenied, "NO_RIGHT", $"Cet appel n’est ouvert à personne.");
            default:
                if (!http.User.Allows(line))
                {
                    throw http.Denied(line);
                }
                return;
        }
    }

    /// <summary>An answer of gRPC that is nothing but its end.</summary>
    private static void Answer(HttpResponse response, RpcException refused)
    {
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = $"{(int)refused.StatusCode}";
        response.Headers["grpc-message"] = Uri.EscapeDataString(refused.Status.Detail);
        foreach (var detail in refused.Trailers)
        {
            response.Headers[detail.Key] = detail.IsBinary ? Convert.ToBase64String(detail.ValueBytes) : detail.Value;
        }
    }
}
