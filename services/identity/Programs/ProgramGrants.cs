using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Fabrique.Identity;

/// <summary>
/// What the token endpoint does for programs, beside the sign-in of people: client credentials, and the gateway's trade of personal tokens;
/// and the end of a refresh token (RFC 7009).
/// </summary>
internal static class ProgramGrants
{
    /// <summary>The grant of the gateway: a personal token becomes an access token of a few minutes.</summary>
    public const string Personal = "urn:fabrique:grant-type:personal-token";

    /// <summary>Parameter of that grant.</summary>
    public const string Token = "personal_token";

    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    /// <param name="server">The server of tokens.</param>
    /// <param name="issuer">Public address of the node, where whoever reads the discovery document finds its endpoints.</param>
    public static OpenIddictServerBuilder AllowPrograms(this OpenIddictServerBuilder server, Uri issuer)
    {
        server.AllowClientCredentialsFlow().AllowCustomFlow(Personal);
        server.SetRevocationEndpointUris("connect/revocation");
        // A challenge that is its own answer proves nothing.
        server.Configure(options => options.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain));
        // Access tokens are checked without asking anybody: what takes them back is the end of a session, of a right or of a secret.
        server.AddEventHandler<ValidateRevocationRequestContext>(handler =>
            handler
                .SetOrder(int.MaxValue)
                .UseInlineHandler(request =>
                {
                    if (request.GenericTokenPrincipal?.HasTokenType(TokenTypeIdentifiers.AccessToken) == true)
                    {
                        request.Reject(Errors.UnsupportedTokenType, "An access token ends by itself, or with its session.");
                    }
                    return default;
                })
        );
        // This service is asked at an address inside the node; its document is for those outside.
        return server.AddEventHandler<HandleConfigurationRequestContext>(handler =>
            handler
                .SetOrder(OpenIddictServerHandlers.Discovery.AttachEndpoints.Descriptor.Order + 1)
                .UseInlineHandler(answer =>
                {
                    answer.AuthorizationEndpoint = Public(answer.AuthorizationEndpoint);
                    answer.TokenEndpoint = Public(answer.TokenEndpoint);
                    answer.RevocationEndpoint = Public(answer.RevocationEndpoint);
                    answer.JsonWebKeySetEndpoint = Public(answer.JsonWebKeySetEndpoint);
                    return default;
                })
        );

        Uri? Public(Uri? endpoint) => endpoint is null ? null : new Uri(issuer, endpoint.AbsolutePath);
    }

    /// <summary>Answers a program; null when a person's code or refresh token is to be answered.</summary>
    public static async Task<IResult?> AnswerAsync(HttpContext http)
    {
        var request = http.GetOpenIddictServerRequest()!;
        if (request.IsClientCredentialsGrantType())
        {
            return SignIn(await http.RequestServices.GetRequiredService<NodePrograms>().TradeAsync(request.ClientId!), null);
        }
        if (request.GrantType == Personal)
        {
            var traded = await http.RequestServices.GetRequiredService<PersonalTokens>().TradeAsync((string?)request[Token] ?? "");
            return SignIn(traded?.Claims, traded?.Until - http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
        }
        return null;
    }

    private static IResult SignIn(IEnumerable<Claim>? claims, TimeSpan? left)
    {
        if (claims is null)
        {
            return Results.Forbid(
                new AuthenticationProperties(
                    new Dictionary<string, string?> { [OpenIddictServerAspNetCoreConstants.Properties.Error] = Errors.InvalidGrant }
                ),
                [Scheme]
            );
        }
        var identity = new ClaimsIdentity(claims, Scheme, Claims.Name, Claims.Role);
        identity.SetResources(Tokens.Audience);
        identity.SetDestinations(_ => [Destinations.AccessToken]);
        if (left < Revocations.TokenLife)
        {
            identity.SetAccessTokenLifetime(left);
        }
        return Results.SignIn(new ClaimsPrincipal(identity), authenticationScheme: Scheme);
    }
}
