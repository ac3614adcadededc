using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Antiforgery;
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
    IOpenIddictTokenManager tokens,
    IOpenIddictAuthorizationManager authorizations,
    TimeProvider clock
)
{
    private const int AtOnce = 100;

    /// <summary>Everything kept of a person, as JSON. Hashes of passwords and keys of second factors are not told: they would help nobody but a thief.</summary>
    public async Task<JsonObject> TellAsync(Person person)
    {
        var address = person.Email!.ToLowerInvariant();
        var grants = await db.Grants.AsNoTracking().Where(grant => grant.Person == person.Id).ToListAsync();
        var sessions = await db.Sessions.AsNoTracking().Where(session => session.Person == person.Id).ToListAsync();
        var requests = await db.JoinRequests.AsNoTracking().Where(request => request.Person == person.Id).ToListAsync();
        var links = await db.Links.AsNoTracking().Where(link => link.Email == person.Email || link.Email == address).ToListAsync();
        var programs = await db.PersonalTokens.AsNoTracking().Where(token => token.Person == person.Id).ToListAsync();
        var waiting = await db.Mails.AsNoTracking().Where(mail => mail.Recipient == person.Email).ToListAsync();
        var (notices, choices) = (
            await db.Notices.AsNoTracking().Where(notice => notice.Person == person.Id).OrderBy(notice => notice.HappenedAt).ToListAsync(),
            await db.NoticeChoices.AsNoTracking().Where(choice => choice.Person == person.Id).ToListAsync()
        );
        var trail = await db
            .Audit.AsNoTracking()
            .Where(entry => entry.Actor == person.Id || entry.Subject == person.Id)
            .OrderBy(entry => entry.At)
            .ToListAsync();
        var (keys, logins) = (await people.GetPasskeysAsync(person), await people.GetLoginsAsync(person));
        var counting = await db
            .UserTokens.AsNoTracking()
            .Where(token => token.UserId == person.Id && token.Name == WaysIn.SecondFactor)
            .Select(token => token.Value)
            .ToListAsync();
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
            ["links"] = List(links, link => new() { ["purpose"] = link.Purpose, ["expiresAt"] = Moment(link.ExpiresAt) }),
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
                    ["title"] = notice.Title,
                    ["state"] = notice.State,
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
        };

        static JsonArray List<T>(IEnumerable<T> rows, Func<T, JsonObject> tell) => [.. rows.Select(tell)];
    }

    /// <summary>Erases a person: rights and sessions end at once, what was written about them goes, the trail keeps what was done without who.</summary>
    /// <param name="person">Who asked for it, or did not come for two years.</param>
    /// <returns>False, and nothing is changed, when nobody else would look after the node.</returns>
    public async Task<bool> EraseAsync(Person person)
    {
        if (await IsLastStewardAsync(person.Id))
        {
            return false;
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
        var address = person.Email!.ToLowerInvariant();
        await db.Links.Where(link => link.Email == person.Email || link.Email == address).ExecuteDeleteAsync();
        await db.Mails.Where(mail => mail.Recipient == person.Email).ExecuteDeleteAsync();
        await db.Audit.Where(entry => entry.Actor == person.Id).ExecuteUpdateAsync(row => row.SetProperty(entry => entry.Actor, ""));
        await db.Audit.Where(entry => entry.Subject == person.Id).ExecuteUpdateAsync(row => row.SetProperty(entry => entry.Subject, ""));
        rights.Note("", "account erased", "", "");
        mails.Add(person, () =>
            new Letter(
                T["Votre compte est effacé"],
                T["Bonjour,"],
                T[
                    "Votre compte, vos droits et ce qui était écrit de vous ici sont effacés. Les textes publiés par votre territoire restent les siens."
                ],
                T["Ce message est le dernier ; son adresse disparaît d’ici avec lui."]
            )
        );
        await people.DeleteAsync(person);
        await db.SaveChangesAsync();
        return true;
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

/// <summary>What is kept of a person as a file: asked by a form, for a copy is made only when somebody wants one.</summary>
internal static class AccountFile
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void MapAccountFile(this WebApplication app) =>
        app.MapPost(
            Pages.Data + "/copie",
            async (HttpContext http, IAntiforgery antiforgery, UserManager<Person> people, AccountLife life) =>
            {
                if (!await antiforgery.IsRequestValidAsync(http))
                {
                    return Results.BadRequest();
                }
                if (await people.GetUserAsync(http.User) is not { } person)
                {
                    return Results.Redirect(Pages.With(Pages.SignIn, To(Pages.Data)));
                }
                http.Response.Headers.CacheControl = "no-store, private";
                return Results.File(
                    System.Text.Encoding.UTF8.GetBytes((await life.TellAsync(person)).ToJsonString(Readable)),
                    "application/json",
                    "fabrique-mes-donnees.json"
                );
            }
        );
}
