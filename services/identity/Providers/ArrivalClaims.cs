using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique.Identity;

/// <summary>
/// What a provider says of whoever signed in there, asked while its token of a minute lives. The framework's handler takes a signed answer
/// without looking at its signature: here it is checked as an identity token is. Of all that was said, only what is needed is kept, in a
/// cookie of half an hour.
/// </summary>
internal static class ArrivalClaims
{
    public const string Verified = "email_verified";
    public const string Siret = "siret";

    /// <summary>There when the provider says that a second factor was shown, and the settings take its word.</summary>
    public const string Strong = "strong";

    private static readonly string[] Signatures =
    [
        SecurityAlgorithms.RsaSha256,
        SecurityAlgorithms.RsaSha384,
        SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256,
        SecurityAlgorithms.EcdsaSha256,
        SecurityAlgorithms.EcdsaSha384,
        SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Replaces what the identity token said by what is kept. What cannot be believed fails the sign-in.</summary>
    public static async Task ReadAsync(TokenValidatedContext context, Provider provider)
    {
        var token = context.Principal!;
        var subject = token.FindFirstValue(JwtRegisteredClaimNames.Sub);
        var told = await AskAsync(context, provider);
        // Another person's answer in the place of this one's: section 5.3.2 of the standard.
        if (string.IsNullOrEmpty(subject) || Text(told, JwtRegisteredClaimNames.Sub) != subject)
        {
            throw new SecurityTokenException("What the provider says is about somebody else.");
        }
        var (given, family) = (Text(told, "given_name"), Text(told, provider.IsProConnect ? "usual_name" : "family_name"));
        List<Claim> kept =
        [
            new(JwtRegisteredClaimNames.Sub, subject),
            new(JwtRegisteredClaimNames.Name, Accounts.OneLine(Text(told, "name") is { Length: > 0 } whole ? whole : $"{given} {family}")),
            new(JwtRegisteredClaimNames.Email, Text(told, "email").Trim()),
            new(Verified, Text(told, Verified)),
            new(Siret, Text(told, Siret)),
        ];
        if (token.FindAll("amr").Concat(token.FindAll("acr")).Any(method => provider.SecondFactor.Contains(method.Value)))
        {
            kept.Add(new(Strong, Strong));
        }
        context.Principal = new ClaimsPrincipal(new ClaimsIdentity(kept, provider.Code));
        // Signing out there asks for it.
        context.Properties!.StoreTokens([
            new() { Name = OpenIdConnectParameterNames.IdToken, Value = context.TokenEndpointResponse!.IdToken },
        ]);
    }

    private static async Task<JsonElement> AskAsync(TokenValidatedContext context, Provider provider)
    {
        var cancellation = context.HttpContext.RequestAborted;
        var description = await context.Options.ConfigurationManager!.GetConfigurationAsync(cancellation);
        using var question = new HttpRequestMessage(HttpMethod.Get, description.UserInfoEndpoint);
        question.Headers.Authorization = new AuthenticationHeaderValue("Bearer", context.TokenEndpointResponse!.AccessToken);
        using var answer = await context.Options.Backchannel.SendAsync(question, cancellation);
        answer.EnsureSuccessStatusCode();
        var said = await answer.Content.ReadAsStringAsync(cancellation);
        if (answer.Content.Headers.ContentType?.MediaType == "application/json" && !provider.IsProConnect)
        {
            return JsonElement.Parse(said);
        }
        var read = await CheckAsync(said, description, provider);
        if (read.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            // The provider has a new key.
            context.Options.ConfigurationManager.RequestRefresh();
            read = await CheckAsync(said, await context.Options.ConfigurationManager.GetConfigurationAsync(cancellation), provider);
        }
        return read.IsValid
            ? JsonElement.Parse(Base64UrlEncoder.Decode(((JsonWebToken)read.SecurityToken).EncodedPayload))
            : throw read.Exception;
    }

    private static Task<TokenValidationResult> CheckAsync(string said, OpenIdConnectConfiguration description, Provider provider) =>
        new JsonWebTokenHandler().ValidateTokenAsync(
            said,
            new TokenValidationParameters
            {
                ValidIssuer = description.Issuer,
                ValidAudience = provider.ClientId,
                IssuerSigningKeys = description.SigningKeys,
                ValidAlgorithms = Signatures,
                // It is an answer, not a pass: some providers do not say when it ends.
                RequireExpirationTime = false,
            }
        );

    /// <summary>A value as text; "" where there is none. The standard has true, some providers have "true".</summary>
    private static string Text(JsonElement told, string name) =>
        !told.TryGetProperty(name, out var value)
            ? ""
            : value.ValueKind switch
            {
                JsonValueKind.String => value.GetString()!,
                JsonValueKind.True or JsonValueKind.Number => value.GetRawText(),
                _ => "",
            };
}
