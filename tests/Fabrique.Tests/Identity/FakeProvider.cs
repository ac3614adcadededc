using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique.Tests;

/// <summary>What is wrong with the answer of a provider about a person.</summary>
public enum Forgery
{
    None,
    Signature,
    NoSignature,
    Issuer,
    Audience,
    Subject,
    Expired,
    NotSigned,
}

/// <summary>A person as a provider knows one.</summary>
public sealed record ProviderPerson(string Subject, string Email, bool? Verified = null, string Siret = "", string Method = "pwd");

/// <summary>
/// A provider of identities: a real server that speaks OpenID Connect. As ProConnect it answers questions about people by a signed token,
/// refuses parameters that it does not know, wants a state and a nonce of 32 characters and a proof at the sign-out; its codes live 30
/// seconds and serve once, its tokens a minute.
/// </summary>
public sealed class FakeProvider : IAsyncDisposable
{
    public const string ClientId = "fabrique-essai";
    public const string Secret = "un secret d’essai, assez long";

    private static readonly string[] ResponseTypes = ["code"];
    private static readonly string[] Asked =
    [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "claims",
    ];
    private static readonly string[] Redeemed = ["grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier"];
    private static readonly string[] Left = ["id_token_hint", "post_logout_redirect_uri", "state"];

    private readonly ConcurrentDictionary<string, (IQueryCollection Query, ProviderPerson Person, DateTimeOffset At)> _codes = [];
    private readonly ConcurrentDictionary<string, (ProviderPerson Person, DateTimeOffset At)> _tokens = [];
    private readonly WebApplication _server;
    private readonly bool _proConnect;
    private ECDsaSecurityKey _key = NewKey();

    private FakeProvider(WebApplication server, bool proConnect) => (_server, _proConnect) = (server, proConnect);

    /// <summary>The base of its addresses: it stands below a path, as ProConnect does.</summary>
    public string Issuer => $"{_server.Urls.Single()}/api/v2";

    /// <summary>Who sits in front of it.</summary>
    public ProviderPerson Person { get; set; } = new("personne", "personne@example.org");

    /// <summary>What it does wrong.</summary>
    public Forgery Forgery { get; set; }

    /// <summary>What it answers instead of a code; "" for a code.</summary>
    public string Error { get; set; } = "";

    /// <summary>How long its codes have been on their way when they arrive.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>What it refused, and why.</summary>
    public ConcurrentQueue<string> Refusals { get; } = [];

