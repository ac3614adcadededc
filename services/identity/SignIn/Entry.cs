using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fabrique.Site.Layout;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Options;

namespace Fabrique.Identity;

/// <summary>Signs people in. Each sign-in is a session of its own, which the person sees and ends, and which every token names.</summary>
internal sealed class Entry(
    UserManager<Person> people,
    IHttpContextAccessor accessor,
    IUserClaimsPrincipalFactory<Person> principals,
    IOptions<IdentityOptions> options,
    ILogger<SignInManager<Person>> log,
    IAuthenticationSchemeProvider schemes,
    IUserConfirmation<Person> confirmation,
    IdentityDb db,
    Failures failures,
    TimeProvider clock
) : SignInManager<Person>(people, accessor, principals, options, log, schemes, confirmation)
{
    /// <summary>What the framework, too, says of a sign-in with a second factor.</summary>
    private static readonly Claim StrongClaim = new("amr", "mfa");

    /// <summary>How a session began that a mail opened. No provider has such a code.</summary>
    public const string Mail = "@mail";

    /// <summary>How a session began that a passkey opened.</summary>
    public const string Passkey = "@passkey";

    private static readonly Person Nobody = new();
    private static readonly string NobodysPassword = new PasswordHasher<Person>().HashPassword(Nobody, Guid.Empty.ToString());

    private static long Milliseconds(TimeProvider clock) => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Signs in by address and password. Whether there is such an account can be told neither from the answer nor from its time.
    /// </summary>
    public async Task<SignInResult> ByPasswordAsync(string email, string password)
    {
        var person = await UserManager.FindByEmailAsync(email);
        return await IsPasswordAsync(person, email, password)
            ? await SignInOrTwoFactorAsync(person!, isPersistent: false)
            : SignInResult.Failed;
    }

    /// <summary>
    /// Whether this is the password of the account, unless too many were tried. Takes the same time whether there is an account or not.
    /// </summary>
    private async Task<bool> IsPasswordAsync(Person? person, string email, string password)
    {
        var account = UserManager.NormalizeEmail(email)!;
        if (!await failures.MayTryAsync(Failures.Password, account) || person?.PasswordHash is null)
        {
            UserManager.PasswordHasher.VerifyHashedPassword(Nobody, NobodysPassword, password);
            return false;
        }
        if (!await UserManager.CheckPasswordAsync(person, password))
        {
            return false;
        }
        await failures.ForgiveAsync(Failures.Password, account);
        return true;
    }

    /// <summary>Whether this is the password of whoever is signed in; counted with those tried at the door.</summary>
    public Task<bool> IsPasswordAsync(Person person, string? password) => IsPasswordAsync(person, person.Email!, password ?? "");

    /// <summary>The second step of a sign-in: a code of the application, or a spare one. Each serves once.</summary>
    /// <param name="typed">As typed, with or without spaces.</param>
    public async Task<bool> BySecondFactorAsync(string typed)
    {
        if (await GetTwoFactorAuthenticationUserAsync() is not { } person)
        {
            return false;
        }
        var code = string.Concat(typed.Where(char.IsLetterOrDigit));
        var (way, isCode) = code.Length == 6 && code.All(char.IsAsciiDigit) ? (Failures.Code, true) : (Failures.Spare, false);
        if (!await failures.MayTryAsync(way, person.Id) || (isCode && !await SpendCodeAsync(person, code)))
        {
            return false;
        }
        var result = isCode
            ? await TwoFactorAuthenticatorSignInAsync(code, isPersistent: false, rememberClient: false)
            : await TwoFactorRecoveryCodeSignInAsync(typed.Trim());
        if (result.Succeeded)
        {
            await failures.ForgiveAsync(way, person.Id);
        }
        return result.Succeeded;
    }

    /// <summary>
    /// True for the first who shows a right code of the application: read over a shoulder, it serves nobody a second time (RFC 6238, 5.2).
    /// </summary>
    public async Task<bool> SpendCodeAsync(Person person, string code) =>
        await UserManager.VerifyTwoFactorTokenAsync(person, Options.Tokens.AuthenticatorTokenProvider, code)
        && await SpendAsync(Encoding.UTF8.GetBytes($"{person.Id} {code}"));

    /// <summary>Signs in whoever read the mail; a second factor is still asked for.</summary>
    public Task<SignInResult> ByMailAsync(Person person) => SignInOrTwoFactorAsync(person, isPersistent: false, Mail);

    /// <summary>Signs in whoever showed a passkey, which asks for a finger, a face or a code: as good as two factors.</summary>
    /// <param name="credential">What the browser answered to the challenge of this browser's cookie, as JSON.</param>
    public async Task<bool> ByPasskeyAsync(string credential)
    {
        if (await ProvePasskeyAsync(credential) is not { } person)
        {
            return false;
        }
        await SignInWithClaimsAsync(person, isPersistent: false, [StrongClaim, new Claim(ClaimTypes.AuthenticationMethod, Passkey)]);
        return true;
    }

    /// <summary>Whose passkey this is; null when the answer is to no challenge of this browser, or was shown before.</summary>
    public async Task<Person?> ProvePasskeyAsync(string credential)
    {
        var proven = await ProveAsync(PerformPasskeyAssertionAsync, credential);
        if (
            proven is not { Succeeded: true }
            || !await SpendAsync(credential)
            || !(await UserManager.AddOrUpdatePasskeyAsync(proven.User, proven.Passkey)).Succeeded
        )
        {
            return null;
        }
        return proven.User;
    }

    /// <summary>
    /// The key that a browser has just made for this person; null when it was made for another, elsewhere, or has been shown before.
    /// </summary>
    public async Task<UserPasskeyInfo?> ProveNewPasskeyAsync(Person person, string credential) =>
        await ProveAsync(PerformPasskeyAttestationAsync, credential) is { Succeeded: true } proven
        && proven.UserEntity.Id == person.Id
        && await SpendAsync(credential)
            ? proven.Passkey
            : null;

    /// <summary>
    /// Signs in whoever a provider of identities knows; a second factor is still asked for, unless the provider asked for one.
    /// </summary>
    public async Task<SignInResult> ByProviderAsync(Person person, Arrival arrival)
    {
        if (!arrival.Strong)
        {
            return await SignInOrTwoFactorAsync(person, isPersistent: false, arrival.Provider.Code);
        }
        await Context.SignOutAsync(IdentityConstants.ExternalScheme);
        await SignInWithClaimsAsync(
            person,
            isPersistent: false,
            [StrongClaim, new Claim(ClaimTypes.AuthenticationMethod, arrival.Provider.Code)]
        );
        return SignInResult.Success;
    }

    /// <summary>Opens a session and its cookie.</summary>
    public override async Task SignInWithClaimsAsync(
        Person user,
        AuthenticationProperties? authenticationProperties,
        IEnumerable<Claim> additionalClaims
    )
    {
        var claims = additionalClaims.ToList();
        var now = Milliseconds(clock);
        var way = claims.FirstOrDefault(claim => claim.Type == ClaimTypes.AuthenticationMethod)?.Value ?? "";
        var ends = way is "" or Mail or Passkey ? null : await ProviderSession.EndAsync(Context, way, authenticationProperties, clock);
        var session = new SessionRow
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            Person = user.Id,
            Strong = claims.Any(claim => claim.Type == StrongClaim.Type && claim.Value == StrongClaim.Value),
            Browser = BrowserName(Context.Request.Headers.UserAgent.ToString()),
            Way = way,
            CreatedAt = now,
            SeenAt = now,
            ProvenAt = now,
            EndsAt = ends?.ToUnixTimeMilliseconds(),
        };
        db.Sessions.Add(session);
        (await db.Users.SingleAsync(person => person.Id == user.Id)).SeenAt = now;
        await db.SaveChangesAsync();
        claims.Add(new Claim(Tokens.SessionClaim, session.Id));
        await base.SignInWithClaimsAsync(user, authenticationProperties, claims);
    }

    /// <summary>Whoever sits in this session has just shown again who they are.</summary>
    public async Task ProveAsync(SessionRow session)
    {
        session.ProvenAt = Milliseconds(clock);
        await db.SaveChangesAsync();
    }

    /// <summary>The session of whoever asks, when it still is one.</summary>
    public static Task<SessionRow?> SessionAsync(IdentityDb db, ClaimsPrincipal? principal)
    {
        var (id, now) = (principal?.FindFirstValue(Tokens.SessionClaim) ?? "", Milliseconds(db.GetService<TimeProvider>()));
        return db.Sessions.SingleOrDefaultAsync(session => session.Id == id && (session.EndsAt == null || session.EndsAt > now));
    }

    /// <summary>A cookie is as good as its session: one that was ended elsewhere is over here too.</summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        var (db, now) = (services.GetRequiredService<IdentityDb>(), Milliseconds(services.GetRequiredService<TimeProvider>()));
        var session = await SessionAsync(db, context.Principal);
        if (session is null)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(context.Scheme.Name);
            return;
        }
        if (session.SeenAt < now - (long)TimeSpan.FromHours(1).TotalMilliseconds)
        {
            session.SeenAt = now;
            await db.SaveChangesAsync();
        }
        // The cookie bears no right; the header leads to the same places on every page all the same.
        if (
            session.Strong
            && await db.Grants.AnyAsync(grant =>
                grant.Person == session.Person && grant.Role == Grant.Facilitator && (grant.Until == null || grant.Until > now)
            )
        )
        {
            context.HttpContext.Items[SiteHeader.Facilitates] = true;
        }
    }

    /// <summary>What the framework makes of a passkey; null when no challenge of this browser is open.</summary>
    private static async Task<TProof?> ProveAsync<TProof>(Func<string, Task<TProof>> prove, string credential)
        where TProof : class
    {
        try
        {
            return credential.Length > 0 ? await prove(credential) : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>
    /// True for the first who shows this answer to a challenge. The cookie alone would let whoever copied both show them again.
    /// </summary>
    private async Task<bool> SpendAsync(string credential)
    {
        using var answer = JsonDocument.Parse(credential);
        return await SpendAsync(
            Base64Url.DecodeFromChars(answer.RootElement.GetProperty("response").GetProperty("clientDataJSON").GetString())
        );
    }

    /// <summary>True for the first who shows this.</summary>
    private async Task<bool> SpendAsync(byte[] signed)
    {
        var (hash, now) = (Convert.ToHexStringLower(SHA256.HashData(signed)), Milliseconds(clock));
        return await db.Database.ExecuteSqlAsync(
                $"""INSERT INTO spent_challenges ("Hash", "SpentAt") VALUES ({hash}, {now}) ON CONFLICT DO NOTHING"""
            ) == 1;
    }

    /// <summary>Enough for a person to recognise a browser of theirs, and no more: "Firefox, Windows".</summary>
    private static string BrowserName(string agent)
    {
        string[] browsers = ["Edg", "Firefox", "Chrome", "Safari"];
        string[] systems = ["Android", "iPhone", "Windows", "Mac OS", "Linux"];
        var (browser, system) = (browsers.FirstOrDefault(Named), systems.FirstOrDefault(Named));
        return string.Join(", ", new[] { browser == "Edg" ? "Edge" : browser, system }.OfType<string>());

        bool Named(string name) => agent.Contains(name, StringComparison.Ordinal);
    }
}
