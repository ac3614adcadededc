using Fabrique.Records;
using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>The index of the network's territories: who has joined, and what each has published.</summary>
public sealed class TerritoriesDb(DbContextOptions<TerritoriesDb> options) : RecordsDb(options)
{
    internal DbSet<ProfileRow> Profiles => Set<ProfileRow>();
    internal DbSet<MilestoneRow> Milestones => Set<MilestoneRow>();
    internal DbSet<PracticeRow> Practices => Set<PracticeRow>();
    internal DbSet<MembershipRow> Memberships => Set<MembershipRow>();
    internal DbSet<SignatoryRow> Signatories => Set<SignatoryRow>();
    internal DbSet<CohortRow> Cohorts => Set<CohortRow>();
    internal DbSet<SnapshotRow> Snapshots => Set<SnapshotRow>();
    internal DbSet<PerimeterRow> Perimeters => Set<PerimeterRow>();

    /// <summary>The memberships of territories that are in the network, awake or not.</summary>
    internal IQueryable<MembershipRow> Members =>
        Memberships.AsNoTracking().Where(row => row.Status == MembershipStatus.Active || row.Status == MembershipStatus.Asleep);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<ProfileRow>().ToTable("profiles").HasKey(profile => profile.Id);
        modelBuilder.Entity<MilestoneRow>().ToTable("milestones").HasKey(milestone => new { milestone.Territory, milestone.Rank });
        modelBuilder.Entity<PracticeRow>(row =>
        {
            row.ToTable("practices").HasKey(practice => practice.Id);
            row.HasIndex(practice => new
            {
                practice.Territory,
                practice.ChangedAt,
                practice.Id,
            });
        });
        modelBuilder.Entity<MembershipRow>(row =>
        {
            row.ToTable("memberships").HasKey(membership => membership.Id);
            row.HasIndex(membership => new { membership.Status, membership.ChangedAt });
        });
        modelBuilder.Entity<PerimeterRow>(row =>
        {
            row.ToTable("perimeters").HasKey(perimeter => perimeter.Id);
            row.HasIndex(perimeter => new { perimeter.Status, perimeter.ChangedAt });
        });
        modelBuilder.Entity<CohortRow>().ToTable("cohorts").HasKey(cohort => cohort.Code);
        modelBuilder.Entity<SnapshotRow>(row =>
        {
            row.ToTable("snapshots").HasKey(snapshot => snapshot.Id);
            row.HasIndex(snapshot => snapshot.Territory);
        });
        modelBuilder.Entity<SignatoryRow>(row =>
        {
            row.ToTable("signatories", table => table.ExcludeFromMigrations()).HasKey(signatory => signatory.Territory);
            row.Property(signatory => signatory.Territory).HasColumnName("territory");
            row.Property(signatory => signatory.Name).HasColumnName("name");
            row.Property(signatory => signatory.Function).HasColumnName("function");
        });
    }
}

/// <summary>A territory that has a profile.</summary>
internal sealed class ProfileRow
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

/// <summary>A membership, as facilitators list them.</summary>
internal sealed class MembershipRow
{
    public required string Id { get; init; }
    public MembershipStatus Status { get; init; }

    /// <summary>By the names that a grant can have for them: "R32", the code of a cohort. Either may be empty.</summary>
    public required string Region { get; init; }
    public required string Cohort { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; init; }
    public required string ActiveOn { get; init; }
    public required byte[] Body { get; init; }
}

/// <summary>A cohort, as they are listed.</summary>
internal sealed class CohortRow
{
    public required string Code { get; init; }
    public required string StartsOn { get; init; }
    public required byte[] Body { get; init; }
}

/// <summary>A snapshot of an assessment, as they are listed.</summary>
internal sealed class SnapshotRow
{
    public required string Id { get; init; }
    public required string Territory { get; init; }
    public required string FrozenOn { get; init; }

    /// <summary>Whether the territory's facilitators may read it.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The snapshot without its answers.</summary>
    public required byte[] Head { get; init; }
}

/// <summary>A perimeter that was declared, as facilitators list them and as confirmed ones are found.</summary>
internal sealed class PerimeterRow
{
    public required string Id { get; init; }
    public PerimeterStatus Status { get; init; }

    /// <summary>By the name that a grant can have for it: "R32". May be empty.</summary>
    public required string Region { get; init; }
    public required string Department { get; init; }
    public long Version { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; init; }
    public required byte[] Body { get; init; }
}

/// <summary>Who signed the charter of a territory.</summary>
internal sealed class SignatoryRow
{
    public required string Territory { get; init; }
    public required string Name { get; init; }
    public required string Function { get; init; }
}
