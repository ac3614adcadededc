using System.Security.Claims;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using OidcClaims = OpenIddict.Abstractions.OpenIddictConstants.Claims;

namespace Fabrique.Identity;

/// <summary>Gives and ends rights and sessions: written down, told to every service at once, kept in the audit trail.</summary>
internal sealed class RightsKeeper(IdentityDb db, RevocationLog log, TimeProvider clock)
{
    /// <summary>Roles with which one acts on others: they count only in a session with a second factor.</summary>
    private static readonly string[] Strong = [Grant.Facilitator, Grant.Steward];

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The rights that a person has now.</summary>
    public Task<List<GrantRow>> GrantsAsync(string person)
    {
        var now = Now;
        return db
            .Grants.AsNoTracking()
            .Where(grant => grant.Person == person && (grant.Until == null || grant.Until > now))
            .OrderBy(grant => grant.Since)
            .ToListAsync();
    }

    /// <summary>Whether this session may look after the node: somebody's who does, with a second factor.</summary>
    public async Task<bool> IsStewardAsync(SessionRow session) =>
        session.Strong && (await GrantsAsync(session.Person)).Any(grant => grant.Role == Grant.Steward);

    /// <summary>Whether the person has a right that asks for a second factor.</summary>
    public async Task<bool> NeedSecondFactorAsync(string person) => (await GrantsAsync(person)).Any(grant => Strong.Contains(grant.Role));

    /// <summary>The claims of a token: who, in which session, with which rights.</summary>
    public async Task<IEnumerable<Claim>> ClaimsAsync(Person person, SessionRow session)
    {
        var grants = (await GrantsAsync(person.Id)).Where(grant => session.Strong || !Strong.Contains(grant.Role));
        return Claims(person, session.Id, grants.Select(grant => grant.Grant));
    }

    /// <param name="person">Who.</param>
    /// <param name="session">What ends with the token: a session, or what stands for one.</param>
    /// <param name="grants">The rights.</param>
    public static IEnumerable<Claim> Claims(Person person, string session, IEnumerable<Grant> grants) =>
        [
            new(OidcClaims.Subject, person.Id),
            new(OidcClaims.Name, person.Name),
            new(Tokens.SessionClaim, session),
            new(Tokens.RightsClaim, $"{person.Rights}", ClaimValueTypes.Integer64),
            .. grants.Where(grant => Grant.Holds(grant.Role, grant.Scope)).Select(grant => new Claim(Grant.Claim, grant.ToString())),
        ];

    /// <summary>Gives a right; one that is given already is brought up to date. Nobody gives themself one, or a later end.</summary>
    /// <param name="actor">Who gives it: a person, or "" for the node itself.</param>
    /// <param name="person">Who gets it.</param>
    /// <param name="grant">The right.</param>
    /// <param name="function">What the person does there.</param>
    /// <param name="until">Unix milliseconds; null for as long as nobody ends it.</param>
    /// <exception cref="Refusal">NOT_FOR_YOURSELF.</exception>
    public async Task<GrantRow> GiveAsync(string actor, string person, Grant grant, string function = "", long? until = null)
    {
        var delegation = grant.Role is Grant.Delegate or Grant.Referent;
        // One person has one seat in a delegation: a delegate who comes to lead it gives the other up, and a referent asks for none.
        var (now, other) = (
            Now,
            delegation
                ? await db.Grants.FindAsync(person, grant.Role == Grant.Delegate ? Grant.Referent : Grant.Delegate, grant.Scope)
                : null
        );
        var seated = other is not null && (other.Until is null || other.Until > now);
        if (seated && other!.Role == Grant.Referent)
        {
            return other;
        }
        var row = await db.Grants.FindAsync(person, grant.Role, grant.Scope);
        if (actor == person && !(row is not null && row.Family == grant.Family && (until ?? long.MaxValue) <= (row.Until ?? long.MaxValue)))
        {
            throw ForYourself();
        }
        if (row is null)
        {
            row = new GrantRow
            {
                Person = person,
                Role = grant.Role,
                Scope = grant.Scope,
                Since = seated ? other!.Since : now,
            };
            db.Grants.Add(row);
        }
        if (seated)
        {
            db.Grants.Remove(other!);
        }
        (row.Family, row.Function, row.Until) = (grant.Family, function, until);
        Note(actor, "grant given", person, grant.ToString());
        await SaveAsync(await CountRightsAsync(person));
        return row;
    }

