using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>The mail with which somebody is invited.</summary>
internal static class InvitationMail
{
    /// <summary>Writes to the person invited, in the language of the account if there is one.</summary>
    /// <param name="mails">Where it is added.</param>
    /// <param name="people">Who has an account.</param>
    /// <param name="email">Who is invited.</param>
    /// <param name="grant">The right that waits.</param>
    /// <param name="place">What the territory is called that it is for.</param>
    /// <param name="inviter">What the person is called who invites; "" for nobody by name.</param>
    /// <param name="site">Where the page is.</param>
    /// <param name="secret">Opens the page.</param>
    public static async Task InviteAsync(
        this Mails mails,
        UserManager<Person> people,
        string email,
        Grant grant,
        string place,
        string inviter,
        NodeSite site,
        string secret
    )
    {
        Letter Write() =>
            new(
                inviter.Length > 0 ? T["{0} vous invite à rejoindre Fabrique", inviter] : T["Vous êtes invité·e à rejoindre Fabrique"],
                T["Bonjour,"],
                Inviters.Promise(inviter, grant, place),
                T["Fabrique est un réseau de territoires en transition qui apprennent les uns des autres."],
                T["Pour accepter, ouvrez cette page dans les 14 jours. Elle ne sert qu’une fois."],
                site.Page(Pages.Link + secret),
                T["Si vous n’attendiez pas ce message, ne faites rien : aucun compte n’est créé."]
            );
        if (await people.FindByEmailAsync(email) is { } known)
        {
            mails.Add(known, Write);
        }
        else
        {
            mails.Add(email, Write());
        }
    }
}
