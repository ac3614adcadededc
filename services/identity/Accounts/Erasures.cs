using Fabrique.Storage;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// Has every service of the node erase what it keeps of those whose account is erased. Which services were asked is written in the
/// transaction that erases the account; each is asked until it has answered, however long it is away.
/// </summary>
internal sealed partial class Erasures(
    IDbContextFactory<IdentityDb> databases,
    DataHolders holders,
    TimeProvider clock,
    ILogger<Erasures> log
) : Recurring(TimeSpan.FromMinutes(1), clock, log)
{
    private const int BatchSize = 50;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);

    /// <summary>Adds what is to be asked, to be saved with the end of the account.</summary>
    public void Add(IdentityDb db, string request, Person person) =>
        db.Erasures.AddRange(
            holders.Names.Select(service => new ErasureRow
            {
                Request = request,
                Service = service,
                Person = person.Id,
                Email = EmailAddress.Show(person.Email!).ToLowerInvariant(),
            })
        );

    /// <summary>Asks the services that have not answered a request yet, whether or not it is their turn.</summary>
    public async Task AskAsync(string request, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var rows = await Open(db).Where(row => row.Request == request).ToListAsync(cancellation);
        await Task.WhenAll(rows.Select(row => AskAsync(row, cancellation)));
    }

    /// <summary>Asks those whose turn it is.</summary>
    internal async Task AskDueAsync(CancellationToken cancellation)
    {
        var now = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var due = await Open(db).Where(row => row.NextAt <= now).OrderBy(row => row.NextAt).Take(BatchSize).ToListAsync(cancellation);
        // A service that is away holds up no other.
        await Task.WhenAll(
            due.GroupBy(row => row.Service)
                .Select(async rows =>
                {
                    foreach (var row in rows)
                    {
                        await AskAsync(row, cancellation);
                    }
                })
        );
    }

    protected override Task RunAsync(CancellationToken cancellation) => AskDueAsync(cancellation);

    private async Task AskAsync(ErasureRow row, CancellationToken cancellation)
    {
        var answered = await HasErasedAsync(row, cancellation);
        var now = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var pause = TimeSpan.FromMinutes(Math.Min(LongestPause.TotalMinutes, Math.Pow(2, Math.Min(row.Attempts, 10))));
        await using var db = await databases.CreateDbContextAsync(cancellation);
        db.Attach(row);
        if (answered)
        {
            (row.Person, row.Email, row.AnsweredAt) = ("", "", now);
        }
        else
        {
            (row.NextAt, row.Attempts) = (now + (long)pause.TotalMilliseconds, row.Attempts + 1);
        }
        await db.SaveChangesAsync(cancellation);
    }

    private async Task<bool> HasErasedAsync(ErasureRow row, CancellationToken cancellation)
    {
        try
        {
            await holders
                .Client(row.Service)
                .EraseAsync(
                    new() { Person = row.Person, Email = row.Email },
                    deadline: Clock.GetUtcNow().UtcDateTime + Timeout,
                    cancellationToken: cancellation
                );
            return true;
        }
        catch (RpcException none) when (none.StatusCode == StatusCode.Unimplemented)
        {
            // It keeps nothing of anybody.
            return true;
        }
        catch (RpcException away) when (!cancellation.IsCancellationRequested)
        {
            LogLater(Log, row.Service, away.StatusCode);
            return false;
        }
    }

    private static IQueryable<ErasureRow> Open(IdentityDb db) => db.Erasures.AsNoTracking().Where(row => row.AnsweredAt == null);

    [LoggerMessage(LogLevel.Warning, "{Service} has not erased what it keeps of a person yet, and is asked again: {Status}")]
    private static partial void LogLater(ILogger log, string service, StatusCode status);
}
