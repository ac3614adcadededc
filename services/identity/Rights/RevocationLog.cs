using System.Runtime.CompilerServices;
using Fabrique.Identity.V1;
using Fabrique.Storage;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// What was taken back in the last minutes, for the services that listen: from the beginning of those minutes, then as it happens.
/// </summary>
internal sealed class RevocationLog(IDbContextFactory<IdentityDb> databases, Revocations own, TimeProvider clock)
{
    private readonly Lock _adding = new();
    private readonly RecordSignal _signal = new(clock);
    private List<(long At, WatchRevocationsResponse Revoked)> _entries = [];

    /// <summary>Older ones say nothing any more: every token they are about has ended.</summary>
    public long Oldest => (clock.GetUtcNow() - (2 * Revocations.TokenLife)).ToUnixTimeMilliseconds();

    /// <summary>Reads those that an earlier run of this process wrote.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var oldest = Oldest;
        foreach (
            var row in await db.Revocations.AsNoTracking().Where(row => row.At > oldest).OrderBy(row => row.At).ToListAsync(cancellation)
        )
        {
            Add(row);
        }
    }

    /// <summary>Tells of one that was committed.</summary>
    public void Add(RevocationRow row)
    {
        var revoked = new WatchRevocationsResponse
        {
            Person = row.Person,
            Rights = row.Rights,
            Session = row.Session,
        };
        own.Add(revoked);
        lock (_adding)
        {
            // A new list, so that readers go on with theirs.
            var oldest = Oldest;
            _entries = [.. _entries.Where(entry => entry.At > oldest), (row.At, revoked)];
        }
        _signal.Set();
    }

    /// <summary>All of them, and those to come.</summary>
    public async IAsyncEnumerable<WatchRevocationsResponse> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        HashSet<WatchRevocationsResponse> told = new(ReferenceEqualityComparer.Instance);
        while (true)
        {
            var next = _signal.Next;
            var entries = Volatile.Read(ref _entries);
            foreach (var (_, revoked) in entries)
            {
                if (told.Add(revoked))
                {
                    yield return revoked;
                }
            }
            told.IntersectWith(entries.Select(entry => entry.Revoked));
            await next.WaitAsync(cancellation);
        }
    }
}
