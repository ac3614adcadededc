using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>Makes accounts, once an address was confirmed.</summary>
internal sealed class Accounts(UserManager<Person> people, RightsKeeper rights, TimeProvider clock)
{
    /// <summary>In characters.</summary>
    public const int LongestName = 100;

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
        if (person.Name.Length is 0 or > LongestName)
        {
            problems.Add("nom", T["Votre nom"], T["Indiquez votre nom, en 100 caractères au plus."]);
        }
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

    /// <summary>Gives the right that an invitation promised.</summary>
    public async Task AcceptAsync(Person person, LinkRow link)
    {
        if (link.Purpose == Links.Invitation && link.Role.Length > 0)
        {
            await rights.GiveAsync("", person.Id, new Grant(link.Role, link.Scope, link.Family), link.Function, link.Until);
        }
    }

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
