using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>What the territories service derives from profiles, and how it reacts on the practices of others.</summary>
internal sealed class TerritoryIndex(Registry registry) : RecordIndex<TerritoriesDb>
{
    // Of each territory, so that no one of them fills the list of all.
    private const int LatestMilestones = 2;

    public override string Version => "5";

    public override async Task ApplyAsync(TerritoriesDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation)
    {
        if (record.Kind == RecordKinds.KindOf<Profile>())
        {
            await db.Profiles.Where(profile => profile.Id == record.Id).ExecuteDeleteAsync(cancellation);
            await db.Milestones.Where(milestone => milestone.Territory == record.Id).ExecuteDeleteAsync(cancellation);
            if (body is Profile profile && record.Visibility == Visibility.Public)
            {
                db.Profiles.Add(new ProfileRow { Id = record.Id, Situations = string.Join(' ', profile.Situations) });
                var latest = profile
                    .Milestones.OrderByDescending(milestone => milestone.Date, StringComparer.Ordinal)
                    .Take(LatestMilestones);
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
        else if (record.Kind == RecordKinds.KindOf<Practice>())
        {
            if (!isNew)
            {
                await db.Practices.Where(practice => practice.Id == record.Id).ExecuteDeleteAsync(cancellation);
            }
            if (body is Practice { Status: PracticeStatus.Published } practice && record.Visibility == Visibility.Public)
            {
                db.Practices.Add(
                    new PracticeRow
                    {
                        Id = record.Id,
                        Territory = record.Territory,
                        ChangedAt = record.ChangedAt.ToDateTimeOffset().ToUnixTimeMilliseconds(),
                        Link = Link(record.Id, practice).ToByteArray(),
                    }
                );
            }
        }
        else if (record.Kind == RecordKinds.KindOf<Membership>())
        {
            await db.Memberships.Where(row => row.Id == record.Id).ExecuteDeleteAsync(cancellation);
            if (body is Membership membership)
            {
                db.Memberships.Add(Row(record, membership));
            }
        }
        else if (record.Kind == RecordKinds.KindOf<Perimeter>())
        {
            await db.Perimeters.Where(row => row.Id == record.Id).ExecuteDeleteAsync(cancellation);
            if (body is Perimeter perimeter)
            {
                db.Perimeters.Add(Row(record, perimeter));
            }
        }
        else if (record.Kind == RecordKinds.KindOf<Cohort>())
        {
            await db.Cohorts.Where(row => row.Code == record.Id).ExecuteDeleteAsync(cancellation);
            if (body is Cohort cohort)
            {
                db.Cohorts.Add(
                    new CohortRow
                    {
                        Code = record.Id,
                        StartsOn = cohort.StartsOn,
                        Body = new Cohort(cohort) { Record = registry.Info(record) }.ToByteArray(),
                    }
                );
            }
        }
        else if (record.Kind == RecordKinds.KindOf<AssessmentSnapshot>())
        {
            await db.Snapshots.Where(row => row.Id == record.Id).ExecuteDeleteAsync(cancellation);
            if (body is AssessmentSnapshot { IsDeleted: false } snapshot)
            {
                db.Snapshots.Add(Row(record, snapshot));
            }
        }
    }

    private static MembershipRow Row(Record record, Membership membership) =>
        new()
        {
            Id = record.Id,
            Status = membership.Status,
            Region = membership.Region.Length > 0 ? $"R{membership.Region}" : "",
            Cohort = membership.Cohort,
            ChangedAt = record.ChangedAt.ToDateTimeOffset().ToUnixTimeMilliseconds(),
            ActiveOn = membership.ActiveOn,
            Body = membership.ToByteArray(),
        };

    private SnapshotRow Row(Record record, AssessmentSnapshot snapshot) =>
        new()
        {
            Id = record.Id,
            Territory = record.Territory,
            FrozenOn = snapshot.FrozenOn,
            IsOpen = snapshot.OpenedOn.Length > 0,
            Head = new AssessmentSnapshot(snapshot.Head()) { Record = registry.Info(record) }.ToByteArray(),
        };

    private PerimeterRow Row(Record record, Perimeter perimeter) =>
        new()
        {
            Id = record.Id,
            Status = perimeter.Status,
            Region = perimeter.Region.Length > 0 ? $"R{perimeter.Region}" : "",
            Department = perimeter.Department,
            Version = record.Version,
            ChangedAt = record.ChangedAt.ToDateTimeOffset().ToUnixTimeMilliseconds(),
            Body = new Perimeter(perimeter) { Record = registry.Info(record) }.ToByteArray(),
        };

    private static PracticeLink Link(string id, Practice practice) =>
        new()
        {
            Id = id,
            Title = practice.Title,
            Summary = practice.Summary,
            Themes = { practice.Themes },
            Maturity = practice.Maturity,
        };
}
