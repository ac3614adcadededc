using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>What the stewards of a node see of it, and set.</summary>
internal sealed class NodeDesk(
    IdentityDb db,
    RightsKeeper rights,
    Links links,
    Mails mails,
    Inviters inviters,
    UserManager<Person> people,
    NodeSite site,
    IConfiguration configuration,
    TimeProvider clock
)
{
    private readonly string _folder = configuration["Data"] ?? "data";

    /// <summary>
    /// Saves settings, from then on in force wherever the environment does not say otherwise. The trail has their names alone.
    /// </summary>
    public async Task SaveAsync(string actor, IReadOnlyDictionary<string, string> changes, CancellationToken cancellation)
    {
        NodeSettings.Save(_folder, changes);
        configuration.ReloadNodeSettings();
        rights.Note(actor, "settings changed", "", string.Join(' ', changes.Keys));
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>A setting as a steward wrote it, whether or not it is in force.</summary>
    public string Written(string name) => NodeSettings.Read(_folder).GetValueOrDefault(name, "");

    /// <summary>Whether the environment or the command line says something else than what a steward wrote.</summary>
    public bool IsOverruled(string name) => Written(name) is { Length: > 0 } written && configuration[name] != written;

    /// <summary>How mails go.</summary>
    public async Task<MailState> MailAsync(CancellationToken cancellation)
    {
        var failed = await db
            .Mails.AsNoTracking()
            .Where(mail => mail.Failure != "")
            .OrderByDescending(mail => mail.NextAt)
            .Select(mail => mail.Failure)
            .FirstOrDefaultAsync(cancellation);
        return new(
            await db.Mails.CountAsync(cancellation),
            await db.Mails.MinAsync(mail => (long?)mail.CreatedAt, cancellation),
            await db.Notices.CountAsync(notice => notice.SentOn == NoticeRow.Waiting, cancellation),
            failed ?? ""
        );
    }

    /// <summary>How many people have each role, and how many have an account. Numbers, no person.</summary>
    public async Task<(int Accounts, Dictionary<string, int> Roles)> PeopleAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var roles = await db
            .Grants.Where(grant => grant.Until == null || grant.Until > now)
            .Select(grant => new { grant.Role, grant.Person })
            .Distinct()
            .GroupBy(grant => grant.Role)
            .Select(role => new { role.Key, Count = role.Count() })
            .ToDictionaryAsync(role => role.Key, role => role.Count, cancellation);
        return (await db.Users.CountAsync(cancellation), roles);
    }

    public Task<List<Person>> StewardsAsync(CancellationToken cancellation) =>
        db
            .Users.AsNoTracking()
            .Where(person => db.Grants.Any(grant => grant.Person == person.Id && grant.Role == Grant.Steward))
            .OrderBy(person => person.Name)
            .ThenBy(person => person.Id)
            .Take(100)
            .ToListAsync(cancellation);

    /// <summary>Invitations for this role that are still open.</summary>
    public Task<List<LinkRow>> InvitedAsync(string role, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return db
            .Links.AsNoTracking()
            .Where(link => link.Purpose == Links.Invitation && link.Role == role && link.ExpiresAt > now)
            .OrderBy(link => link.ExpiresAt)
            .Take(100)
            .ToListAsync(cancellation);
    }

    /// <summary>Invites somebody by mail.</summary>
    public async Task InviteAsync(string actor, string email, Grant grant, CancellationToken cancellation)
    {
        var address = EmailAddress.Read(email) ?? email;
        var (link, secret) = links.Add(Links.Invitation, address, grant);
        var inviter = await inviters.NameAsync(actor, cancellation);
        await mails.InviteAsync(people, address, grant, grant.Scope, inviter, site, secret);
        rights.Note(actor, Inviters.Invited, link.Id, grant.ToString());
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>Takes an invitation back.</summary>
    public async Task WithdrawAsync(string actor, string id, CancellationToken cancellation)
    {
        if (await db.Links.SingleOrDefaultAsync(link => link.Id == id && link.Purpose == Links.Invitation, cancellation) is { } link)
        {
            db.Links.Remove(link);
            rights.Note(actor, "invitation withdrawn", link.Id, link.Scope);
            await db.SaveChangesAsync(cancellation);
        }
    }
}

/// <summary>How mails go.</summary>
/// <param name="Waiting">Mails that are not sent.</param>
/// <param name="Since">When the oldest of them was written, Unix milliseconds.</param>
/// <param name="Digests">Pieces of news that wait for a digest.</param>
/// <param name="Failure">What went wrong last with those that wait; empty when nothing did.</param>
internal sealed record MailState(int Waiting, long? Since, int Digests, string Failure);
