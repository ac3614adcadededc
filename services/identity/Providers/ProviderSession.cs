using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Fabrique.Identity;

/// <summary>A session that a provider of identities opened: it ends by itself, and signing out leads through the provider.</summary>
internal static class ProviderSession
{
    /// <summary>Twelve hours, the last tokens included.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(12) - Revocations.TokenLife;

    /// <summary>When a session ends that began with this provider, whose proof goes into the cookie, for the sign-out.</summary>
    public static async Task<DateTimeOffset?> EndAsync(
        HttpContext http,
        string provider,
        AuthenticationProperties? properties,
        TimeProvider clock
    )
    {
        if (properties is null)
        {
            return null;
        }
        var arrived = await http.AuthenticateAsync(IdentityConstants.ExternalScheme);
        if (
            arrived.Properties?.GetTokenValue(OpenIdConnectParameterNames.IdToken) is { } proof
            && arrived.Principal?.Identity?.AuthenticationType == provider
        )
        {
            properties.StoreTokens([new() { Name = OpenIdConnectParameterNames.IdToken, Value = proof }]);
        }
        var end = clock.GetUtcNow() + Life;
        (properties.ExpiresUtc, properties.AllowRefresh) = (end, false);
        return end;
    }

    /// <summary>
    /// The address at which the provider ends its own session and sends the browser back here. Null where there is none, or the provider
    /// does not answer.
    /// </summary>
    public static async Task<(string Provider, string Address)?> SignOutAsync(HttpContext http, IReadOnlyList<Provider> providers)
    {
        if (providers.FirstOrDefault(one => one.Code == http.User.FindFirstValue(ClaimTypes.AuthenticationMethod)) is not { } provider)
        {
            return null;
        }
        try
        {
            var options = http.RequestServices.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get(provider.Code);
            var description = await options.ConfigurationManager!.GetConfigurationAsync(http.RequestAborted);
            if (string.IsNullOrEmpty(description.EndSessionEndpoint))
            {
                return null;
            }
            await http.SignOutAsync(
                provider.Code,
                new AuthenticationProperties { RedirectUri = $"/session/fermee?{Pages.Return}={Uri.EscapeDataString(To("/"))}" }
            );
        }
        catch (Exception away) when (away is InvalidOperationException or HttpRequestException or IOException)
        {
            return null;
        }
        // Not as the answer to a form: a browser lets no form lead to another site. The page leads there.
        var address = http.Response.Headers.Location.ToString();
        http.Response.Headers.Remove("Location");
        http.Response.StatusCode = StatusCodes.Status200OK;
        return (provider.Name, address);
    }
}
