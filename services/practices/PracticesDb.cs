using Fabrique.Practices.V1;
using Fabrique.Records;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>The index of the catalogue: what its searches and facets need, derived from records.</summary>
public sealed class PracticesDb(DbContextOptions<PracticesDb> options) : RecordsDb(options)
{
    internal DbSet<PracticeRow> Practices => Set<PracticeRow>();
    internal DbSet<PracticeCode> Codes => Set<PracticeCode>();
    internal DbSet<PracticeText> Texts => Set<PracticeText>();
    internal DbSet<TerritoryRow> Territories => Set<TerritoryRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<PracticeRow>(row =>
        {
            row.ToTable("practices").HasKey(practice => practice.Id);
            row.HasIndex(practice => new { practice.Status, practice.ChangedAt, practice.Id });
            row.HasIndex(practice => new { practice.Territory, practice.Status });
        });
        modelBuilder.Entity<PracticeCode>(row =>
        {
            row.ToTable("practice_codes").HasKey(code => new { code.PracticeId, code.Facet, code.Code });
            row.HasIndex(code => new { code.Facet, code.Code });
        });
        modelBuilder.Entity<TerritoryRow>().ToTable("territories").HasKey(territory => territory.Id);
        modelBuilder.Entity<PracticeText>(row =>
        {
            // The FTS5 table made by PracticeIndex: the column named as the table is how one searches it.
            row.ToTable("practice_text", options => options.ExcludeFromMigrations()).HasNoKey();
            row.Property(text => text.Match).HasColumnName("practice_text");
            row.Property(text => text.Rank).HasColumnName("rank");
        });
    }
}

internal sealed class PracticeRow
{
    public required string Id { get; init; }
    public required string Territory { get; set; }
    public PracticeStatus Status { get; set; }
    public required string Maturity { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; set; }

    /// <summary>The practice without its long texts, as lists answer it.</summary>
    public required byte[] Card { get; set; }
}

internal sealed class PracticeCode
{
    public required string PracticeId { get; init; }
    public required string Facet { get; init; }
    public required string Code { get; init; }
}

internal sealed class TerritoryRow
{
    public required string Id { get; init; }
    public required string Name { get; set; }
    public required string Department { get; set; }
    public required string Region { get; set; }
}

internal sealed class PracticeText
{
    public required string Id { get; init; }
    public required string Match { get; init; }
    public double Rank { get; init; }
}
