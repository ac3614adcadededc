using System.Security.Claims;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// Tokens with which programs act for a person: a part of what the person may do, for a time. What a token may do is looked up each time it
/// is traded: it never outlives the right it was made from.
/// </summary>
internal sealed class PersonalTokens(IdentityDb db, RightsKeeper rights, Mails mails, NodeSite site, TimeProvider clock)
{
    /// <summary>How many a person has at once.</summary>
    public const int Most = 20;

    /// <summary>How long a token may live, in days.</summary>
    public static readonly IReadOnlyList<int> Days = [30, 90, 365];

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// What a right becomes in the hands of a program; null for those that are not lent. A program writes and reads; it invites and removes
    /// nobody, and shows no second factor.
    /// </summary>
    public static Grant? Lent(Grant grant) =>
        grant.Role switch
        {
            Grant.Delegate or Grant.Referent => grant with { Role = Grant.Delegate },
            Grant.Observer => grant,
            _ => null,
        };

    /// <summary>What the person can lend now.</summary>
    public async Task<List<Grant>> LendableAsync(string person) =>
        [.. (await rights.GrantsAsync(person)).Select(row => Lent(row.Grant)).OfType<Grant>().DistinctBy(Key)];

    /// <summary>The tokens of a person, the newest first.</summary>
    public Task<List<PersonalTokenRow>> ListAsync(string person) =>
        db
            .PersonalTokens.AsNoTracking()
            .Where(token => token.Person == person)
            .OrderByDescending(token => token.CreatedAt)
            .Take(Most)
            .ToListAsync();

    /// <summary>How many programs can still act for a person.</summary>
    public Task<int> CountAsync(string person)
    {
        var now = Now;
        return db.PersonalTokens.CountAsync(token => token.Person == person && token.ExpiresAt > now);
    }

    /// <summary>Makes one, and tells the person by mail.</summary>
    /// <param name="person">Whose.</param>
    /// <param name="request">Drawn with the form: a second click makes no second token.</param>
    /// <param name="name">What the person calls the program.</param>
    /// <param name="grants">Among <see cref="LendableAsync"/>.</param>
    /// <param name="writes">Whether it may change anything.</param>
    /// <param name="days">One of <see cref="Days"/>.</param>
    /// <returns>The token, which cannot be read again; null when the same form made one a while ago.</returns>
    public Task<string?> MakeAsync(Person person, Guid request, string name, IReadOnlyList<Grant> grants, bool writes, int days) =>
        SecondClick.OnceAsync(db, async () =>
        {
            var (id, secret) = (SecondClick.IdOf(person.Id, request).ToString(), ProgramSecret.New(ProgramSecret.Personal));
            if (await db.PersonalTokens.SingleOrDefaultAsync(token => token.Id == id) is { } made)
            {
                if (SecondClick.IsLate(made.CreatedAt, Now))
                {
                    return null;
                }
                made.Hash = ProgramSecret.Hash(secret);
                await db.SaveChangesAsync();
                return secret;
            }
            if (await db.Revocations.AnyAsync(ended => ended.Session == id))
            {
                // Made, and taken back since: what bears this name is refused everywhere.
                return null;
            }
            var token = new PersonalTokenRow
            {
                Id = id,
                Hash = ProgramSecret.Hash(secret),
                Person = person.Id,
                Name = name,
                Grants = string.Join(' ', grants.Select(Key)),
                Writes = writes,
                CreatedAt = Now,
                ExpiresAt = clock.GetUtcNow().AddDays(days).ToUnixTimeMilliseconds(),
            };
            db.PersonalTokens.Add(token);
            rights.Note(person.Id, "token made", person.Id, ProgramWords.ForTrail(token.Grants, token.Writes));
            mails.Add(person, () =>
                new Letter(
                    T["Un programme peut agir à votre place"],
                    T["Bonjour {0},", person.Name],
                    T[
                        "Un jeton nommé « {0} » vient d’être fait avec votre compte. Le programme qui l’a agit en votre nom pendant {1} jours.",
                        name,
                        days
                    ],
                    T["Si ce n’est pas vous, retirez-le sur cette page, puis changez votre mot de passe."],
                    site.Page(Pages.Tokens)
                )
            );
            await db.SaveChangesAsync();
            return secret;
        });

    /// <summary>Ends a token of this person, everywhere at once.</summary>
    public async Task EndAsync(string person, string id)
    {
        if (await db.PersonalTokens.SingleOrDefaultAsync(token => token.Person == person && token.Id == id) is { } token)
        {
            db.PersonalTokens.Remove(token);
            rights.Note(person, "token ended", person, ProgramWords.ForTrail(token.Grants, token.Writes));
            await rights.TakeBackAsync(token.Id);
        }
    }

    /// <summary>
    /// The claims of an access token for the bearer of this personal token, and until when it may last; null when there is no such token,
    /// or its time is over.
    /// </summary>
    public async Task<(IEnumerable<Claim> Claims, DateTimeOffset Until)?> TradeAsync(string secret)
    {
        var (hash, now) = (ProgramSecret.Hash(secret), Now);
        if (await db.PersonalTokens.SingleOrDefaultAsync(token => token.Hash == hash && token.ExpiresAt > now) is not { } token)
        {
            return null;
        }
        var person = await db.Users.AsNoTracking().SingleAsync(person => person.Id == token.Person);
        var asked = token.Grants.Split(' ').ToHashSet();
        var claims = RightsKeeper.Claims(person, token.Id, (await LendableAsync(person.Id)).Where(grant => asked.Contains(Key(grant))));
        // The day, and no more: when exactly a program works is nobody's business.
        if (token.UsedOn != ProgramWords.Today(clock))
        {
            token.UsedOn = ProgramWords.Today(clock);
            await db.SaveChangesAsync();
        }
        return (token.Writes ? claims : claims.Append(Tokens.ReadsOnly), DateTimeOffset.FromUnixTimeMilliseconds(token.ExpiresAt));
    }

    /// <summary>What a right is recognised by, whatever the family.</summary>
    public static string Key(Grant grant) => (grant with { Family = "" }).ToString();
}
