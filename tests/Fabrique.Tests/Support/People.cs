using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique.Tests;

/// <summary>The identity service of a test: signs tokens of people, and shows the key to whoever checks them.</summary>
public static class People
{
    public const string Issuer = "http://identity.test/";

    private static readonly ECDsaSecurityKey Key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "test" };

    public static string Discovery => $$"""{"issuer":"{{Issuer}}","jwks_uri":"{{Issuer}}.well-known/jwks"}""";

    public static string Keys
    {
        get
        {
            var key = Key.ECDsa.ExportParameters(false);
            return $$"""{"keys":[{"kid":"test","use":"sig","kty":"EC","alg":"ES256","crv":"P-256","x":"{{Base64UrlEncoder.Encode(key.Q.X)}}","y":"{{Base64UrlEncoder.Encode(key.Q.Y)}}"}]}""";
        }
    }

    /// <summary>A token as the identity service signs it.</summary>
    public static string Token(
        string grant,
        int hours = 8,
        string issuer = Issuer,
        string audience = "fabrique",
        string type = "at+jwt",
        ECDsa? key = null
    ) =>
        new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = issuer,
                Audience = audience,
                TokenType = type,
                Claims = new Dictionary<string, object>
                {
                    ["sub"] = $"person of {grant}",
                    ["name"] = "Camille Essai",
                    ["sid"] = "session",
                    ["rights"] = 1L,
                    [Grant.Claim] = grant,
                },
                NotBefore = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-24),
                IssuedAt = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-24),
                Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(hours),
                SigningCredentials = new(key is null ? Key : new ECDsaSecurityKey(key) { KeyId = "test" }, SecurityAlgorithms.EcdsaSha256),
            }
        );
}
