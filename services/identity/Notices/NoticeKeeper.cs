using System.Globalization;
using Fabrique.Identity.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// Tells people by mail, each as they chose. Of one subject nobody reads twice a day, and nobody gets more than four such mails a day: what
/// comes on top waits for the next digest.
/// </summary>
internal sealed class NoticeKeeper(
    IdentityDb db,
    Mails mails,
    Links links,
    Places places,
    NodeSite site,
    IConfiguration configuration,
    TimeProvider clock
)
{
    /// <summary>On a day, beside the digest.</summary>
    private const int MostAlone = 3;
    private const int MostReaders = 200;
    private const int MostInDigest = 500;

    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private string Today => DayOf(clock.GetUtcNow());

    /// <summary>Those whom something concerns that is about a territory.</summary>
    /// <param name="audience">Who of them.</param>
    /// <param name="territory">Its code.</param>
    /// <param name="scopes">What else a grant can name for it.</param>
    /// <param name="cancellation">Stops asking.</param>
    public async Task<List<string>> ReadersAsync(
        NoticeAudience audience,
        string territory,
        IEnumerable<string> scopes,
        CancellationToken cancellation
    )
    {
        var now = Now;
        var grants = db.Grants.AsNoTracking().Where(grant => grant.Until == null || grant.Until > now);
        string[] facilitated = [Grant.Everywhere, territory, .. scopes];
        var facilitators = grants.Where(grant => grant.Role == Grant.Facilitator && facilitated.Contains(grant.Scope));
        var found = audience switch
        {
            NoticeAudience.Delegation => grants.Where(grant =>
                grant.Scope == territory && (grant.Role == Grant.Delegate || grant.Role == Grant.Referent)
            ),
            NoticeAudience.Referent => grants.Where(grant => grant.Scope == territory && grant.Role == Grant.Referent),
            _ => facilitators,
        };
        var readers = await found
            .Select(grant => grant.Person)
            .Distinct()
            .OrderBy(person => person)
            .Take(MostReaders)
            .ToListAsync(cancellation);
        return readers.Count > 0 || audience != NoticeAudience.Referent
            ? readers
            : await facilitators
                .Select(grant => grant.Person)
                .Distinct()
                .OrderBy(person => person)
                .Take(MostReaders)
                .ToListAsync(cancellation);
    }

    /// <summary>Tells it to these people, or keeps it for their digests. In the transaction under way where there is one.</summary>
    /// <param name="notice">What happened.</param>
    /// <param name="names">The names of the territories in its sentence, by code.</param>
    /// <param name="readers">Accounts.</param>
    public async Task KeepAsync(
        NoticeRow notice,
        IReadOnlyDictionary<string, string> names,
        IReadOnlyCollection<string> readers,
        CancellationToken cancellation
    )
    {
        if (readers.Count == 0)
        {
            return;
        }
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(cancellation) : null;
        // Who is told two things at once is told one after the other: what is counted below holds until the commit.
        await db.LockAsync(readers, cancellation);
        var people = await db.Users.AsNoTracking().Where(person => readers.Contains(person.Id)).ToListAsync(cancellation);
        var choices = await db
            .NoticeChoices.AsNoTracking()
            .Where(choice => readers.Contains(choice.Person) && choice.Topic == notice.Topic)
            .ToDictionaryAsync(choice => choice.Person, choice => choice.Pace, cancellation);
        var (today, usual) = (Today, NoticePace.Usual(NoticeTopics.Find(notice.Topic)));
        var known = (
            await db
                .Notices.Where(row =>
                    readers.Contains(row.Person) && (row.SentOn == today || (row.Topic == notice.Topic && row.Subject == notice.Subject))
                )
                .ToListAsync(cancellation)
        ).ToLookup(row => row.Person);
        foreach (var person in people)
        {
            Keep(notice, person, names, choices.GetValueOrDefault(person.Id, usual), [.. known[person.Id]]);
        }
        await db.SaveChangesAsync(cancellation);
        if (own is not null)
        {
            await own.CommitAsync(cancellation);
        }
    }

    private void Keep(NoticeRow notice, Person person, IReadOnlyDictionary<string, string> names, string pace, List<NoticeRow> known)
    {
        var same = known.Where(row => row.Topic == notice.Topic && row.Subject == notice.Subject).ToList();
        if (pace == NoticePace.Never || same.Exists(row => row.Event == notice.Event))
        {
            return;
        }
        if (same.Find(row => row.SentOn == NoticeRow.Waiting) is { } waiting)
        {
            if (notice.HappenedAt >= waiting.HappenedAt)
            {
                (waiting.Sentence, waiting.Path, waiting.Event, waiting.HappenedAt) = (
                    notice.Sentence,
                    notice.Path,
                    notice.Event,
                    notice.HappenedAt
                );
            }
            return;
        }
        var (now, today) = (clock.GetUtcNow(), Today);
        var toldToday = same.Exists(row => row.SentOn == today);
        var row = notice.To(person.Id, Guid.CreateVersion7(now).ToString(), NextDigest(now, tomorrow: toldToday));
        db.Notices.Add(row);
        if (
            pace == NoticePace.AtOnce
            && !toldToday
            && known.Where(sent => sent.SentOn == today).Select(sent => sent.Mail).Distinct().Count() < MostAlone
        )
        {
            (row.SentOn, row.Mail) = (today, Send(person, row.Topic, secret => NoticeTexts.Alone(row, person, names, site, secret)));
        }
    }

    /// <summary>Whom a digest waits for.</summary>
    public Task<List<string>> DueAsync(int most, CancellationToken cancellation)
    {
        var now = Now;
        return db
            .Notices.AsNoTracking()
            .Where(notice => notice.SentOn == NoticeRow.Waiting && notice.DueAt <= now)
            .Select(notice => notice.Person)
            .Distinct()
            .Take(most)
            .ToListAsync(cancellation);
    }

    /// <summary>Sends a person all that waits, in one mail.</summary>
    public async Task SendDigestAsync(string reader, CancellationToken cancellation)
    {
        var (now, today) = (Now, Today);
        // Nobody is asked anything while a transaction is open.
        var waiting = await db
            .Notices.AsNoTracking()
            .Where(notice => notice.Person == reader && notice.SentOn == NoticeRow.Waiting)
            .ToListAsync(cancellation);
        var names = await places.NamesAsync(waiting.SelectMany(NoticeTexts.Territories), cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.LockAsync([reader], cancellation);
        var due = await db
            .Notices.Where(notice => notice.Person == reader && notice.SentOn == NoticeRow.Waiting && notice.DueAt <= now)
            .OrderBy(notice => notice.HappenedAt)
            .ThenBy(notice => notice.Id)
            .Take(MostInDigest)
            .ToListAsync(cancellation);
        if (due.Count == 0)
        {
            return;
        }
        var person = await db.Users.AsNoTracking().SingleAsync(person => person.Id == reader, cancellation);
        var mail = Send(person, NoticeTexts.Digest, secret => NoticeTexts.Together(due, person, names, site, secret));
        due.ForEach(notice => (notice.SentOn, notice.Mail) = (today, mail));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>How soon a person reads of each topic.</summary>
    public async Task<Dictionary<string, string>> ChoicesAsync(string person, CancellationToken cancellation)
    {
        var chosen = await db
            .NoticeChoices.AsNoTracking()
            .Where(choice => choice.Person == person)
            .ToDictionaryAsync(choice => choice.Topic, choice => choice.Pace, cancellation);
        return NoticeTopics.All.ToDictionary(topic => topic.Name, topic => chosen.GetValueOrDefault(topic.Name, NoticePace.Usual(topic)));
    }

    /// <summary>Keeps what a person chose for some topics. What waits of one that ends is not sent any more.</summary>
    public async Task ChooseAsync(string person, IReadOnlyDictionary<string, string> paces, CancellationToken cancellation)
    {
        var known = await db.NoticeChoices.Where(choice => choice.Person == person).ToDictionaryAsync(choice => choice.Topic, cancellation);
        foreach (var (topic, pace) in paces)
        {
            if (known.TryGetValue(topic, out var choice))
            {
                choice.Pace = pace;
            }
            else
            {
                db.NoticeChoices.Add(
                    new NoticeChoiceRow
                    {
                        Person = person,
                        Topic = topic,
                        Pace = pace,
                    }
                );
            }
        }
        var ended = paces.Where(choice => choice.Value == NoticePace.Never).Select(choice => choice.Key).ToList();
        await db
            .Notices.Where(notice => notice.Person == person && notice.SentOn == NoticeRow.Waiting && ended.Contains(notice.Topic))
            .ExecuteDeleteAsync(cancellation);
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>Does what a link in a mail promised: ends a topic, or all that the digest brings.</summary>
    public async Task EndAsync(Person person, string function, CancellationToken cancellation)
    {
        var ended = (await ChoicesAsync(person.Id, cancellation)).Where(choice =>
            choice.Key == function || (function == NoticeTexts.Digest && choice.Value == NoticePace.Daily)
        );
        await ChooseAsync(person.Id, ended.ToDictionary(choice => choice.Key, _ => NoticePace.Never), cancellation);
    }

    /// <summary>The day in the time zone of the network, by which mails are counted.</summary>
    public static string DayOf(DateTimeOffset moment) => DateOf(moment).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <inheritdoc cref="DayOf"/>
    public static DateOnly DateOf(DateTimeOffset moment) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, Paris).DateTime);

    /// <summary>When the next digest leaves: at the hour of the setting <c>Mail:DigestHour</c>, 7 unless it says otherwise.</summary>
    private long NextDigest(DateTimeOffset now, bool tomorrow)
    {
        var local = TimeZoneInfo.ConvertTime(now, Paris);
        var digest = local.Date.AddHours(Math.Clamp(configuration.GetValue("Mail:DigestHour", 7), 0, 23));
        digest = tomorrow || digest <= local.DateTime ? digest.AddDays(1) : digest;
        return new DateTimeOffset(digest, Paris.GetUtcOffset(digest)).ToUnixTimeMilliseconds();
    }

    private string Send(Person person, string function, Func<string, Letter> write)
    {
        var (_, secret) = links.Add(Links.Unsubscribe, person.Email!, function: function);
        return mails.Add(person, () => write(secret)).Id;
    }
}
