using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>Who told of itself, and what each went through lately.</summary>
internal sealed class ProfilePart : IndexPart<TerritoriesDb, Profile>
{
    // Of each territory, so that no one of them fills the list of all.
    private const int LatestMilestones = 2;

    public override int Number => 1;

    public override void Configure(ModelBuilder model)
    {
        model.Entity<ProfileRow>().ToTable("profiles").HasKey(profile => profile.Id);
        model.Entity<MilestoneRow>().ToTable("milestones").HasKey(milestone => new { milestone.Territory, milestone.Rank });
    }

    protected override async Task ApplyAsync(TerritoriesDb db, Record record, Profile? profile, bool isNew, CancellationToken cancellation)
    {
        if (!isNew)
        {
            await db.Profiles.Where(row => row.Id == record.Id).ExecuteDeleteAsync(cancellation);
            await db.Milestones.Where(milestone => milestone.Territory == record.Id).ExecuteDeleteAsync(cancellation);
        }
        if (profile is null || record.Visibility != Visibility.Public)
        {
            return;
        }
        db.Profiles.Add(new ProfileRow { Id = record.Id, Situations = string.Join(' ', profile.Situations) });
        var latest = profile.Milestones.OrderByDescending(milestone => milestone.Date, StringComparer.Ordinal).Take(LatestMilestones);
        db.Milestones.AddRange(
            latest.Select(
                (milestone, rank) =>
                    new MilestoneRow
                    {
                        Territory = record.Id,
                        Rank = rank,
                        Date = milestone.Date,
                        Milestone = milestone.ToByteArray(),
                    }
            )
        );
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
