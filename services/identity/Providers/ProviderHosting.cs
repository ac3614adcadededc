using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Identity;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Fabrique.Identity;

/// <summary>
/// The providers of identities as ASP.NET Core knows them: its own handler of OpenID Connect for each, which sends what the standard asks
/// for and no more.
/// </summary>
internal static class ProviderHosting
{
    /// <summary>Query parameter of the page of arrivals: what went wrong at the provider.</summary>
    public const string Trouble = "souci";

    public const string Refused = "refus";
    public const string Failed = "echec";

    private const string Leave = "/compte/chez/";

    /// <summary>The address that leads to a provider, and back to a page of this site.</summary>
    public static string Door(Provider provider, string? back) => Pages.With(Leave + provider.Code, back);

    public static void AddProviders(this IServiceCollection services, IConfiguration configuration, NodeSite site)
    {
        var providers = Provider.Read(configuration);
        services.AddSingleton(providers).AddScoped<Arrivals>();
        var authentication = services.AddAuthentication();
        foreach (var provider in providers)
        {
            authentication.AddOpenIdConnect(provider.Code, provider.Name, oidc => Configure(oidc, provider, site, configuration));
        }
    }

    public static void MapProviders(this WebApplication app) =>
        app.MapGet(
            Leave + "{code}",
            async (HttpContext http, string code, string? retour, IReadOnlyList<Provider> providers, Entry entry) =>
            {
                if (providers.FirstOrDefault(provider => provider.Code == code) is not { } provider)
                {
                    http.Response.StatusCode = StatusCodes.Status404NotFound;
                    return;
                }
                http.Response.Headers.CacheControl = "no-store, private";
                try
                {
                    await http.ChallengeAsync(
                        provider.Code,
                        entry.ConfigureExternalAuthenticationProperties(provider.Code, Pages.With(Pages.Arrival, retour))
                    );
                }
                catch (Exception away)
                    when (away is InvalidOperationException or HttpRequestException or IOException or OperationCanceledException)
                {
                    // Its description cannot be read now.
                    http.Response.Redirect(Told(provider, To(Pages.Arrival), Failed));
                }
            }
        );

    private static void Configure(OpenIdConnectOptions oidc, Provider provider, NodeSite site, IConfiguration configuration)
    {
        (oidc.Authority, oidc.ClientId, oidc.ClientSecret) = (provider.Authority.AbsoluteUri, provider.ClientId, provider.ClientSecret);
        // Refused by Provider.Read, but on this machine.
        oidc.RequireHttpsMetadata = !provider.Authority.IsLoopback;
        (oidc.CallbackPath, oidc.SignedOutCallbackPath, oidc.RemoteSignOutPath) = (provider.Callback, provider.SignedOut, default);
        (oidc.SignInScheme, oidc.SignOutScheme) = (IdentityConstants.ExternalScheme, IdentityConstants.ApplicationScheme);
        (oidc.ResponseType, oidc.ResponseMode) = (OpenIdConnectResponseType.Code, OpenIdConnectResponseMode.Query);
        // ProConnect refuses every parameter that it does not know.
        oidc.DisableTelemetry = true;
        oidc.MapInboundClaims = false;
        oidc.BackchannelTimeout = TimeSpan.FromSeconds(10);
        oidc.Scope.Clear();
        foreach (var scope in provider.Scopes)
        {
            oidc.Scope.Add(scope);
        }
        SiteCookie.Protect(oidc.NonceCookie, configuration, $"fabrique-{provider.Code}-nonce-", path: "/compte/retour");
        SiteCookie.Protect(oidc.CorrelationCookie, configuration, $"fabrique-{provider.Code}-", path: "/compte/retour");
        oidc.Events.OnRedirectToIdentityProvider = context =>
        {
            // Declared at the provider: the same in every language, whatever the request says of its host.
            context.ProtocolMessage.RedirectUri = new Uri(site.Address, provider.Callback).AbsoluteUri;
            if (provider is { IsProConnect: true, SecondFactor.Count: > 0 })
            {
                context.ProtocolMessage.SetParameter("claims", """{"id_token":{"amr":{"essential":true}}}""");
            }
            return Task.CompletedTask;
        };
        oidc.Events.OnRedirectToIdentityProviderForSignOut = context =>
        {
            context.ProtocolMessage.PostLogoutRedirectUri = new Uri(site.Address, provider.SignedOut).AbsoluteUri;
            return Task.CompletedTask;
        };
        oidc.Events.OnTokenValidated = context => ArrivalClaims.ReadAsync(context, provider);
        oidc.Events.OnRemoteFailure = context =>
        {
            context.HandleResponse();
            var refused = context.Request.Query["error"] == "access_denied" && context.Properties is not null;
            context.Response.Redirect(Told(provider, context.Properties?.RedirectUri ?? Pages.Arrival, refused ? Refused : Failed));
            return Task.CompletedTask;
        };
    }

    /// <summary>The page of arrivals, told what went wrong; a way on that was kept with the request stays.</summary>
    private static string Told(Provider provider, string page, string trouble) =>
        $"{page}{(page.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{Trouble}={trouble}&chez={provider.Code}";
}