    /// <summary>
    /// A delegate is the referent from now on, and the referent until now a delegate: in one transaction, so that somebody always leads.
    /// </summary>
    /// <param name="actor">Who says so.</param>
    /// <param name="person">A delegate of the territory.</param>
    /// <param name="territory">Whose delegation it is.</param>
    /// <returns>The right of the new referent; null when the person is no delegate there.</returns>
    public async Task<GrantRow?> PassLeadAsync(string actor, string person, string territory)
    {
        var rows = await db
            .Grants.Where(grant => grant.Scope == territory && (grant.Role == Grant.Referent || grant.Role == Grant.Delegate))
            .ToListAsync();
        var now = Now;
        var valid = rows.FindAll(row => row.Until is null || row.Until > now);
        if (valid.Find(row => row.Person == person && row.Role == Grant.Referent) is { } leads)
        {
            return leads;
        }
        if (valid.Find(row => row.Person == person) is not { } chosen)
        {
            return null;
        }
        if (actor == person)
        {
            throw ForYourself();
        }
        var before = valid.FindAll(row => row.Role == Grant.Referent);
        var lead = Become(chosen, Grant.Referent);
        before.ForEach(row => Become(row, Grant.Delegate));
        Note(actor, "lead passed", person, lead.Grant.ToString());
        var revoked = new List<RevocationRow>();
        foreach (var concerned in before.Select(row => row.Person).Append(person))
        {
            revoked.AddRange(await CountRightsAsync(concerned));
        }
        await SaveAsync([.. revoked]);
        return lead;

        // A right that ended under the other role gives its place.
        GrantRow Become(GrantRow row, string role)
        {
            var other = rows.Find(one => one.Person == row.Person && one.Role == role)
                ?? db.Grants.Add(
                    new GrantRow
                    {
                        Person = row.Person,
                        Role = role,
                        Scope = territory,
                        Since = row.Since,
                    }
                ).Entity;
            (other.Family, other.Function, other.Until) = (row.Family, row.Function, row.Until);
            db.Grants.Remove(row);
            return other;
        }
    }

    /// <summary>
    /// Ends a right; tells whether there was one. That of the last person who looks after the node does not end: of two who end each
    /// other's, one stays.
    /// </summary>
    public async Task<bool> EndAsync(string actor, string person, string role, string scope)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        if (role == Grant.Steward)
        {
            // Another who ends one waits here.
            await db.LockAsync(Grant.Steward);
        }
        if (
            await db.Grants.FindAsync(person, role, scope) is not { } row
            || (role == Grant.Steward && !await db.Grants.AnyAsync(grant => grant.Role == role && grant.Person != person))
        )
        {
            return false;
        }
        db.Grants.Remove(row);
        // What was to be told by this right is not told any more.
        await db
            .Notices.Where(notice =>
                notice.Person == person && notice.SentOn == NoticeRow.Waiting && (notice.Territory == scope || role == Grant.Facilitator)
            )
            .ExecuteDeleteAsync();
        Note(actor, "grant ended", person, row.Grant.ToString());
        var revoked = await CountRightsAsync(person);
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        await SaveAsync(revoked);
        return true;
    }

    /// <summary>Ends every right and every session of a person, programs included.</summary>
    public async Task EndAllAsync(string person)
    {
        db.Grants.RemoveRange(await db.Grants.Where(grant => grant.Person == person).ToListAsync());
        db.Sessions.RemoveRange(await db.Sessions.Where(session => session.Person == person).ToListAsync());
        db.PersonalTokens.RemoveRange(await db.PersonalTokens.Where(token => token.Person == person).ToListAsync());
        await SaveAsync(await CountRightsAsync(person));
    }

    /// <summary>Ends sessions of a person: one, or all but one.</summary>
    public async Task EndSessionsAsync(string person, Func<SessionRow, bool> which)
    {
        var ended = (await db.Sessions.Where(session => session.Person == person).ToListAsync()).Where(which).ToList();
        db.Sessions.RemoveRange(ended);
        await SaveAsync([.. ended.Select(session => Revoke(session: session.Id))]);
    }

    /// <summary>Takes back the access tokens that name this session or what stands for one, and saves what else changed.</summary>
    public Task TakeBackAsync(string session) => SaveAsync([Revoke(session: session)]);

    /// <summary>Writes a line of the audit trail, to be saved with what it tells.</summary>
    public void Note(string actor, string action, string subject, string detail) =>
        db.Audit.Add(
            new AuditRow
            {
                Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
                At = Now,
                Actor = actor,
                Action = action,
                Subject = subject,
                Detail = detail,
            }
        );

    /// <summary>What whoever decides on a right of their own is told.</summary>
    public static Refusal ForYourself() =>
        new(
            StatusCode.PermissionDenied,
            "NOT_FOR_YOURSELF",
            $"Personne ne se donne un droit ni ne prolonge le sien : une autre personne de la délégation peut le faire, ou la facilitation."
        );

    private async Task<RevocationRow[]> CountRightsAsync(string person)
    {
        var account = await db.Users.SingleAsync(account => account.Id == person);
        account.Rights++;
        return [Revoke(person, account.Rights)];
    }

    private RevocationRow Revoke(string person = "", long rights = 0, string session = "")
    {
        var row = new RevocationRow
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            Person = person,
            Rights = rights,
            Session = session,
            At = Now,
        };
        db.Revocations.Add(row);
        return row;
    }

    private async Task SaveAsync(RevocationRow[] revoked)
    {
        await db.SaveChangesAsync();
        foreach (var row in revoked)
        {
            log.Add(row);
        }
    }
}
