using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Fabrique.Gateway;

internal enum SessionState
{
    /// <summary>There is a token.</summary>
    Open,

    /// <summary>The session was ended, or the cookie is none of ours.</summary>
    Over,

    /// <summary>The identity service is away: nobody can tell.</summary>
    Unknown,
}

/// <summary>The access tokens of the sessions that this process has seen, in memory only; each is asked for once, however many requests wait for it.</summary>
internal sealed class AccessTokens(HttpClient identity, string client, string secret, Revocations revocations, TimeProvider clock)
{
    /// <summary>Name of the token in the cookie.</summary>
    public const string Reference = "refresh_token";

    public const string Endpoint = "/connect/token";

    private const int Most = 10_000;
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Lazy<Task<Held>>> _held = new();

    /// <summary>The token for a request, by its cookie.</summary>
    public async Task<(string? Token, SessionState State)> OfAsync(HttpContext http)
    {
        var ticket = await http.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        if (ticket.Principal?.FindFirstValue(Tokens.SessionClaim) is not { } session || ticket.Properties?.GetTokenValue(Reference) is not { } reference)
        {
            return (null, SessionState.Over);
        }
        var person = ticket.Principal.FindFirstValue(JwtRegisteredClaimNames.Sub) ?? "";
        for (var tries = 0; ; tries++)
        {
            var asked = _held.GetOrAdd(session, _ => new(() => AskAsync(reference)));
            var held = await asked.Value;
            var fresh = held.State == SessionState.Open && held.Until > clock.GetUtcNow() + Margin && !revocations.Include(person, held.Rights, session);
            if (fresh || tries == 1)
            {
                if (!fresh)
                {
                    _held.TryRemove(KeyValuePair.Create(session, asked));
                }
                return (held.Token, held.State);
            }
            _held.TryRemove(KeyValuePair.Create(session, asked));
        }
    }

    /// <summary>The next request asks anew.</summary>
    public void Forget(string session) => _held.TryRemove(session, out _);

    private async Task<Held> AskAsync(string reference)
    {
        if (_held.Count > Most)
        {
            _held.Clear();
        }
        try
        {
            using var form = new FormUrlEncodedContent(
            [
                new("grant_type", "refresh_token"), new(Reference, reference), new("client_id", client), new("client_secret", secret),
            ]);
            using var answer = await identity.PostAsync(new Uri(Endpoint, UriKind.Relative), form);
            if (answer.StatusCode == HttpStatusCode.BadRequest)
            {
                return new Held(null, SessionState.Over, default, 0);
            }
            answer.EnsureSuccessStatusCode();
            using var told = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync());
            var token = told.RootElement.GetProperty("access_token").GetString()!;
            var claims = new JsonWebTokenHandler().ReadJsonWebToken(token);
            return new Held(token, SessionState.Open, claims.ValidTo, claims.TryGetPayloadValue<long>(Tokens.RightsClaim, out var rights) ? rights : 0);
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException or JsonException)
        {
            return new Held(null, SessionState.Unknown, default, 0);
        }
    }

    private sealed record Held(string? Token, SessionState State, DateTimeOffset Until, long Rights);
}

/// <summary>The gateway has no sidecar: it hears of revocations from the identity service itself.</summary>
internal sealed class DirectRevocations(IdentityAddress identity, IConfiguration configuration, TimeProvider clock, ILogger<Revocations> log) : Revocations(configuration, clock, log)
{
    protected override CallInvoker Invoker(IConfiguration configuration) =>
        GrpcChannel.ForAddress(identity.Internal, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false } }).CreateCallInvoker();

    protected override Metadata Headers(IConfiguration configuration) => new() { { "dapr-api-token", configuration["APP_API_TOKEN"] ?? "" } };
}
