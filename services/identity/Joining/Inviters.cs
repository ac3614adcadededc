using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>Who invited whom to what: told to the person invited, in the mail and on the pages, from what the trail keeps.</summary>
internal sealed class Inviters(IdentityDb db)
{
    /// <summary>In the trail, an invitation that was made; its subject is the invitation, its detail the right.</summary>
    public const string Invited = "invited";

    /// <summary>Who made an invitation, and what right it promises; null for none that is known.</summary>
    public async Task<(string Name, Grant Grant)?> FindAsync(string invitation, CancellationToken cancellation)
    {
        if (
            invitation.Length == 0
            || await db
                .Audit.AsNoTracking()
                .FirstOrDefaultAsync(entry => entry.Action == Invited && entry.Subject == invitation, cancellation)
                is not { } entry
        )
        {
            return null;
        }
        return (await NameAsync(entry.Actor, cancellation), Grant.Parse(entry.Detail));
    }

    /// <summary>What a person is called; "" for a program, or for nobody who has an account still.</summary>
    public async Task<string> NameAsync(string person, CancellationToken cancellation) =>
        person.Length == 0
            ? ""
            : await db.Users.Where(one => one.Id == person).Select(one => one.Name).FirstOrDefaultAsync(cancellation) ?? "";

    /// <summary>What an invitation says: who invites, and to what.</summary>
    public async Task<string> PromiseAsync(LinkRow link, string place, CancellationToken cancellation) =>
        Promise((await FindAsync(link.Id, cancellation))?.Name ?? "", new Grant(link.Role, link.Scope, link.Family), place);

    /// <param name="name">Who invites; "" when it is nobody by name.</param>
    /// <param name="grant">To what.</param>
    /// <param name="place">What the territory is called that it is for.</param>
    public static string Promise(string name, Grant grant, string place) =>
        name.Length > 0
            ? T["{0} vous invite à participer, comme {1}.", name, RoleNames.Of(grant, place)]
            : T["Vous êtes invité·e à participer, comme {0}.", RoleNames.Of(grant, place)];
}
