using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Yarp.ReverseProxy.Model;

namespace Fabrique.Gateway;

/// <summary>
/// The session of a browser: a cookie that no script reads, with nothing in it but who, which session, and an encrypted reference by which
/// this gateway, and nobody else, gets short-lived access tokens. They go with the requests to routes whose metadata say <c>Session</c>; a
/// page never sees one.
/// </summary>
internal static class Sessions
{
    public const string CookieName = "fabrique-session";

    private const string Opening = "/session/ouvrir";
    private const string Callback = "/session/retour";
    private const string Closed = "/session/fermee";
    private const string Client = "gateway";

    public static void AddSessions(this WebApplicationBuilder builder)
    {
        var data = builder.Configuration["Data"] ?? "data";
        var identity = new IdentityAddress(builder.Configuration);
        builder
            .Services.AddSingleton(identity)
            .AddSingleton<Revocations, DirectRevocations>()
            .AddHostedService(provider => provider.GetRequiredService<Revocations>());
        builder
            .Services.AddDataProtection()
            .SetApplicationName("Fabrique.gateway")
            .PersistKeysToFileSystem(OwnerFile.Folder(Path.Combine(data, "gateway-keys")));
        var secret = OwnerFile.ReadOrCreate(Path.Combine(data, "gateway-secret"), () =>
            RandomNumberGenerator.GetHexString(64, lowercase: true)
        );
        builder.Services.AddSingleton(provider => new AccessTokens(
            identity.Http(),
            Client,
            secret,
            provider.GetRequiredService<Revocations>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        builder.Services.AddSingleton<PersonalTokens>();
        builder
            .Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(cookie =>
            {
                SiteCookie.Protect(cookie.Cookie, builder.Configuration, CookieName);
                cookie.ExpireTimeSpan = TimeSpan.FromHours(12);
            })
            .AddOpenIdConnect(oidc =>
            {
                (oidc.ClientId, oidc.ClientSecret, oidc.CallbackPath) = (Client, secret, Callback);
                (oidc.ResponseType, oidc.ResponseMode) = (OpenIdConnectResponseType.Code, OpenIdConnectResponseMode.Query);
                oidc.Scope.Add(OpenIdConnectScope.OfflineAccess);
                oidc.MapInboundClaims = false;
                oidc.SaveTokens = true;
                oidc.DisableTelemetry = true;
                oidc.Backchannel = identity.Http();
                oidc.ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
                    identity.Internal.AbsoluteUri,
                    identity,
                    new HttpDocumentRetriever(identity.Http()) { RequireHttps = false }
                );
                SiteCookie.Protect(oidc.NonceCookie, builder.Configuration, "fabrique-nonce-");
                SiteCookie.Protect(oidc.CorrelationCookie, builder.Configuration, "fabrique-correlation-");
                oidc.Events.OnRedirectToIdentityProvider = context =>
                {
                    context.ProtocolMessage.RedirectUri = new Uri(identity.Public, Callback).AbsoluteUri;
                    // For the mail of a link, which may be opened in another browser, where this sign-in is not under way.
                    context.ProtocolMessage.SetParameter("retour", context.Properties.RedirectUri);
                    context.ProtocolMessage.UiLocales = Language
                        .Find(context.Properties.RedirectUri?.Split('/', 3).ElementAtOrDefault(1) ?? "")
                        ?.Code
                        ?? Language.French.Code;
                    return Task.CompletedTask;
                };
                oidc.Events.OnTicketReceived = context =>
                {
                    var told = context.Principal!;
                    context.Principal = new ClaimsPrincipal(
                        new ClaimsIdentity(
                            told.Claims.Where(claim => claim.Type is JwtRegisteredClaimNames.Sub or Tokens.SessionClaim),
                            CookieAuthenticationDefaults.AuthenticationScheme
                        )
                    );
                    context.Properties!.StoreTokens([
                        new AuthenticationToken
                        {
                            Name = AccessTokens.Reference,
                            Value = context.Properties!.GetTokenValue(AccessTokens.Reference)!,
                        },
                    ]);
                    return Task.CompletedTask;
                };
                oidc.Events.OnRemoteFailure = context =>
                {
                    // An old tab, a second click on "back": begin again rather than explain.
                    context.HandleResponse();
                    context.Response.Redirect("/");
                    return Task.CompletedTask;
                };
            });
    }

    /// <summary>The two addresses of a session. Neither changes anything that a link from elsewhere should not.</summary>
    public static void MapSessions(this WebApplication app)
    {
        app.UseWhen(context => context.Request.Path == Callback, callback => callback.UseAuthentication());
        app.MapGet(Opening, (HttpContext http, IdentityAddress identity, string? retour) =>
            // The session's cookie belongs to one host: whoever came by another name of this machine changes over.
            http.Request.Host != HostString.FromUriComponent(identity.Public)
                ? Results.Redirect(new Uri(identity.Public, Opening + http.Request.QueryString).AbsoluteUri)
                : Results.Challenge(
                    new AuthenticationProperties { RedirectUri = LocalAddress.Of(retour) ?? "/", IsPersistent = true },
                    [OpenIdConnectDefaults.AuthenticationScheme]
                ));
        app.MapGet(Closed, async (HttpContext http, AccessTokens tokens, string? retour) =>
        {
            var session = await http.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
            tokens.Forget(session.Principal?.FindFirstValue(Tokens.SessionClaim) ?? "");
            return Results.Redirect(LocalAddress.Of(retour) ?? "/");
        });
    }

    /// <summary>Adds the access token of the session to a request of a browser; takes the cookie of a session that is over.</summary>
    public static async Task AttachAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.Metadata?.ContainsKey("Session") == true)
        {
            // Programs speak to the API: a page is not asked for with a token.
            http.Request.Headers.Authorization = default;
            if (http.Request.Cookies.ContainsKey(SiteCookie.NameOf(http.RequestServices.GetRequiredService<IConfiguration>(), CookieName)))
            {
                var (token, state) = await http.RequestServices.GetRequiredService<AccessTokens>().OfAsync(http);
                if (state == SessionState.Over)
                {
                    await http.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
                }
                else if (state == SessionState.Unknown && !HttpMethods.IsGet(http.Request.Method))
                {
                    // What was typed is not lost: the browser still has it, and nothing was written in nobody's name.
                    http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    return;
                }
                else if (token is not null)
                {
                    http.Request.Headers.Authorization = $"Bearer {token}";
                }
            }
        }
        await next(http);
    }
}
