using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique;

/// <summary>The access tokens of people, signed by the identity service of the node. Each service checks them itself: signature, issuer, audience, time, revocation.</summary>
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

    /// <summary>Accepts people's tokens, with the keys of the node's identity service, for as long as it does not take them back.</summary>
    public static AuthenticationBuilder AddPeople(this WebApplicationBuilder builder)
    {
        var sidecar = builder.Configuration["DAPR_HTTP_ENDPOINT"];
        var keys = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{sidecar}/v1.0/invoke/{Issuer}/method/",
            new IdentityKeys(),
            new HttpDocumentRetriever(IdentityKeys.Client(builder.Configuration["DAPR_API_TOKEN"])) { RequireHttps = false }
        );
        builder.Services.AddSingleton<Revocations>();
        if (sidecar is { Length: > 0 })
        {
            builder.Services.AddHostedService(provider => provider.GetRequiredService<Revocations>());
        }
        return builder.Services.AddPeople(keys);
    }

    /// <summary>The same with keys from elsewhere. A <see cref="Revocations"/> is to be among the services.</summary>
    public static AuthenticationBuilder AddPeople(this IServiceCollection services, BaseConfigurationManager keys) =>
        services
            .AddAuthentication(Scheme)
            .AddJwtBearer(Scheme, bearer =>
            {
                bearer.MapInboundClaims = false;
                bearer.TokenValidationParameters = new TokenValidationParameters
                {
                    ConfigurationManager = keys,
                    ValidAudience = Audience,
                    ValidTypes = ["at+jwt"],
                    ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                    RequireSignedTokens = true,
                    RequireExpirationTime = true,
                    ClockSkew = TimeSpan.FromSeconds(30),
                    NameClaimType = JwtRegisteredClaimNames.Name,
                };
                bearer.Events = new JwtBearerEvents
                {
                    OnTokenValidated = context =>
                    {
                        if (context.HttpContext.RequestServices.GetRequiredService<Revocations>().Include(context.Principal!))
                        {
                            context.Fail("The token was taken back.");
                        }
                        return Task.CompletedTask;
                    },
                };
            });

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
        catch (Exception unreadable) when (unreadable is ArgumentException or JsonException or FormatException)
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

/// <summary>The issuer and the keys of the identity service, asked from inside the node: its public address may not lead back here.</summary>
public sealed class IdentityKeys : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    /// <param name="sidecarToken">What the sidecar wants to see; null when it wants nothing.</param>
    public static HttpClient Client(string? sidecarToken)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        if (sidecarToken is { Length: > 0 })
        {
            http.DefaultRequestHeaders.Add("dapr-api-token", sidecarToken);
        }
        return http;
    }

    /// <param name="address">Where the service answers, with a slash at its end.</param>
    /// <param name="retriever">Asks.</param>
    /// <param name="cancel">Stops asking.</param>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
        string address,
        IDocumentRetriever retriever,
        CancellationToken cancel
    )
    {
        var configuration = OpenIdConnectConfiguration.Create(
            await retriever.GetDocumentAsync($"{address}.well-known/openid-configuration", cancel)
        );
        configuration.JsonWebKeySet = JsonWebKeySet.Create(await retriever.GetDocumentAsync($"{address}.well-known/jwks", cancel));
        foreach (var key in configuration.JsonWebKeySet.GetSigningKeys())
        {
            configuration.SigningKeys.Add(key);
        }
        return configuration;
    }
}
