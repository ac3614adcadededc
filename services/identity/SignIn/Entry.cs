using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
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
    TimeProvider clock
) : SignInManager<Person>(people, accessor, principals, options, log, schemes, confirmation)
{
    /// <summary>What the framework, too, says of a sign-in with a second factor.</summary>
    private static readonly Claim StrongClaim = new("amr", "mfa");

    private static readonly Person Nobody = new();
    private static readonly string NobodysPassword = new PasswordHasher<Person>().HashPassword(Nobody, Guid.Empty.ToString());

    private static long Milliseconds(TimeProvider clock) => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Signs in by address and password. Whether there is such an account can be told neither from the answer nor from its time.</summary>
    public async Task<SignInResult> ByPasswordAsync(string email, string password)
    {
        var person = await UserManager.FindByEmailAsync(email);
        if (person?.PasswordHash is null || await UserManager.IsLockedOutAsync(person))
        {
            UserManager.PasswordHasher.VerifyHashedPassword(Nobody, NobodysPassword, password);
            return SignInResult.Failed;
        }
        return await PasswordSignInAsync(person, password, isPersistent: false, lockoutOnFailure: true);
    }

    /// <summary>Signs in whoever read the mail; a second factor is still asked for.</summary>
    public Task<SignInResult> ByMailAsync(Person person) => SignInOrTwoFactorAsync(person, isPersistent: false);

    /// <summary>Signs in whoever showed a passkey, which asks for a finger, a face or a code: as good as two factors.</summary>
    /// <param name="credential">What the browser answered to the challenge of this browser's cookie, as JSON.</param>
    public async Task<bool> ByPasskeyAsync(string credential)
    {
        var proven = await ProveAsync(PerformPasskeyAssertionAsync, credential);
        if (
            proven is not { Succeeded: true }
            || !await SpendAsync(credential)
            || !(await UserManager.AddOrUpdatePasskeyAsync(proven.User, proven.Passkey)).Succeeded
        )
        {
            return false;
        }
        await SignInWithClaimsAsync(proven.User, isPersistent: false, [StrongClaim]);
        return true;
    }

    /// <summary>The key that a browser has just made for this person; null when it was made for another, elsewhere, or has been shown before.</summary>
    public async Task<UserPasskeyInfo?> ProveNewPasskeyAsync(Person person, string credential) =>
        await ProveAsync(PerformPasskeyAttestationAsync, credential) is { Succeeded: true } proven
        && proven.UserEntity.Id == person.Id
        && await SpendAsync(credential)
            ? proven.Passkey
            : null;

    /// <summary>Signs in whoever a provider of identities knows; a second factor is still asked for, unless the provider asked for one.</summary>
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
        var ends = await ProviderSession.EndAsync(Context, claims, authenticationProperties, clock);
        var session = new SessionRow
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            Person = user.Id,
            Strong = claims.Any(claim => claim.Type == StrongClaim.Type && claim.Value == StrongClaim.Value),
            Browser = BrowserName(Context.Request.Headers.UserAgent.ToString()),
            CreatedAt = now,
            SeenAt = now,
            EndsAt = ends?.ToUnixTimeMilliseconds(),
        };
        db.Sessions.Add(session);
        (await db.Users.SingleAsync(person => person.Id == user.Id)).SeenAt = now;
        await db.SaveChangesAsync();
        claims.Add(new Claim(Tokens.SessionClaim, session.Id));
        await base.SignInWithClaimsAsync(user, authenticationProperties, claims);
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

    /// <summary>True for the first who shows this answer to a challenge. The cookie alone would let whoever copied both show them again.</summary>
    private async Task<bool> SpendAsync(string credential)
    {
        using var answer = JsonDocument.Parse(credential);
        var signed = Base64Url.DecodeFromChars(answer.RootElement.GetProperty("response").GetProperty("clientDataJSON").GetString());
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
