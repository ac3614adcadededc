using Fabrique.Records;
using Fabrique.Storage;
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
        // Personal data, which no record tells.
        modelBuilder.HasScripted<SignatoryRow>("signatories").HasKey(signatory => signatory.Territory);
    }
}

/// <summary>Who signed the charter of a territory.</summary>
internal sealed class SignatoryRow
{
    public required string Territory { get; init; }
    public required string Name { get; init; }
    public required string Function { get; init; }
}
