using System.Security.Claims;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique.Records;

/// <summary>A right: a role, and the territory in which it holds.</summary>
public readonly record struct Grant(string Role, string Territory)
{
    /// <summary>May write in the name of the territory.</summary>
    public const string Delegate = "delegate";

    /// <summary>Looks after a node: the grant names the node in place of a territory.</summary>
    public const string Steward = "steward";

    /// <summary>The roles that a territory gives.</summary>
    public static readonly IReadOnlyList<string> Roles = [Delegate];

    public override string ToString() => $"{Role}:{Territory}";
}

/// <summary>Bearer tokens signed by the node's own key (JWT, ES256): who holds one has its grants until it expires.</summary>
public static class NodeToken
{
    private const string Audience = "fabrique";
    private const string GrantClaim = "grant";

    /// <summary>Signs a token.</summary>
    /// <param name="key">The node's key.</param>
    /// <param name="grants">What its bearer may do.</param>
    /// <param name="lifetime">From now on.</param>
    /// <param name="clock">Says now.</param>
    public static string Issue(NodeKey key, IEnumerable<Grant> grants, TimeSpan lifetime, TimeProvider clock)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return key.Sign(ecdsa => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = key.Node,
            Audience = Audience,
            IssuedAt = now,
            Expires = now + lifetime,
            Subject = new ClaimsIdentity(grants.Select(grant => new Claim(GrantClaim, grant.ToString()))),
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(ecdsa) { KeyId = key.KeyId }, SecurityAlgorithms.EcdsaSha256)
            {
                // Kept by the key's name, a signer would outlive the key that it signs with.
                CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
            },
        }));
    }

    /// <summary>Accepts the tokens of this node, and no others.</summary>
    internal static void AddNodeTokens(this WebApplicationBuilder builder, NodeKey key) =>
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = key.Node,
                ValidAudience = Audience,
                ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                IssuerSigningKey = new ECDsaSecurityKey(key.OpenPublicKey()) { KeyId = key.KeyId },
                RequireSignedTokens = true,
                RequireExpirationTime = true,
                ClockSkew = TimeSpan.FromSeconds(30),
            };
        });

    /// <summary>Whether the caller has the right.</summary>
    public static bool Has(this ServerCallContext context, string role, string territory) =>
        context.GetHttpContext().User.HasClaim(GrantClaim, new Grant(role, territory).ToString());

    /// <summary>Refuses a caller who has not the right: UNAUTHENTICATED without a valid token, PERMISSION_DENIED otherwise.</summary>
    public static void Demand(this ServerCallContext context, string role, string territory)
    {
        if (context.Has(role, territory))
        {
            return;
        }
        context.DemandToken();
        throw role == Grant.Steward
            ? new Refusal(StatusCode.PermissionDenied, "NOT_A_STEWARD", $"Seule une personne qui administre cette installation peut faire cela.")
            : new Refusal(StatusCode.PermissionDenied, "NOT_YOUR_TERRITORY", $"Votre jeton ne permet pas d’écrire au nom de ce territoire.");
    }

    /// <summary>Refuses a caller without a valid token: UNAUTHENTICATED.</summary>
    public static void DemandToken(this ServerCallContext context)
    {
        var http = context.GetHttpContext();
        if (http.User.Identity?.IsAuthenticated == true)
        {
            return;
        }
        throw http.Request.Headers.Authorization.Count > 0
            ? new Refusal(StatusCode.Unauthenticated, "INVALID_TOKEN", $"Votre jeton n’est pas valide, ou il a expiré. Demandez-en un nouveau.")
            : new Refusal(StatusCode.Unauthenticated, "TOKEN_REQUIRED", $"Présentez un jeton d’accès pour écrire.");
    }
}
