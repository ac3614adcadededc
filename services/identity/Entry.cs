using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Fabrique.Identity;

/// <summary>Signs people in. Each sign-in is a session of its own, which the person sees and ends, and which every token names.</summary>
internal sealed class Entry(
    UserManager<Person> people, IHttpContextAccessor accessor, IUserClaimsPrincipalFactory<Person> principals, IOptions<IdentityOptions> options,
    ILogger<SignInManager<Person>> log, IAuthenticationSchemeProvider schemes, IUserConfirmation<Person> confirmation, IdentityDb db, TimeProvider clock)
    : SignInManager<Person>(people, accessor, principals, options, log, schemes, confirmation)
{
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

    /// <summary>Opens a session and its cookie.</summary>
    public override async Task SignInWithClaimsAsync(Person user, AuthenticationProperties? authenticationProperties, IEnumerable<Claim> additionalClaims)
    {
        var claims = additionalClaims.ToList();
        var now = Milliseconds(clock);
        var session = new SessionRow
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            Person = user.Id,
            Strong = claims.Any(claim => claim is { Type: "amr", Value: "mfa" }),
            Browser = BrowserName(Context.Request.Headers.UserAgent.ToString()),
            CreatedAt = now,
            SeenAt = now,
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
        var id = principal?.FindFirstValue(Tokens.SessionClaim) ?? "";
        return db.Sessions.SingleOrDefaultAsync(session => session.Id == id);
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
        }
        else if (session.SeenAt < now - (long)TimeSpan.FromHours(1).TotalMilliseconds)
        {
            session.SeenAt = now;
            await db.SaveChangesAsync();
        }
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
