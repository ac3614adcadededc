using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Search;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>Who told of itself, and what each went through lately.</summary>
internal sealed class ProfilePart : IndexPart<TerritoriesDb, Profile>
{
    // Of each territory, so that no one of them fills the list of all.
    private const int LatestMilestones = 2;

    private readonly SearchIndex<ProfileRow> _search = new(PageText.Table);

    public override int Number => 2;

    public override void Configure(ModelBuilder model)
    {
        model.AddSearched<ProfileRow>("profiles", PageText.Table);
        model.Entity<MilestoneRow>().ToTable("milestones").HasKey(milestone => new { milestone.Territory, milestone.Rank });
    }

    protected override Task CreateAsync(TerritoriesDb db, CancellationToken cancellation) => PageText.Table.CreateAsync(db, cancellation);

    protected override async Task ApplyAsync(TerritoriesDb db, Record record, Profile? profile, bool isNew, CancellationToken cancellation)
    {
        if (!isNew)
        {
            await db.Milestones.Where(milestone => milestone.Territory == record.Id).ExecuteDeleteAsync(cancellation);
        }
        profile = record.Visibility == Visibility.Public ? profile : null;
        var row = await _search.PutAsync(
            db,
            isNew ? null : await db.Profiles.FindAsync([record.Id], cancellation),
            number => new ProfileRow { Id = record.Id, Number = number },
            profile is null ? null : PageText.Of(profile),
            isPublic: true,
            cancellation
        );
        if (row is not null)
        {
            (row.IsShown, row.Situations) = (profile is not null, string.Join(' ', profile?.Situations.AsEnumerable() ?? []));
        }
        if (profile is null)
        {
            return;
        }
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

/// <summary>A territory that has, or had, a profile.</summary>
internal sealed class ProfileRow : SearchedRow
{
    /// <summary>Codes of the vocabulary Situation, with a space between.</summary>
    public string Situations { get; set; } = "";

    /// <summary>Whether anybody may read it.</summary>
    public bool IsShown { get; set; }

    public override bool HasText => IsShown;
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
