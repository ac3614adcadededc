using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// Gives an account another address: asked for by whoever has just proved who they are, confirmed by a mail to the new address, told to the
/// old one.
/// </summary>
internal sealed class AddressChange(
    UserManager<Person> people,
    IdentityDb db,
    WaysIn ways,
    RightsKeeper rights,
    Links links,
    Mails mails,
    NodeSite site
)
{
    /// <summary>
    /// Sends the mail that confirms the new address. Whether somebody else has an account under it is told by that mail alone.
    /// </summary>
    /// <param name="person">Whose account it is, who has just proved who they are.</param>
    /// <param name="address">The new one, in its normal form.</param>
    public async Task AskAsync(Person person, string address)
    {
        if (!await links.MaySendAsync(Links.Address, address))
        {
            return;
        }
        if (await people.FindByEmailAsync(address) is { } other)
        {
            mails.Add(other, () =>
                new Letter(
                    T["Votre adresse a déjà un compte"],
                    T["Bonjour {0},", other.Name],
                    T["Quelqu’un a voulu donner votre adresse à un autre compte. Rien n’a été changé : elle ouvre déjà le vôtre."]
                )
            );
            // Counted as the other, and good for nothing.
            links.Add(Links.Address, address);
        }
        else
        {
            var (_, secret) = links.Add(Links.Address, address, person: person.Id);
            mails.Add(
                address,
                new Letter(
                    T["Confirmez votre nouvelle adresse"],
                    T["Bonjour {0},", person.Name],
                    T["Pour que votre compte ait désormais cette adresse, ouvrez cette page dans les 24 heures. Elle ne sert qu’une fois."],
                    site.Page(Pages.Link + secret),
                    T["Si vous n’avez rien demandé, ne faites rien."]
                )
            );
        }
        await db.SaveChangesAsync();
    }

    /// <summary>
    /// Makes the change that a mail confirmed. Tells whether it was made: nobody has taken the address meanwhile, and the link has not
    /// served.
    /// </summary>
    public async Task<bool> ConfirmAsync(Person person, LinkRow link)
    {
        if (link.Person != person.Id || await people.FindByEmailAsync(link.Email) is not null || !await links.UseAsync(link))
        {
            return false;
        }
        var (before, old) = (person.Email!, EmailAddress.Key(person.Email));
        // Told first: the mail goes to the address that the account has until now.
        ways.Tell(person, "address changed", "", () =>
            (
                T["L’adresse de votre compte est changée"],
                T["Votre compte a désormais l’adresse {0}. {1} ne l’ouvre plus.", EmailAddress.Show(link.Email), EmailAddress.Show(before)]
            )
        );
        (person.Email, person.UserName, person.EmailConfirmed) = (link.Email, link.Email, true);
        if (!(await people.UpdateAsync(person)).Succeeded)
        {
            return false;
        }
        // What was sent to the old address opens nothing any more; an invitation there was for somebody who reads it, and stays.
        await db
            .Links.Where(row => row.Email == old && row.Purpose != Links.Invitation && row.Purpose != Links.Unsubscribe)
            .ExecuteDeleteAsync();
        await rights.EndSessionsAsync(person.Id, _ => false);
        return true;
    }
}
