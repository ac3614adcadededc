using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Fabrique.Identity;

/// <summary>Somebody who comes back from a provider of identities.</summary>
/// <param name="Provider">Which.</param>
/// <param name="Subject">What the provider calls the person: the only name that an account is found by.</param>
/// <param name="Email">What the provider says; "" for nothing usable.</param>
/// <param name="IsVerified">Whether the provider says that it checked that address.</param>
/// <param name="Name">"" for none.</param>
/// <param name="Siren">The employer, nine digits; "" for none.</param>
/// <param name="Strong">Whether a second factor was shown there, and that counts here.</param>
internal sealed record Arrival(Provider Provider, string Subject, string Email, bool IsVerified, string Name, string Siren, bool Strong);

/// <summary>
/// Brings together accounts and what providers of identities know: by the provider's name for the person, or, the first time, by an
/// address. That a provider names an address never opens an account by itself: whoever reads the mails of that address says so, in the
/// browser that came from the provider.
/// </summary>
internal sealed class Arrivals(
    Entry entry,
    Accounts accounts,
    UserManager<Person> people,
    IdentityDb db,
    WaysIn ways,
    Links links,
    Mails mails,
    NodeSite site,
    IReadOnlyList<Provider> providers
)
{
    /// <summary>Who has come back in this browser, within the last half hour.</summary>
    public async Task<Arrival?> CurrentAsync()
    {
        if (
            await entry.GetExternalLoginInfoAsync() is not { } info
            || providers.FirstOrDefault(provider => provider.Code == info.LoginProvider) is not { } provider
        )
        {
            return null;
        }
        var (email, siret) = (Told(JwtRegisteredClaimNames.Email), Told(ArrivalClaims.Siret));
        return new(
            provider,
            info.ProviderKey,
            EmailAddress.Read(email) ?? "",
            Told(ArrivalClaims.Verified) == "true",
            Told(JwtRegisteredClaimNames.Name),
            siret.Length == 14 && siret.All(char.IsAsciiDigit) ? siret[..9] : "",
            Told(ArrivalClaims.Strong).Length > 0
        );

        string Told(string claim) => info.Principal.FindFirstValue(claim) ?? "";
    }

    /// <summary>The account that this arrival opens; null when it is the first.</summary>
    public Task<Person?> FindAsync(Arrival arrival) => people.FindByLoginAsync(arrival.Provider.Code, arrival.Subject);

    /// <summary>
    /// Signs in, and remembers the employer of today. A second factor shown at the provider counts when it is the first that the person
    /// has, and from then on: linked later, by whoever knew the password or read the mails, it does not take the place of the owner's.
    /// </summary>
    public async Task<SignInResult> EnterAsync(Person person, Arrival arrival)
    {
        if (arrival.Siren.Length > 0)
        {
            person.Siren = arrival.Siren;
            await db.SaveChangesAsync();
        }
        if (arrival.Strong && !await ways.HasSecondFactorAsync(person))
        {
            await ways.CountAsync(person, arrival.Provider.Code, arrival.Subject);
        }
        return await entry.ByProviderAsync(
            person,
            arrival with
            {
                Strong = arrival.Strong && await ways.IsSecondFactorAsync(person, arrival.Provider.Code, arrival.Subject),
            }
        );
    }

    /// <summary>Makes an account for a new person.</summary>
    /// <param name="arrival">Its address was confirmed: by the provider, or by a mail.</param>
    /// <param name="name">What the person wants to be called.</param>
    /// <param name="problems">Where to say what is wrong; the field is "nom".</param>
    /// <param name="confirm">The last thing before the account is made; false when what allowed it has served.</param>
    public async Task<Person?> CreateAsync(Arrival arrival, string? name, FormProblems problems, Func<Task<bool>> confirm)
    {
        var person = await accounts.CreateAsync(arrival.Email, name, null, problems, confirm, withPassword: false);
        if (person is not null)
        {
            await LinkAsync(person, arrival);
        }
        return person;
    }

    /// <summary>From now on this arrival opens this account; one that opens an account already goes on opening that one.</summary>
    public async Task LinkAsync(Person person, Arrival arrival)
    {
        if (!(await people.AddLoginAsync(person, new(arrival.Provider.Code, arrival.Subject, arrival.Provider.Name))).Succeeded)
        {
            return;
        }
        ways.Tell(person, "provider linked", arrival.Provider.Code, () =>
            (
                T["{0} ouvre désormais votre compte", arrival.Provider.Name],
                T["Vous pouvez entrer dans votre compte en passant par {0}.", arrival.Provider.Name]
            )
        );
        await db.SaveChangesAsync();
    }

    /// <summary>
    /// From now on this provider no longer opens this account. Tells whether this session may, and another way in is left.
    /// </summary>
    public async Task<bool> UnlinkAsync(Person person, SessionRow session, UserLoginInfo login)
    {
        if (!await ways.MayChangeAsync(person, session) || !await ways.HasAnotherAsync(person))
        {
            return false;
        }
        await people.RemoveLoginAsync(person, login.LoginProvider, login.ProviderKey);
        await ways.DiscountAsync(person, login.LoginProvider, login.ProviderKey);
        if ((await people.GetLoginsAsync(person)).Count == 0)
        {
            person.Siren = "";
        }
        var name = login.ProviderDisplayName ?? login.LoginProvider;
        ways.Tell(person, "provider unlinked", login.LoginProvider, () =>
            (T["{0} n’ouvre plus votre compte", name], T["On n’entre plus dans votre compte en passant par {0}.", name])
        );
        await db.SaveChangesAsync();
        return true;
    }

    /// <summary>
    /// Sends the mail that confirms the address: to an account there is, or to begin one. The page says the same either way.
    /// </summary>
    public async Task SendLinkAsync(Arrival arrival, string? destination)
    {
        if (!await links.MaySendAsync(Links.Provider, arrival.Email))
        {
            return;
        }
        var known = await people.FindByEmailAsync(arrival.Email);
        var (_, secret) = links.Add(Links.Provider, arrival.Email, destination: destination);
        Letter Write() =>
            new(
                known is null ? T["Créez votre compte"] : T["Reliez {0} à votre compte", arrival.Provider.Name],
                T["Bonjour,"],
                known is null
                    ? T[
                        "Vous êtes passé·e par {0}. Pour créer votre compte, ouvrez cette page dans la demi-heure, dans le même navigateur. Elle ne sert qu’une fois.",
                        arrival.Provider.Name
                    ]
                    : T[
                        "Quelqu’un est passé par {0} et donne votre adresse, qui a un compte ici. Si c’est vous, ouvrez cette page dans la demi-heure, dans le même navigateur. Elle ne sert qu’une fois.",
                        arrival.Provider.Name
                    ],
                site.Page(Pages.Link + secret),
                T["Si vous n’avez rien demandé, ne faites rien : personne n’est entré."]
            );
        _ = known is null ? mails.Add(arrival.Email, Write()) : mails.Add(known, Write);
        await db.SaveChangesAsync();
    }
}
