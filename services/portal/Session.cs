using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Fabrique.Portal;

/// <summary>A right that the token carries: a role in a territory.</summary>
public sealed record Grant(string Role, string Territory);

/// <summary>
/// The visitor's session: a bearer token kept in the encrypted cookie, never in a page. The site only reads it to know what to
/// show; it cannot verify the signature, so every right is checked by the services.
/// </summary>
public static class Session
{
    private const string TokenName = "access_token";
    private const string GrantClaim = "grant";

    public static string? SessionToken(this HttpContext http) =>
        http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.GetTokenValue(TokenName);

    public static DateTimeOffset? SessionEnd(this HttpContext http) =>
        http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;

    public static IReadOnlyList<Grant> Grants(this ClaimsPrincipal visitor) =>
        [.. visitor.FindAll(GrantClaim).Select(claim => claim.Value.Split(':', 2)).Select(part => new Grant(part[0], part[^1]))];

    /// <summary>The territories whose practices the visitor may write.</summary>
    public static IReadOnlyList<string> WritableTerritories(this ClaimsPrincipal visitor) =>
        [.. visitor.Grants().Where(grant => grant.Role == "delegate").Select(grant => grant.Territory).Distinct()];

    /// <summary>Opens the session. Answers why it cannot, or null when it is open.</summary>
    public static async Task<string?> OpenSessionAsync(this HttpContext http, string token, DateTimeOffset now)
    {
        var handler = new JsonWebTokenHandler();
        token = token.Trim();
        if (token.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            token = token[7..].Trim();
        }

        if (token.Length == 0)
        {
            return T["Collez le jeton qui vous a été remis."];
        }

        if (Read(handler, token) is not { } jwt)
        {
            return T["Ce jeton est illisible. Copiez-le en entier, du premier au dernier caractère, sans espace ni retour à la ligne au milieu."];
        }

        if (jwt.ValidTo == DateTime.MinValue || jwt.ValidTo <= now.UtcDateTime)
        {
            return T["Ce jeton n’est plus valable : sa date de fin est passée. Demandez-en un nouveau."];
        }

        // The identifier is what forms are bound to: every session has one, whatever the token says.
        var identifier = new Claim(ClaimTypes.NameIdentifier, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))));
        var claims = jwt.Claims.Where(claim => claim.Type is GrantClaim or "name").Append(identifier);
        var properties = new AuthenticationProperties { IsPersistent = true, ExpiresUtc = jwt.ValidTo };
        properties.StoreTokens([new AuthenticationToken { Name = TokenName, Value = token }]);
        var scheme = CookieAuthenticationDefaults.AuthenticationScheme;
        await http.SignInAsync(scheme, new(new ClaimsIdentity(claims, scheme, "name", ClaimTypes.Role)), properties);
        return null;
    }

    public static Task CloseSessionAsync(this HttpContext http) => http.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);

    private static JsonWebToken? Read(JsonWebTokenHandler handler, string token)
    {
        try
        {
            return handler.ReadJsonWebToken(token);
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or JsonException or FormatException)
        {
            return null;
        }
    }

}
