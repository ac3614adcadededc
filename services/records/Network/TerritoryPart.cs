using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>
/// What a room keeps of the territories of the network: who they are, and whether they are members. A membership says where a territory is
/// before any profile is written; where there is a profile, it says so.
/// </summary>
public sealed class TerritoryPart : IndexPart
{
    public override int Number => 2;

    public override IReadOnlyList<string> Kinds { get; } = [RecordKind.NameOf<Profile>(), RecordKind.NameOf<Membership>()];

    public override void Configure(ModelBuilder model) =>
        model.Entity<TerritoryRow>(row =>
        {
            row.ToTable("territories").HasKey(territory => territory.Id);
            row.HasIndex(territory => territory.Stamp);
            row.HasIndex(territory => territory.Membership);
        });

    public override async Task ApplyAsync(RecordsDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation)
    {
        var row = await db.FindAsync<TerritoryRow>([record.Id], cancellation) ?? db.Add(new TerritoryRow { Id = record.Id }).Entity;
        if (record.Kind == Kinds[0])
        {
            var profile = (Profile?)body ?? new Profile();
            (row.HasProfile, row.Situations) = (body is not null, string.Join('\n', profile.Situations.Distinct()));
            // A profile that goes leaves the place that the membership told, which is the same.
            if (row.HasProfile || row.Membership == MembershipStatus.Unspecified)
            {
                (row.Name, row.Department, row.Region) = (profile.Name, profile.Department, profile.Region);
            }
        }
        else
        {
            var membership = (Membership?)body ?? new Membership();
            (row.Membership, row.LeftOn, row.PracticesLeft) = (
                membership.Status,
                membership.Status == MembershipStatus.Left ? membership.EndedOn : "",
                membership.PracticesLeft
            );
            if (!row.HasProfile)
            {
                (row.Name, row.Department, row.Region) = (membership.Name, membership.Department, membership.Region);
            }
        }
        row.Stamp = await NextStampAsync(db, cancellation);
    }

    private static async Task<long> NextStampAsync(RecordsDb db, CancellationToken cancellation)
    {
        db.TerritoryStamp =
            db.TerritoryStamp > 0 ? db.TerritoryStamp : await db.Set<TerritoryRow>().MaxAsync(row => (long?)row.Stamp, cancellation) ?? 0;
        return ++db.TerritoryStamp;
    }
}

/// <summary>A territory, as far as it is known here.</summary>
public sealed class TerritoryRow
{
    public required string Id { get; init; }

    /// <summary>
    /// Grows with every change, so that a copy in memory knows what it has not seen. Writes come one after the other: a reader
    /// that has seen a stamp has seen all before it.
    /// </summary>
    public long Stamp { get; set; }

    /// <summary>Whether it tells of itself.</summary>
    public bool HasProfile { get; set; }

    /// <summary>Empty for a territory of which neither a profile nor a membership tells.</summary>
    public string Name { get; set; } = "";
    public string Department { get; set; } = "";
    public string Region { get; set; } = "";

    /// <summary>Codes of the vocabulary Situation, a line each.</summary>
    public string Situations { get; set; } = "";
    public MembershipStatus Membership { get; set; }

    /// <summary>The day it left the network; empty for one that did not.</summary>
    public string LeftOn { get; set; } = "";

    /// <summary>What is to become of what it published, since it left.</summary>
    public PracticesLeft PracticesLeft { get; set; }
}
