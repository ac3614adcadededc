using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique.Storage;

/// <summary>Bearer tokens signed by the node's own key (JWT, ES256): who holds one has its grants until it expires.</summary>
public static class NodeToken
{
    private const string Scheme = "Node";

    /// <summary>Authentication scheme of both: the issuer of a token tells which it is.</summary>
    public const string Either = "NodeOrPeople";

    /// <summary>Signs a token.</summary>
    /// <param name="grants">What its bearer may do.</param>
    public static string Issue(NodeKey key, IEnumerable<Grant> grants, TimeSpan lifetime, TimeProvider clock)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return key.Sign(ecdsa =>
            new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
                new SecurityTokenDescriptor
                {
                    Issuer = key.Node,
                    Audience = Tokens.Audience,
                    IssuedAt = now,
                    Expires = now + lifetime,
                    Subject = new ClaimsIdentity(grants.Select(grant => new Claim(Grant.Claim, grant.ToString()))),
                    SigningCredentials = new SigningCredentials(
                        new ECDsaSecurityKey(ecdsa) { KeyId = key.KeyId },
                        SecurityAlgorithms.EcdsaSha256
                    )
                    {
                        // Kept by the key's name, a signer would outlive the key that it signs with.
                        CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
                    },
                }
            )
        );
    }

    /// <summary>Accepts the tokens that this node signs for programs beside those of its people, and no others.</summary>
    public static void AddCallers(this WebApplicationBuilder builder, NodeKey key)
    {
        builder.AddPeople();
        builder.Services.AddNodeTokens(key);
    }

    /// <summary>Adds the node's tokens to the people's: the issuer of a token tells which it is.</summary>
    public static void AddNodeTokens(this IServiceCollection services, NodeKey key) =>
        services
            .AddAuthentication(Either)
            .AddPolicyScheme(Either, null, either =>
            {
                either.ForwardDefaultSelector = http => Tokens.IssuerOf(http.Request) == key.Node ? Scheme : Tokens.Scheme;
            })
            .AddJwtBearer(Scheme, bearer =>
            {
                bearer.MapInboundClaims = false;
                bearer.TokenValidationParameters = new TokenValidationParameters
                {
                    ValidIssuer = key.Node,
                    ValidAudience = Tokens.Audience,
                    ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                    IssuerSigningKey = new ECDsaSecurityKey(key.OpenPublicKey()) { KeyId = key.KeyId },
                    RequireSignedTokens = true,
                    RequireExpirationTime = true,
                    ClockSkew = TimeSpan.FromSeconds(30),
                };
            });
}
