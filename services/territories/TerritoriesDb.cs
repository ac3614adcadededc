using Fabrique.Records;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>The index of the network's territories: who has joined, and what each has published.</summary>
public sealed class TerritoriesDb(DbContextOptions<TerritoriesDb> options) : RecordsDb(options)
{
    internal DbSet<MemberRow> Members => Set<MemberRow>();
    internal DbSet<MilestoneRow> Milestones => Set<MilestoneRow>();
    internal DbSet<PracticeRow> Practices => Set<PracticeRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<MemberRow>().ToTable("members").HasKey(member => member.Id);
        modelBuilder.Entity<MilestoneRow>().ToTable("milestones").HasKey(milestone => new { milestone.Territory, milestone.Rank });
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

    /// <summary>Codes of the vocabulary Situation, with a space between.</summary>
    public required string Situations { get; init; }
}

/// <summary>One of the latest milestones of a territory.</summary>
internal sealed class MilestoneRow
{
    public required string Territory { get; init; }

    /// <summary>0 for the latest of its territory.</summary>
    public int Rank { get; init; }

    /// <summary>As told: "2014-10". As text it sorts by time.</summary>
    public required string Date { get; init; }
    public required byte[] Milestone { get; init; }
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
