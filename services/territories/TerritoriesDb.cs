using Fabrique.Records;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>The index of the network's territories: who has joined, and what each has published.</summary>
public sealed class TerritoriesDb(DbContextOptions<TerritoriesDb> options) : RecordsDb(options)
{
    internal DbSet<MemberRow> Members => Set<MemberRow>();
    internal DbSet<PracticeRow> Practices => Set<PracticeRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<MemberRow>().ToTable("members").HasKey(member => member.Id);
        modelBuilder.Entity<PracticeRow>(row =>
        {
            row.ToTable("practices").HasKey(practice => practice.Id);
            row.HasIndex(practice => new { practice.Territory, practice.ChangedAt, practice.Id });
        });
    }
}

/// <summary>A territory that has a profile.</summary>
internal sealed class MemberRow
{
    public required string Id { get; init; }
}

/// <summary>A published practice, as the territory's page links to it.</summary>
internal sealed class PracticeRow
{
    public required string Id { get; init; }
    public required string Territory { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; init; }
    public required byte[] Link { get; init; }
}
