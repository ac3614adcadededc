using Fabrique.Records.V1;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Records;

/// <summary>
/// A service's database. The tables here are the truth and evolve by the numbered scripts of <c>Schema</c>; those of the parts of its index
/// are created from the model and rebuilt from the records when their version changes.
/// </summary>
public abstract class RecordsDb(DbContextOptions options) : DbContext(options)
{
    private readonly IServiceProvider? _services = options.FindExtension<CoreOptionsExtension>()?.ApplicationServiceProvider;

    internal DbSet<StoreRow> Store => Set<StoreRow>();
    internal DbSet<IndexRow> Indexes => Set<IndexRow>();
    internal DbSet<RecordRow> Records => Set<RecordRow>();
    internal DbSet<HistoryRow> History => Set<HistoryRow>();
    internal DbSet<CursorRow> Cursors => Set<CursorRow>();
    internal DbSet<QuarantineRow> Quarantine => Set<QuarantineRow>();
    internal DbSet<NodeKeyRow> NodeKeys => Set<NodeKeyRow>();
    internal DbSet<HomeRow> Homes => Set<HomeRow>();
    internal DbSet<NoticeRow> Notices => Set<NoticeRow>();

    /// <summary>The latest stamp that this context gave to a territory.</summary>
    internal long TerritoryStamp { get; set; }

    /// <summary>
    /// The record as it stands in this transaction; null where there is none. For a part of the index that derives its rows from records of
    /// several kinds.
    /// </summary>
    public async Task<Record?> FindRecordAsync(string kind, string id, CancellationToken cancellation) =>
        await Records.FindAsync([kind, id], cancellation) is { } row ? Envelope.Read(row.Envelope) : null;

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasScripted<StoreRow>("store").HasKey(store => store.OnlyRow);
        modelBuilder.HasScripted<IndexRow>("indexes").HasKey(index => index.Version);
        modelBuilder.HasScripted<RecordRow>("records").HasKey(record => new { record.Kind, record.Id });
        modelBuilder
            .HasScripted<HistoryRow>("history")
            .HasKey(version => new
            {
                version.Kind,
                version.Id,
                version.Version,
            });
        modelBuilder.HasScripted<CursorRow>("cursors").HasKey(cursor => cursor.Feed);
        modelBuilder.HasScripted<QuarantineRow>("quarantine").HasKey(item => item.Digest);
        modelBuilder.HasScripted<NodeKeyRow>("node_keys").HasKey(key => new { key.Node, key.KeyId });
        modelBuilder.HasScripted<HomeRow>("homes").HasKey(home => new { home.Territory, home.Area });
        modelBuilder.HasScripted<NoticeRow>("notices").HasKey(notice => notice.Id);
        foreach (var part in _services?.GetServices<IndexPart>() ?? [])
        {
            part.Configure(modelBuilder);
        }
    }
}

internal sealed class StoreRow
{
    public int OnlyRow { get; init; } = 1;
    public required string Epoch { get; set; }
    public long LastSequence { get; set; }
    public long Published { get; set; }

    /// <summary>Counts the changes of keys and homes, so that every replica notices them.</summary>
    public long Registry { get; set; }

    /// <summary>How many envelopes left the quarantine for want of room or of time.</summary>
    public long Dropped { get; set; }

    /// <summary>An epoch, drawn with the database and again when a back-up was restored: followers then start over.</summary>
    public static string NewEpoch() => Guid.CreateVersion7().ToString();
}

internal sealed class RecordRow
{
    public required string Kind { get; init; }
    public required string Id { get; init; }
    public required string Territory { get; set; }
    public required string Home { get; set; }
    public long Version { get; set; }
    public long Sequence { get; set; }
    public Visibility Visibility { get; set; }

    /// <summary>The widest visibility that any version ever had: those readers are owed a tombstone.</summary>
    public Visibility Shown { get; set; }
    public bool Deleted { get; set; }
    public required byte[] Envelope { get; set; }

    /// <summary>The node's code for the envelope; null for one that was written before there were any.</summary>
    public byte[]? Mac { get; set; }

    /// <summary>What readers get who saw an earlier version and may not see this one.</summary>
    public byte[]? Tombstone { get; set; }

    /// <summary>W3C trace of the write, carried on to the subscribers.</summary>
    public string? Trace { get; set; }

    /// <summary>The bytes a reader of this audience gets: the record, its tombstone, or nothing.</summary>
    public byte[]? For(Visibility audience) =>
        Visibility >= audience ? Envelope
        : Shown >= audience ? Tombstone
        : null;
}

/// <summary>A version that anybody could read, before the latest one.</summary>
internal sealed class HistoryRow
{
    public required string Kind { get; init; }
    public required string Id { get; init; }
    public long Version { get; init; }
    public required byte[] Envelope { get; init; }
}

internal sealed class CursorRow
{
    public required string Feed { get; init; }
    public required string Epoch { get; set; }
    public long Sequence { get; set; }
}

internal sealed class QuarantineRow
{
    public required string Digest { get; init; }
    public DateTime ReceivedAt { get; init; }
    public required string Source { get; init; }
    public required string Reason { get; init; }
    public required byte[] Envelope { get; init; }
}

internal sealed class NodeKeyRow
{
    public required string Node { get; init; }
    public required string KeyId { get; init; }
    public required byte[] PublicKey { get; init; }
    public DateTime? RevokedAt { get; set; }
}

internal sealed class HomeRow
{
    public required string Territory { get; init; }
    public required string Area { get; init; }
    public required string Node { get; set; }
}
