using System.Globalization;
using Fabrique.Identity.V1;
using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>Each minute: sends the digests whose hour has come, and looks for mandates that end.</summary>
internal sealed partial class NoticePost(IServiceScopeFactory scopes, TimeProvider clock, ILogger<NoticePost> log) : BackgroundService
{
    private const int AtOnce = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>How long before a mandate ends people are told.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await TellMandatesAsync(stoppingToken);
                await SendDigestsAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogLater(error);
            }
        }
    }

    internal async Task SendDigestsAsync(CancellationToken cancellation)
    {
        await using var asking = scopes.CreateAsyncScope();
        var due = await asking.ServiceProvider.GetRequiredService<NoticeKeeper>().DueAsync(AtOnce, cancellation);
        foreach (var person in due)
        {
            // Each has a context of its own: what one of them meets is not the others' affair.
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<NoticeKeeper>().SendDigestAsync(person, cancellation);
        }
    }

    /// <summary>Tells, once, those whose mandate ends within a month, and the referent of their delegation.</summary>
    internal async Task TellMandatesAsync(CancellationToken cancellation)
    {
        await using var asking = scopes.CreateAsyncScope();
        var (now, soon) = (clock.GetUtcNow().ToUnixTimeMilliseconds(), (clock.GetUtcNow() + Ahead).ToUnixTimeMilliseconds());
        var ending = await (
            from grant in asking.ServiceProvider.GetRequiredService<IdentityDb>().Grants.AsNoTracking()
            where
                grant.Until > now
                && grant.Until <= soon
                && grant.EndTold != grant.Until
                && (grant.Role == Grant.Delegate || grant.Role == Grant.Referent)
            select grant
        )
            .Take(AtOnce)
            .ToListAsync(cancellation);
        foreach (var grant in ending)
        {
            await using var scope = scopes.CreateAsyncScope();
            await TellAsync(scope.ServiceProvider, grant, now, cancellation);
        }
    }

    private static async Task TellAsync(IServiceProvider services, GrantRow grant, long now, CancellationToken cancellation)
    {
        var (db, notices) = (services.GetRequiredService<IdentityDb>(), services.GetRequiredService<NoticeKeeper>());
        var name = await db.Users.Where(person => person.Id == grant.Person).Select(person => person.Name).SingleAsync(cancellation);
        var leads = await notices.ReadersAsync(NoticeAudience.Referent, grant.Scope, [], cancellation);
        var names = await services.GetRequiredService<Places>().NamesAsync([grant.Scope], cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (
            await db
                .Grants.Where(row =>
                    row.Person == grant.Person
                    && row.Role == grant.Role
                    && row.Scope == grant.Scope
                    && row.Until == grant.Until
                    && row.EndTold != grant.Until
                )
                .ExecuteUpdateAsync(row => row.SetProperty(told => told.EndTold, grant.Until!.Value), cancellation) == 0
        )
        {
            return;
        }
        var (territory, day) = (
            new TerritoryName(grant.Scope),
            NoticeKeeper.DateOf(DateTimeOffset.FromUnixTimeMilliseconds(grant.Until!.Value))
        );
        var own = NoticeSentence.Saying($"Votre mandat pour {territory} prend fin le {day}. C’est le moment de préparer la relève.");
        await notices.KeepAsync(Notice(own), names, [grant.Person], cancellation);
        var another = NoticeSentence.Saying($"Le mandat de {name} pour {territory} prend fin le {day}.");
        await notices.KeepAsync(Notice(another), names, [.. leads.Where(reader => reader != grant.Person)], cancellation);
        await transaction.CommitAsync(cancellation);

        NoticeRow Notice(NoticeSentence sentence) =>
            new()
            {
                Id = "",
                Topic = NoticeTopics.MandateEnd.Name,
                Subject = $"{grant.Role}:{grant.Scope}:{grant.Person}",
                Territory = grant.Scope,
                Sentence = NoticeTexts.Kept(sentence),
                Path = NoticeTarget.Of(Membership.Descriptor, grant.Scope).Path!,
                Event = string.Create(CultureInfo.InvariantCulture, $"mandate:{grant.Role}:{grant.Scope}:{grant.Until}"),
                HappenedAt = now,
            };
    }

    [LoggerMessage(LogLevel.Error, "Notices are not sent yet; tried again in a minute")]
    private partial void LogLater(Exception error);
}
