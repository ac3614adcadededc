using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Fabrique;

/// <summary>
/// The access tokens of people, signed by the identity service of the node. Each service checks them itself: signature, issuer, audience,
/// time, revocation.
/// </summary>
public static class Tokens
{
    /// <summary>Authentication scheme of people's tokens.</summary>
    public const string Scheme = "People";

    public const string Audience = "fabrique";

    /// <summary>Claim: grows with each change of the person's grants.</summary>
    public const string RightsClaim = "rights";

    /// <summary>Claim: the session that the token was made for.</summary>
    public const string SessionClaim = "sid";

    /// <summary>What a 401 says to whoever bore a token (RFC 6750).</summary>
    public const string Challenge = "Bearer realm=\"fabrique\", error=\"invalid_token\"";

    /// <summary>Claim of a token that may change nothing, whatever its grants.</summary>
    public static Claim ReadsOnly => new("access", "read");

    /// <summary>Application id of the identity service.</summary>
    public const string Issuer = "identity";

    /// <summary>Who says to have signed the token that a request bears; null without one.</summary>
    public static string? IssuerOf(HttpRequest request)
    {
        const string bearer = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(bearer, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        var token = header[bearer.Length..].Trim();
        var reader = new JsonWebTokenHandler();
        try
        {
            return reader.CanReadToken(token) ? reader.ReadJsonWebToken(token).Issuer : null;
        }
        catch (Exception error) when (error is ArgumentException or JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The token that the request bears, once it was found good.</summary>
    public static string? AcceptedToken(this HttpContext http) =>
        http.User.Identity is ClaimsIdentity { IsAuthenticated: true }
        && AuthenticationHeaderValue.TryParse(http.Request.Headers.Authorization, out var header)
            ? header.Parameter
            : null;
}
