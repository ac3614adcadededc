using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>Makes accounts, once an address was confirmed.</summary>
internal sealed class Accounts(
    UserManager<Person> people,
    RightsKeeper rights,
    Entry entry,
    WaysIn ways,
    Places places,
    IdentityDb db,
    TimeProvider clock
)
{
    /// <summary>In characters.</summary>
    public const int LongestName = 100;

    /// <summary>Letters of Hangul that show nothing.</summary>
    private static readonly Rune[] Fillers = [new('\u115F'), new('\u1160'), new('\u3164'), new('\uFFA0')];

    public static string PasswordHelp =>
        T["Douze caractères au moins. Une phrase que vous seul·e connaissez vaut mieux que des signes compliqués."];

    /// <summary>Makes an account, or says what is wrong.</summary>
    /// <param name="email">Confirmed.</param>
    /// <param name="name">As typed.</param>
    /// <param name="password">As typed.</param>
    /// <param name="problems">Where to say it; the fields are "nom" and "motdepasse".</param>
    /// <param name="confirm">The last thing before the account is made: what allows it is taken, by one caller alone.</param>
    /// <param name="withPassword">False for a person who enters by a provider of identities.</param>
    public async Task<Person?> CreateAsync(
        string email,
        string? name,
        string? password,
        FormProblems problems,
        Func<Task<bool>> confirm,
        bool withPassword = true
    )
    {
        var person = new Person
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            UserName = email,
            Email = email,
            EmailConfirmed = true,
            Name = OneLine(name),
            Language = Language.Current.Code,
            CreatedAt = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            SeenAt = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        CheckName(person.Name, problems);
        if (withPassword)
        {
            await CheckPasswordAsync(person, password, problems);
        }
        if (problems.Count > 0)
        {
            return null;
        }
        if (!await confirm())
        {
            problems.Add("", "", T["Ce lien vient de servir. Connectez-vous."]);
            return null;
        }
        var created = withPassword ? await people.CreateAsync(person, password!) : await people.CreateAsync(person);
        if (!created.Succeeded)
        {
            problems.Add("", "", T["Un compte existe déjà pour cette adresse. Connectez-vous."]);
            return null;
        }
        return person;
    }

    /// <summary>Corrects the name of an account; tokens bear the new one within minutes. The field is "nom".</summary>
    public async Task<bool> RenameAsync(Person person, string? name, FormProblems problems)
    {
        var given = OneLine(name);
        if (!CheckName(given, problems))
        {
            return false;
        }
        person.Name = given;
        await people.UpdateAsync(person);
        return true;
    }

    /// <summary>A name that nobody can see would be a person that nobody can tell from another.</summary>
    private static bool CheckName(string name, FormProblems problems)
    {
        if (name.Length <= LongestName && name.EnumerateRunes().Any(rune => Rune.IsLetterOrDigit(rune) && !Fillers.Contains(rune)))
        {
            return true;
        }
        problems.Add("nom", T["Votre nom"], T["Indiquez votre nom, en 100 caractères au plus."]);
        return false;
    }

    /// <summary>Gives the right that an invitation promised.</summary>
    /// <param name="person">Who accepts.</param>
    /// <param name="link">The invitation, taken.</param>
    /// <param name="tell">Whether the person hears of it: an account that there was may be used by somebody else.</param>
    public async Task AcceptAsync(Person person, LinkRow link, bool tell)
    {
        if (link.Purpose != Links.Invitation || link.Role.Length == 0)
        {
            return;
        }
        if (tell)
        {
            var place = (await places.FindAsync(link.Scope, CancellationToken.None)).Name;
            ways.Tell(person, "invitation accepted", "", () =>
                (
                    T["Votre compte a un droit de plus"],
                    T[
                        "Une invitation vient d’être acceptée avec votre compte : {0}.",
                        RoleNames.Of(new(link.Role, link.Scope, link.Family), place)
                    ]
                )
            );
        }
        await rights.GiveAsync("", person.Id, new Grant(link.Role, link.Scope, link.Family), link.Function, link.Until);
    }

    /// <summary>
    /// Gives the account another password, for whoever shows the present one. Who has come without it, by a mail, a passkey or a provider,
    /// has just proved as much and need not: that is the way out for a password that was forgotten. Sessions elsewhere end, links by mail
    /// too, and the person is told.
    /// </summary>
    /// <param name="person">Who is signed in.</param>
    /// <param name="session">In which session.</param>
    /// <param name="present">The password until now, as typed.</param>
    /// <param name="next">The new one, as typed.</param>
    /// <param name="problems">Where to say what is wrong; the fields are "actuel" and "motdepasse".</param>
    public async Task<bool> ChangePasswordAsync(Person person, SessionRow session, string? present, string? next, FormProblems problems)
    {
        if (NeedsPresentPassword(person, session))
        {
            if (string.IsNullOrEmpty(present))
            {
                problems.Add("actuel", T["Mot de passe actuel"], T["Indiquez votre mot de passe actuel."]);
                return false;
            }
            if (!await entry.IsPasswordAsync(person, present))
            {
                problems.Add(
                    "actuel",
                    T["Mot de passe actuel"],
                    T["Ce mot de passe ne convient pas. Après cinq essais, attendez un quart d’heure, ou demandez un lien par courriel."]
                );
                return false;
            }
        }
        else if (!ways.IsProven(session))
        {
            problems.Add("", "", T["Confirmez d’abord que c’est vous."]);
            return false;
        }
        if (!await CheckPasswordAsync(person, next, problems))
        {
            return false;
        }
        var first = person.PasswordHash is null;
        await people.RemovePasswordAsync(person);
        await people.AddPasswordAsync(person, next!);
        var address = EmailAddress.Key(person.Email);
        await db.Links.Where(link => link.Email == address && link.Purpose == Links.SignIn).ExecuteDeleteAsync();
        ways.Tell(person, first ? "password set" : "password changed", "", () =>
            (
                T["Le mot de passe de votre compte est changé"],
                T["Votre compte a un nouveau mot de passe. Toutes les autres connexions sont fermées."]
            )
        );
        // Whoever knew the old one is out.
        await rights.EndSessionsAsync(person.Id, other => other.Id != session.Id);
        return true;
    }

    /// <summary>
    /// Whether a change of password asks for the present one: there is one, and this session has not just begun without it.
    /// </summary>
    public bool NeedsPresentPassword(Person person, SessionRow session) =>
        person.PasswordHash is not null && (session.Way.Length == 0 || !ways.IsProven(session));

    public async Task<bool> CheckPasswordAsync(Person person, string? password, FormProblems problems)
    {
        foreach (var validator in people.PasswordValidators)
        {
            if (!(await validator.ValidateAsync(people, person, password)).Succeeded)
            {
                problems.Add(
                    "motdepasse",
                    T["Mot de passe"],
                    T[
                        "Ce mot de passe est trop court ou trop facile à deviner. Prenez douze caractères au moins : par exemple quatre mots sans lien entre eux."
                    ]
                );
                return false;
            }
        }
        return true;
    }

    /// <summary>What was typed as a name: tidy, and on one line.</summary>
    public static string OneLine(string? name) =>
        string.Join(' ', Texts.Tidy(name ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>What people call a right.</summary>
internal static class RoleNames
{
    /// <param name="grant">The right.</param>
    /// <param name="place">What the territory, the region or the cohort is called that the right is for.</param>
    public static string Of(Grant grant, string place)
    {
        var role = grant.Role switch
        {
            Grant.Delegate => T["délégué·e du territoire {0}", place],
            Grant.Referent => T["référent·e du territoire {0}", place],
            Grant.Facilitator => grant.Scope == Grant.Everywhere
                ? T["facilitateur ou facilitatrice du réseau"]
                : T["facilitateur ou facilitatrice ({0})", place],
            Grant.Observer => T["observateur ou observatrice"],
            Grant.Steward => T["gestionnaire de cette installation"],
            _ => grant.Role,
        };
        return grant.Family.Length > 0 ? $"{role} – {Vocabulary.Role4F.Label(grant.Family)}" : role;
    }
}
