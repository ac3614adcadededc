using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Search;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Fabrique.Practices;

/// <summary>The index of the catalogue: what its searches and facets need, derived from records.</summary>
public sealed class PracticesDb(DbContextOptions<PracticesDb> options) : RecordsDb(options)
{
    private long _lastStamp;

    internal DbSet<PracticeRow> Practices => Set<PracticeRow>();
    internal DbSet<TerritoryRow> Territories => Set<TerritoryRow>();
    internal DbSet<UnansweredSearchRow> UnansweredSearches => Set<UnansweredSearchRow>();
    internal DbSet<ReportRow> Reports => Set<ReportRow>();
    internal DbSet<CommentRow> Comments => Set<CommentRow>();

    /// <summary>Inside a write: the stamp of a territory that changed, greater than every one that was committed.</summary>
    internal async Task<long> NextStampAsync(CancellationToken cancellation)
    {
        if (_lastStamp == 0)
        {
            _lastStamp = await Territories.MaxAsync(row => (long?)row.Stamp, cancellation) ?? 0;
        }
        return ++_lastStamp;
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.AddSearched<PracticeRow>("practices", PracticeText.Table);
        modelBuilder.Entity<TerritoryRow>(row =>
        {
            row.ToTable("territories").HasKey(territory => territory.Id);
            row.HasIndex(territory => territory.Stamp);
            row.HasIndex(territory => territory.TakesBack);
        });
        modelBuilder.Entity<UnansweredSearchRow>(row => Own(row, "unanswered_searches").HasKey(search => new { search.Day, search.Words }));
        modelBuilder.Entity<ReportRow>(row => Own(row, "practice_reports").HasKey(report => report.Id));
        modelBuilder.Entity<CommentRow>(row => Own(row, "practice_comments").HasKey(comment => comment.Id));

        // No record tells what is in these: they come from the numbered scripts.
        static EntityTypeBuilder<T> Own<T>(EntityTypeBuilder<T> row, string table)
            where T : class
        {
            row.ToTable(table, options => options.ExcludeFromMigrations());
            foreach (var property in typeof(T).GetProperties())
            {
                row.Property(property.Name).HasColumnName(property.Name.ToLowerInvariant());
            }
            return row;
        }
    }
}

internal sealed class PracticeRow : SearchedRow
{
    public string Territory { get; set; } = "";

    /// <summary>Unspecified for a practice that is not here any more.</summary>
    public PracticeStatus Status { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Without accents and capitals: its place in the alphabet.</summary>
    public string Title { get; set; } = "";
    public string AdaptedFrom { get; set; } = "";

    /// <summary>The practice without its long texts, as lists answer it.</summary>
    public byte[] Card { get; set; } = [];

    public override bool HasText => Status != PracticeStatus.Unspecified;
}

internal sealed class TerritoryRow
{
    public required string Id { get; init; }

    /// <summary>Grows with every change of a row, so that the catalogue in memory knows what it has not seen.</summary>
    public long Stamp { get; set; }

    /// <summary>Empty for a territory whose profile went.</summary>
    public string Name { get; set; } = "";
    public string Department { get; set; } = "";
    public string Region { get; set; } = "";

    /// <summary>Codes, a line each.</summary>
    public string Situations { get; set; } = "";

    /// <summary>Whether it left the network and wants its practices shown no more.</summary>
    public bool TakesBack { get; set; }
}

internal sealed class UnansweredSearchRow
{
    public required string Day { get; init; }
    public required string Words { get; init; }
    public int Count { get; init; }
}
