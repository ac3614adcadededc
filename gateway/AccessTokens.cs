using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Text.Json;
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

/// <summary>
/// The access tokens of the sessions and programs that this process has seen, in memory only; each is asked for once, however many requests
/// wait for it.
/// </summary>
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
        if (
            ticket.Principal?.FindFirstValue(Tokens.SessionClaim) is not { } session
            || ticket.Properties?.GetTokenValue(Reference) is not { } reference
        )
        {
            return (null, SessionState.Over);
        }
        return await FreshAsync(session, "refresh_token", Reference, reference);
    }

    /// <summary>The token for a program that bears a personal token.</summary>
    /// <param name="name">What this token is remembered by.</param>
    /// <param name="secret">As the program bears it.</param>
    public Task<(string? Token, SessionState State)> OfProgramAsync(string name, string secret) =>
        FreshAsync(name, "urn:fabrique:grant-type:personal-token", "personal_token", secret);

    /// <summary>Whether the next request needs nobody else to answer.</summary>
    public async ValueTask<bool> HasAsync(string name) => _held.TryGetValue(name, out var asked) && IsFresh(await asked.Value);

    /// <summary>The next request asks anew.</summary>
    public void Forget(string session) => _held.TryRemove(session, out _);

    private bool IsFresh(Held held) =>
        held.State == SessionState.Open
        && held.Until > clock.GetUtcNow() + Margin
        && !revocations.Include(held.Person, held.Rights, held.Session);

    private async Task<(string? Token, SessionState State)> FreshAsync(string name, string grant, string parameter, string secret)
    {
        for (var tries = 0; ; tries++)
        {
            var asked = _held.GetOrAdd(name, _ => new(() => AskAsync(grant, parameter, secret)));
            var held = await asked.Value;
            var fresh = IsFresh(held);
            if (!fresh)
            {
                _held.TryRemove(KeyValuePair.Create(name, asked));
            }
            if (fresh || held.State == SessionState.Over || tries == 1)
            {
                return (held.Token, held.State);
            }
        }
    }

    private async Task<Held> AskAsync(string grant, string parameter, string secretOfBearer)
    {
        if (_held.Count > Most)
        {
            _held.Clear();
        }
        try
        {
            using var form = new FormUrlEncodedContent([
                new("grant_type", grant),
                new(parameter, secretOfBearer),
                new("client_id", client),
                new("client_secret", secret),
            ]);
            using var answer = await identity.PostAsync(new Uri(Endpoint, UriKind.Relative), form);
            if (answer.StatusCode == HttpStatusCode.BadRequest)
            {
                return new Held(null, SessionState.Over);
            }
            answer.EnsureSuccessStatusCode();
            using var told = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync());
            var token = told.RootElement.GetProperty("access_token").GetString()!;
            var claims = new JsonWebTokenHandler().ReadJsonWebToken(token);
            return new Held(
                token,
                SessionState.Open,
                claims.ValidTo,
                claims.Subject,
                claims.TryGetPayloadValue<long>(Tokens.RightsClaim, out var rights) ? rights : 0,
                claims.GetPayloadValue<string>(Tokens.SessionClaim)
            );
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or JsonException)
        {
            return new Held(null, SessionState.Unknown);
        }
    }

    private sealed record Held(
        string? Token,
        SessionState State,
        DateTimeOffset Until = default,
        string Person = "",
        long Rights = 0,
        string Session = ""
    );
}