    /// <summary>Subjects whose sessions were ended, each by a proof.</summary>
    public ConcurrentQueue<string> SignedOut { get; } = [];

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task<FakeProvider> StartAsync(bool proConnect)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        var provider = new FakeProvider(builder.Build(), proConnect);
        var there = provider._server;
        there.MapGet("/api/v2/.well-known/openid-configuration", () => Results.Json(
                new Dictionary<string, object>
                {
                    ["issuer"] = provider.Issuer,
                    ["authorization_endpoint"] = $"{provider.Issuer}/authorize",
                    ["token_endpoint"] = $"{provider.Issuer}/token",
                    ["userinfo_endpoint"] = $"{provider.Issuer}/userinfo",
                    ["end_session_endpoint"] = $"{provider.Issuer}/session/end",
                    ["jwks_uri"] = $"{provider.Issuer}/jwks",
                    ["response_types_supported"] = ResponseTypes,
                }
            ));
        there.MapGet("/api/v2/jwks", () => Results.Json(new { keys = new[] { Public(provider._key) } }));
        there.MapGet("/api/v2/authorize", (HttpRequest request) => provider.Authorize(request.Query));
        there.MapPost("/api/v2/token", async (HttpRequest request) => provider.Redeem(await request.ReadFormAsync()));
        there.MapGet("/api/v2/userinfo", (HttpRequest request) => provider.Tell(request.Headers.Authorization.ToString()));
        there.MapGet("/api/v2/session/end", (HttpRequest request) => provider.LeaveAsync(request.Query));
        await there.StartAsync();
        return provider;
    }

    /// <summary>From now on it signs with another key, and shows no more the one before.</summary>
    public void ChangeKey()
    {
        _key.ECDsa.Dispose();
        _key = NewKey();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _key.ECDsa.Dispose();
    }

    private IResult Authorize(IQueryCollection query)
    {
        if (
            query["client_id"] != ClientId
            || query["response_type"] != "code"
            || !query["redirect_uri"].ToString().Contains("/compte/retour/", StringComparison.Ordinal)
        )
        {
            return Refuse("who is this?");
        }
        if (_proConnect && query.Keys.Except(Asked).ToList() is { Count: > 0 } unknown)
        {
            return Refuse($"unknown parameters: {string.Join(", ", unknown)}");
        }
        if (query["state"].ToString().Length < 32 || query["nonce"].ToString().Length < 32 || query["code_challenge_method"] != "S256")
        {
            return Refuse("state, nonce or proof of the code too short");
        }
        var state = Uri.EscapeDataString(query["state"]!);
        if (Error.Length > 0)
        {
            return Results.Redirect($"{query["redirect_uri"]}?error={Error}&error_description=secret+details&state={state}");
        }
        var code = RandomNumberGenerator.GetHexString(32);
        _codes[code] = (query, Person, Now - Delay);
        return Results.Redirect($"{query["redirect_uri"]}?code={code}&state={state}&iss={Uri.EscapeDataString(Issuer)}");
    }

    private IResult Redeem(IFormCollection form)
    {
        if (_proConnect && form.Keys.Except(Redeemed).ToList() is { Count: > 0 } unknown)
        {
            return Refuse($"unknown parameters: {string.Join(", ", unknown)}");
        }
        if (
            form["client_secret"] != Secret
            || !_codes.TryRemove(form["code"].ToString(), out var given)
            || Now - given.At > TimeSpan.FromSeconds(30)
            || form["redirect_uri"] != given.Query["redirect_uri"]
            || Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())))
                != given.Query["code_challenge"]
        )
        {
            return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        }
        var access = RandomNumberGenerator.GetHexString(32);
        _tokens[access] = (given.Person, Now);
        var claims = new Dictionary<string, object> { ["sub"] = given.Person.Subject, ["nonce"] = given.Query["nonce"].ToString() };
        // How somebody signed in is told to whoever asks.
        if (!_proConnect || given.Query.ContainsKey("claims"))
        {
            claims["amr"] = new[] { given.Person.Method };
        }
        return Results.Json(
            new
            {
                access_token = access,
                token_type = "Bearer",
                expires_in = 60,
                id_token = Sign(claims, Issuer, ClientId, _key, 3600),
            }
        );
    }

    private IResult Tell(string authorization)
    {
        if (
            !_tokens.TryGetValue(authorization.Replace("Bearer ", "", StringComparison.Ordinal), out var given)
            || Now - given.At > TimeSpan.FromSeconds(60)
        )
        {
            return Results.Unauthorized();
        }
        var claims = new Dictionary<string, object>
        {
            ["sub"] = Forgery == Forgery.Subject ? "somebody else" : given.Person.Subject,
            ["email"] = given.Person.Email,
            ["given_name"] = "Camille",
            [_proConnect ? "usual_name" : "family_name"] = "Essai",
            ["siret"] = given.Person.Siret,
            ["uid"] = "c.essai",
        };
        if (given.Person.Verified is { } verified)
        {
            claims["email_verified"] = verified;
        }
        if (!_proConnect || Forgery == Forgery.NotSigned)
        {
            return Results.Text(JsonSerializer.Serialize(claims), "application/json");
        }
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = Sign(
            claims,
            Forgery == Forgery.Issuer ? "https://ailleurs.example" : Issuer,
            Forgery == Forgery.Audience ? "another client" : ClientId,
            Forgery == Forgery.Signature ? new ECDsaSecurityKey(foreign) { KeyId = _key.KeyId } : _key,
            Forgery == Forgery.Expired ? -3600 : 60
        );
        return Results.Text(
            Forgery == Forgery.NoSignature ? $"{Base64UrlEncoder.Encode("{\"alg\":\"none\"}")}.{token.Split('.')[1]}." : token,
            "application/jwt"
        );
    }

    private async Task<IResult> LeaveAsync(IQueryCollection query)
    {
        var hint = await new JsonWebTokenHandler().ValidateTokenAsync(
            query["id_token_hint"],
            new TokenValidationParameters
            {
                ValidIssuer = Issuer,
                ValidAudience = ClientId,
                IssuerSigningKey = _key,
            }
        );
        if (
            !hint.IsValid
            || query.Keys.Except(Left).Any()
            || query["state"].ToString().Length < 32
            || !query["post_logout_redirect_uri"].ToString().Contains("/compte/sortie/", StringComparison.Ordinal)
        )
        {
            return Refuse("no proof of who signs out");
        }
        SignedOut.Enqueue((string)hint.Claims["sub"]);
        return Results.Redirect($"{query["post_logout_redirect_uri"]}?state={Uri.EscapeDataString(query["state"]!)}");
    }

    private IResult Refuse(string why)
    {
        Refusals.Enqueue(why);
        return Results.Text(why, statusCode: (int)HttpStatusCode.BadRequest);
    }

    private static string Sign(Dictionary<string, object> claims, string issuer, string audience, SecurityKey key, int seconds) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = issuer,
                Audience = audience,
                Claims = claims,
                IssuedAt = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2),
                Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds),
                SigningCredentials = new(key, SecurityAlgorithms.EcdsaSha256),
            }
        );

    private static ECDsaSecurityKey NewKey() =>
        new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = RandomNumberGenerator.GetHexString(8) };

    private static Dictionary<string, string> Public(ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(false).Q;
        return new()
        {
            ["kid"] = key.KeyId,
            ["use"] = "sig",
            ["kty"] = "EC",
            ["alg"] = "ES256",
            ["crv"] = "P-256",
            ["x"] = Base64UrlEncoder.Encode(point.X),
            ["y"] = Base64UrlEncoder.Encode(point.Y),
        };
    }
}
