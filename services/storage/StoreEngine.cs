using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;

namespace Fabrique.Storage;

/// <summary>
/// What differs between the databases that a service can have. One instance a process; it attends to its database while the service runs.
/// </summary>
public abstract class StoreEngine : BackgroundService
{
    private protected StoreEngine() { }

    /// <summary>Whether this process does what one alone does; of several replicas of a service one leads.</summary>
    public virtual bool Leads => true;

    public abstract void Configure(DbContextOptionsBuilder options);

    /// <summary>Makes the database ready to be asked: created if need be.</summary>
    public abstract Task PrepareAsync(DbContext db, CancellationToken cancellation);

    /// <summary>Inside a transaction: keeps every other process from setting up the database until the transaction ends.</summary>
    public virtual Task BeginSetupAsync(DbContext db, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>A numbered script in the words of this database.</summary>
    public virtual string Script(string sql) => sql;

    /// <summary>
    /// Makes room for tables that are derived from others, has them created, and drops those that no running version can need.
    /// </summary>
    /// <param name="db">Its model has <see cref="IndexRow"/>.</param>
    /// <param name="index">The tables to create; their names are noted in it.</param>
    /// <param name="create">Creates them.</param>
    public abstract Task CreateIndexAsync(DbContext db, IndexRow index, Func<Task> create, CancellationToken cancellation);

    /// <summary>
    /// Inside a transaction: the only row of a table, which no other writer has until the transaction ends. What is counted in it follows
    /// the order of the commits.
    /// </summary>
    public abstract Task<TRow> LockAsync<TRow>(DbContext db, CancellationToken cancellation)
        where TRow : class;

    /// <summary>Inside a transaction that others wait for: tells the other replicas when it is committed.</summary>
    public virtual Task AnnounceAsync(DbContext db, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Writes what the transaction changed.</summary>
    public virtual Task SaveAsync(DbContext db, CancellationToken cancellation) => db.SaveChangesAsync(cancellation);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
}

/// <summary>The tables derived for one version of an index, and how far they have come.</summary>
public sealed class IndexRow
{
    public required string Version { get; init; }

    /// <summary>Everything up to this sequence is in the index; less than the last one while it is built.</summary>
    public long Sequence { get; set; }
    public DateTime CreatedAt { get; init; }

    /// <summary>Names of the tables, separated by spaces, where the index has no schema of its own.</summary>
    public string Tables { get; set; } = "";
}
