using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique;

/// <summary>How a service checks the access tokens of people.</summary>
public static class PeopleTokens
{
    /// <summary>Accepts people's tokens, with the keys of the node's identity service, for as long as it does not take them back.</summary>
    public static AuthenticationBuilder AddPeople(this WebApplicationBuilder builder)
    {
        var sidecar = builder.Configuration["DAPR_HTTP_ENDPOINT"];
        var keys = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{sidecar}/v1.0/invoke/{Tokens.Issuer}/method/",
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
            .AddAuthentication(Tokens.Scheme)
            .AddJwtBearer(Tokens.Scheme, bearer =>
            {
                bearer.MapInboundClaims = false;
                bearer.TokenValidationParameters = new TokenValidationParameters
                {
                    ConfigurationManager = keys,
                    ValidAudience = Tokens.Audience,
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
}
