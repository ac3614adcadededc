using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>
/// The passkeys of people (WebAuthn): a device proves that it holds a key, once its owner has shown a finger, a face or a code. That is two
/// factors at once, so a sign-in by passkey counts as a strong session.
/// </summary>
internal sealed class Passkeys(Entry entry, UserManager<Person> people, IdentityDb db, WaysIn ways)
{
    /// <summary>In characters.</summary>
    public const int LongestName = 60;

    /// <summary>Of one person.</summary>
    public const int Most = 20;

    /// <summary>The keys of a person, the oldest first.</summary>
    public async Task<List<UserPasskeyInfo>> ListAsync(Person person) =>
        [.. (await people.GetPasskeysAsync(person)).OrderBy(key => key.CreatedAt)];

    /// <summary>
    /// Keeps the key that a browser has just made for this person. The first second factor of a person makes the session strong, as setting
    /// up codes does.
    /// </summary>
    /// <param name="person">Who is signed in.</param>
    /// <param name="session">In which session.</param>
    /// <param name="credential">What the browser says of the key, as JSON.</param>
    /// <param name="name">What the person calls it; "" for the name of the browser.</param>
    /// <returns>False when the key was not made for this person, here and now.</returns>
    public async Task<bool> AddAsync(Person person, SessionRow session, string credential, string name)
    {
        if (
            !await ways.MayChangeAsync(person, session)
            || (await ListAsync(person)).Count >= Most
            || await entry.ProveNewPasskeyAsync(person, credential) is not { } key
        )
        {
            return false;
        }
        key.Name = Tidy(name) is { Length: > 0 } given ? given : session.Browser;
        var first = !await ways.HasSecondFactorAsync(person);
        if (!(await people.AddOrUpdatePasskeyAsync(person, key)).Succeeded)
        {
            return false;
        }
        session.Strong |= first;
        ways.Tell(person, "passkey added", "", () =>
            (
                T["Une clé d’accès est ajoutée à votre compte"],
                T["La clé d’accès « {0} » permet désormais d’entrer dans votre compte.", key.Name]
            )
        );
        await db.SaveChangesAsync();
        return true;
    }

    /// <summary>Gives a key another name; tells whether there is such a key, and this session may.</summary>
    public async Task<bool> RenameAsync(Person person, SessionRow session, byte[] id, string name)
    {
        if (
            Tidy(name) is not { Length: > 0 } given
            || !await ways.MayChangeAsync(person, session)
            || await people.GetPasskeyAsync(person, id) is not { } key
        )
        {
            return false;
        }
        key.Name = given;
        return (await people.AddOrUpdatePasskeyAsync(person, key)).Succeeded;
    }

    /// <summary>Forgets a key: it opens nothing from now on. Tells whether this session may, and another way in is left.</summary>
    public async Task<bool> RemoveAsync(Person person, SessionRow session, UserPasskeyInfo key)
    {
        if (!await ways.MayChangeAsync(person, session) || !await ways.HasAnotherAsync(person))
        {
            return false;
        }
        await people.RemovePasskeyAsync(person, key.CredentialId);
        ways.Tell(person, "passkey removed", "", () =>
            (T["Une clé d’accès est retirée de votre compte"], T["La clé d’accès « {0} » n’ouvre plus votre compte.", key.Name ?? ""])
        );
        await db.SaveChangesAsync();
        return true;
    }

    private static string Tidy(string name) => Accounts.OneLine(name) is var tidy && tidy.Length > LongestName ? tidy[..LongestName] : tidy;
}
