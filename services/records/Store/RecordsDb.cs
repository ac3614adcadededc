using Fabrique.Records.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>
/// A service's database. The tables here are the truth and evolve by the numbered scripts of <c>Schema</c>; the tables a service adds
/// are its index, created from the model and rebuilt from the records when their version changes.
/// </summary>
public abstract class RecordsDb(DbContextOptions options) : DbContext(options)
{
    internal DbSet<StoreRow> Store => Set<StoreRow>();
    internal DbSet<IndexRow> Indexes => Set<IndexRow>();
    internal DbSet<RecordRow> Records => Set<RecordRow>();
    internal DbSet<HistoryRow> History => Set<HistoryRow>();
    internal DbSet<CursorRow> Cursors => Set<CursorRow>();
    internal DbSet<QuarantineRow> Quarantine => Set<QuarantineRow>();
    internal DbSet<NodeKeyRow> NodeKeys => Set<NodeKeyRow>();
    internal DbSet<HomeRow> Homes => Set<HomeRow>();
    internal DbSet<NoticeRow> Notices => Set<NoticeRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<StoreRow>(row => Truth(row, "store").HasKey(store => store.OnlyRow));
        modelBuilder.Entity<IndexRow>(row => Truth(row, "indexes").HasKey(index => index.Version));
        modelBuilder.Entity<RecordRow>(row => Truth(row, "records").HasKey(record => new { record.Kind, record.Id }));
        modelBuilder.Entity<HistoryRow>(row =>
            Truth(row, "history")
                .HasKey(version => new
                {
                    version.Kind,
                    version.Id,
                    version.Version,
                })
        );
        modelBuilder.Entity<CursorRow>(row => Truth(row, "cursors").HasKey(cursor => cursor.Feed));
        modelBuilder.Entity<QuarantineRow>(row => Truth(row, "quarantine").HasKey(item => item.Digest));
        modelBuilder.Entity<NodeKeyRow>(row => Truth(row, "node_keys").HasKey(key => new { key.Node, key.KeyId }));
        modelBuilder.Entity<HomeRow>(row => Truth(row, "homes").HasKey(home => new { home.Territory, home.Area }));
        modelBuilder.Entity<NoticeRow>(row => Truth(row, "notices").HasKey(notice => notice.Id));

        static Microsoft.EntityFrameworkCore.Metadata.Builders.EntityTypeBuilder<T> Truth<T>(
            Microsoft.EntityFrameworkCore.Metadata.Builders.EntityTypeBuilder<T> row,
            string table
        )
            where T : class
        {
            row.ToTable(table, options => options.ExcludeFromMigrations());
            foreach (var property in typeof(T).GetProperties())
            {
                row.Property(property.Name).HasColumnName(SnakeCase(property.Name));
            }
            return row;
        }
    }

    private static string SnakeCase(string name) =>
        string.Concat(
            name.Select(
                (letter, at) => at > 0 && char.IsUpper(letter) ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"
            )
        );
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
