using Fabrique.Identity.V1;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>What one account may ask of others, and that a delegation hears of what is decided without it.</summary>
internal sealed partial class IdentityGrpc
{
    private const int InvitationsADay = 30;
    private const int OpenForOneAddress = 5;
    private const int OpenRequests = 5;
    private const int RequestsADay = 10;

    private long Yesterday => (clock.GetUtcNow() - TimeSpan.FromDays(1)).ToUnixTimeMilliseconds();

    /// <summary>Refuses an invitation that is there already, that is for somebody who is there already, and one too many.</summary>
    /// <param name="email">In its one form.</param>
    private async Task BoundInvitationsAsync(string email, Grant grant, ServerCallContext context)
    {
        var (now, caller, key, address) = (Now, Caller(context), people.NormalizeEmail(email), EmailAddress.Key(email));
        var seats = grant.Role is Grant.Delegate or Grant.Referent ? new[] { Grant.Delegate, Grant.Referent } : [grant.Role];
        var there = await (
            from held in db.Grants.AsNoTracking()
            join person in db.Users on held.Person equals person.Id
            where person.NormalizedEmail == key
            where held.Scope == grant.Scope && seats.Contains(held.Role) && (held.Until == null || held.Until > now)
            select held.Person
        ).FirstOrDefaultAsync(context.CancellationToken);
        if (there is not null)
        {
            throw there == caller
                ? RightsKeeper.ForYourself()
                : Refusal.Invalid("email", $"La personne qui a cette adresse a déjà ce droit : il n’y a rien à lui envoyer.");
        }
        var open = await db
            .Links.AsNoTracking()
            .Where(link => link.Purpose == Links.Invitation && link.Email == address && link.ExpiresAt > now)
            .Select(link => new { link.Scope, link.Role })
            .ToListAsync(context.CancellationToken);
        if (open.Exists(link => link.Scope == grant.Scope && seats.Contains(link.Role)))
        {
            throw Refusal.Invalid(
                "email",
                $"Cette adresse est déjà invitée : l’invitation attend sa réponse. Pour en envoyer une autre, retirez d’abord celle-là."
            );
        }
        var sent = await db
            .Audit.Where(entry => entry.Actor == caller && entry.Action == Inviters.Invited && entry.At > Yesterday)
            .CountAsync(context.CancellationToken);
        if (open.Count >= OpenForOneAddress || (caller.Length > 0 && sent >= InvitationsADay))
        {
            throw new Refusal(
                StatusCode.ResourceExhausted,
                "TOO_MANY",
                $"Trop d’invitations sont parties aujourd’hui, de vous ou vers cette adresse : reprenez demain."
            );
        }
    }

    private async Task BoundRequestsAsync(string person, CancellationToken cancellation)
    {
        var mine = db.JoinRequests.Where(row => row.Person == person);
        if (await mine.CountAsync(row => row.Status == JoinRow.Open, cancellation) >= OpenRequests)
        {
            throw new Refusal(
                StatusCode.ResourceExhausted,
                "TOO_MANY",
                $"Vous avez déjà {OpenRequests} demandes sans réponse : attendez celle de l’une d’elles."
            );
        }
        if (await mine.CountAsync(row => row.AskedAt > Yesterday, cancellation) >= RequestsADay)
        {
            throw new Refusal(
                StatusCode.ResourceExhausted,
                "TOO_MANY",
                $"Vous avez fait {RequestsADay} demandes aujourd’hui : reprenez demain."
            );
        }
    }

    /// <summary>Tells a delegation of somebody who comes to it by a decision that none of its members took.</summary>
    /// <param name="grant">What was given or promised.</param>
    /// <param name="newcomer">Who is not told: that person knows.</param>
    /// <param name="sentence">What happened.</param>
    private async Task TellDelegationAsync(Grant grant, string newcomer, NoticeSentence sentence, ServerCallContext context)
    {
        if (grant.Role is not (Grant.Delegate or Grant.Referent))
        {
            return;
        }
        var readers = await notices.ReadersAsync(NoticeAudience.Delegation, grant.Scope, [], context.CancellationToken);
        if (readers.Contains(Caller(context)))
        {
            return;
        }
        await notices.KeepAsync(
            new NoticeRow
            {
                Id = "",
                Topic = NoticeTopics.Delegation.Name,
                Subject = grant.Scope,
                Territory = grant.Scope,
                Sentence = NoticeTexts.Kept(sentence),
                Path = NoticeTarget.Of(Membership.Descriptor, grant.Scope).Path!,
                Event = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
                HappenedAt = Now,
            },
            await places.NamesAsync([grant.Scope], context.CancellationToken),
            [.. readers.Where(reader => reader != newcomer)],
            context.CancellationToken
        );
    }
}
