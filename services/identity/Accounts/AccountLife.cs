using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;

namespace Fabrique.Identity;

/// <summary>What is kept of a person: told whole, erased whole, and erased by itself when nobody comes any more.</summary>
internal sealed class AccountLife(
    IdentityDb db,
    UserManager<Person> people,
    RightsKeeper rights,
    Mails mails,
    NodeSite site,
    PersonalCopy copy,
    Erasures erasures,
    IOpenIddictTokenManager tokens,
    IOpenIddictAuthorizationManager authorizations,
    TimeProvider clock
)
{
    private const int AtOnce = 100;

    /// <summary>
    /// Everything the node keeps of a person, as JSON, with the names of the services that did not answer. Hashes of passwords and keys of
    /// second factors are not told: they would help nobody but a thief.
    /// </summary>
    public async Task<JsonObject> TellAsync(Person person, CancellationToken cancellation)
    {
        var elsewhere = await copy.TellAsync(person, cancellation);
        var address = EmailAddress.Key(person.Email);
        var grants = await db.Grants.AsNoTracking().Where(grant => grant.Person == person.Id).ToListAsync(cancellation);
        var sessions = await db.Sessions.AsNoTracking().Where(session => session.Person == person.Id).ToListAsync(cancellation);
        var requests = await db.JoinRequests.AsNoTracking().Where(request => request.Person == person.Id).ToListAsync(cancellation);
        var links = await db
            .Links.AsNoTracking()
            .Where(link => link.Email == address || link.Person == person.Id)
            .ToListAsync(cancellation);
        var programs = await db.PersonalTokens.AsNoTracking().Where(token => token.Person == person.Id).ToListAsync(cancellation);
        var waiting = await db
            .Mails.AsNoTracking()
            .Where(mail => (mail.Recipient == address || mail.Recipient == person.Email))
            .ToListAsync(cancellation);
        var (notices, choices) = (
            await db
                .Notices.AsNoTracking()
                .Where(notice => notice.Person == person.Id)
                .OrderBy(notice => notice.HappenedAt)
                .ToListAsync(cancellation),
            await db.NoticeChoices.AsNoTracking().Where(choice => choice.Person == person.Id).ToListAsync(cancellation)
        );
        var trail = await db
            .Audit.AsNoTracking()
            .Where(entry => entry.Actor == person.Id || entry.Subject == person.Id)
            .OrderBy(entry => entry.At)
            .ToListAsync(cancellation);
        var (keys, logins) = (await people.GetPasskeysAsync(person), await people.GetLoginsAsync(person));
        var counting = await db
            .UserTokens.AsNoTracking()
            .Where(token => token.UserId == person.Id && token.Name == WaysIn.SecondFactor)
            .Select(token => token.Value)
            .ToListAsync(cancellation);
        return new JsonObject
        {
            ["account"] = new JsonObject
            {
                ["id"] = person.Id,
                ["email"] = person.Email,
                ["name"] = person.Name,
                ["language"] = person.Language,
                ["secondFactor"] = person.TwoFactorEnabled,
                ["employer"] = person.Siren,
                ["createdAt"] = Moment(person.CreatedAt),
                ["seenAt"] = Moment(person.SeenAt),
            },
            ["passkeys"] = List(keys, key => new() { ["name"] = key.Name, ["createdAt"] = Moment(key.CreatedAt.ToUnixTimeMilliseconds()) }),
            ["identities"] = List(logins, login => new()
                {
                    ["provider"] = login.LoginProvider,
                    ["subject"] = login.ProviderKey,
                    ["secondFactor"] = counting.Contains(login.ProviderKey),
                }),
            ["grants"] = List(grants, grant => new()
                {
                    ["grant"] = grant.Grant.ToString(),
                    ["function"] = grant.Function,
                    ["since"] = Moment(grant.Since),
                    ["until"] = grant.Until is { } until ? Moment(until) : null,
                }),
            ["sessions"] = List(sessions, session => new()
                {
                    ["browser"] = session.Browser,
                    ["createdAt"] = Moment(session.CreatedAt),
                    ["seenAt"] = Moment(session.SeenAt),
                    ["endsAt"] = session.EndsAt is { } ends ? Moment(ends) : null,
                }),
            ["requests"] = List(requests, request => new()
                {
                    ["territory"] = request.Territory,
                    ["family"] = request.Family,
                    ["function"] = request.Function,
                    ["proof"] = request.Proof,
                    ["status"] = request.Status,
                    ["reason"] = request.Reason,
                    ["askedAt"] = Moment(request.AskedAt),
                }),
            ["links"] = List(links, link => new()
                {
                    ["purpose"] = link.Purpose,
                    ["email"] = link.Email,
                    ["grant"] = link.Role.Length > 0 ? new Grant(link.Role, link.Scope, link.Family).ToString() : null,
                    ["function"] = link.Function,
                    ["expiresAt"] = Moment(link.ExpiresAt),
                }),
            ["tokens"] = List(programs, token => new()
                {
                    ["name"] = token.Name,
                    ["grants"] = token.Grants,
                    ["writes"] = token.Writes,
                    ["createdAt"] = Moment(token.CreatedAt),
                    ["expiresAt"] = Moment(token.ExpiresAt),
                    ["usedOn"] = token.UsedOn,
                }),
            ["mails"] = List(waiting, mail => new() { ["subject"] = mail.Subject, ["text"] = mail.Text }),
            ["notices"] = List(notices, notice => new()
                {
                    ["topic"] = notice.Topic,
                    ["territory"] = notice.Territory,
                    ["sentence"] = NoticeTexts.Sentence(notice, new Dictionary<string, string>()),
                    ["happenedAt"] = Moment(notice.HappenedAt),
                    ["sentOn"] = notice.SentOn,
                }),
            ["noticeChoices"] = List(choices, choice => new() { ["topic"] = choice.Topic, ["pace"] = choice.Pace }),
            ["audit"] = List(trail, entry => new()
                {
                    ["at"] = Moment(entry.At),
                    ["action"] = entry.Action,
                    ["detail"] = entry.Detail,
                    ["byYou"] = entry.Actor == person.Id,
                }),
            ["services"] = new JsonObject(
                elsewhere.Where(told => told.Value is not null).Select(told => KeyValuePair.Create(told.Key, (JsonNode?)told.Value))
            ),
            ["unanswered"] = new JsonArray([.. elsewhere.Where(told => told.Value is null).Select(told => JsonValue.Create(told.Key))]),
        };

        static JsonArray List<T>(IEnumerable<T> rows, Func<T, JsonObject> tell) => [.. rows.Select(tell)];
    }

    /// <summary>
    /// Erases a person: rights and sessions end at once, what was written about them goes, the trail keeps what was done without who.
    /// </summary>
    /// <param name="person">Who asked for it, or did not come for two years.</param>
    /// <returns>Names the page that shows which services have erased too; null, and nothing is changed, for the last steward of the
    /// node.</returns>
    public async Task<string?> EraseAsync(Person person)
    {
        if (await IsLastStewardAsync(person.Id))
        {
            return null;
        }
        await rights.EndAllAsync(person.Id);
        await foreach (var token in tokens.FindBySubjectAsync(person.Id))
        {
            await tokens.DeleteAsync(token);
        }
        await foreach (var authorization in authorizations.FindBySubjectAsync(person.Id))
        {
            await authorizations.DeleteAsync(authorization);
        }
        var address = EmailAddress.Key(person.Email);
        await db.Links.Where(link => link.Email == address || link.Person == person.Id).ExecuteDeleteAsync();
        await db.Mails.Where(mail => (mail.Recipient == address || mail.Recipient == person.Email)).ExecuteDeleteAsync();
        await db.Audit.Where(entry => entry.Actor == person.Id).ExecuteUpdateAsync(row => row.SetProperty(entry => entry.Actor, ""));
        await db.Audit.Where(entry => entry.Subject == person.Id).ExecuteUpdateAsync(row => row.SetProperty(entry => entry.Subject, ""));
        rights.Note("", "account erased", "", "");
        var request = RandomNumberGenerator.GetHexString(32, lowercase: true);
        erasures.Add(db, request, person);
        mails.Add(person, () =>
            new Letter(
                T["Votre compte est effacé"],
                T["Bonjour,"],
                T[
                    "Votre compte, vos droits et ce qui était écrit de vous ici sont effacés. Les textes publiés par votre territoire restent les siens."
                ],
                T["Où en est l’effacement dans chaque service :"],
                site.Page(Pages.Erasure + request),
                T["Ce message est le dernier ; son adresse disparaît d’ici avec lui."]
            )
        );
        await people.DeleteAsync(person);
        await db.SaveChangesAsync();
        return request;
    }

    public async Task<bool> IsLastStewardAsync(string person) =>
        await db.Grants.AnyAsync(grant => grant.Role == Grant.Steward && grant.Person == person)
        && !await db.Grants.AnyAsync(grant => grant.Role == Grant.Steward && grant.Person != person);

    /// <summary>Tells those who did not come for two years, and erases those who were told a month ago and still did not come.</summary>
    public async Task ForgetInactiveAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (seen, told) = (
            (now - Purposes.Accounts.Kept!.Value).ToUnixTimeMilliseconds(),
            (now - Purposes.Notice).ToUnixTimeMilliseconds()
        );
        foreach (
            var person in await db
                .Users.Where(person => person.SeenAt < seen && person.WarnedAt > person.SeenAt && person.WarnedAt < told)
                .Take(AtOnce)
                .ToListAsync(cancellation)
        )
        {
            await EraseAsync(person);
        }
        foreach (
            var person in await db
                .Users.Where(person => person.SeenAt < seen && person.WarnedAt <= person.SeenAt)
                .Take(AtOnce)
                .ToListAsync(cancellation)
        )
        {
            person.WarnedAt = now.ToUnixTimeMilliseconds();
            mails.Add(person, () =>
                new Letter(
                    T["Votre compte va être effacé"],
                    T["Bonjour {0},", person.Name],
                    T["Vous ne vous êtes pas connecté·e depuis deux ans. Sans nouvelles de vous, votre compte sera effacé dans un mois."],
                    T["Pour le garder, il suffit de vous connecter une fois :"],
                    site.Page(Pages.SignIn)
                )
            );
        }
        await db.SaveChangesAsync(cancellation);
    }

    private static string Moment(long milliseconds) =>
        DateTimeOffset
            .FromUnixTimeMilliseconds(milliseconds)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
