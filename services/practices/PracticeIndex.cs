using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Search;
using Fabrique.Territories.V1;
using Google.Protobuf;

namespace Fabrique.Practices;

/// <summary>What the catalogue derives from practices, and from the profiles and memberships of the territories that own them.</summary>
internal sealed class PracticeIndex(Registry registry) : RecordIndex<PracticesDb>
{
    private readonly SearchIndex<PracticeRow> _search = new(PracticeText.Table);

    public override string Version => "3";

    public override Task CreateAsync(PracticesDb db, CancellationToken cancellation) => PracticeText.Table.CreateAsync(db, cancellation);

    public override async Task ApplyAsync(PracticesDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation)
    {
        if (record.Kind == RecordKinds.KindOf<Practice>())
        {
            // Lists are for anybody, for the delegates of the network, or for the territory at its home.
            var practice = record.Visibility > Visibility.Private || record.Home == registry.Node ? (Practice?)body : null;
            await ApplyAsync(db, record, practice, isNew ? null : await db.Practices.FindAsync([record.Id], cancellation), cancellation);
        }
        else if (record.Kind == RecordKinds.KindOf<Profile>())
        {
            var row = await TerritoryAsync(db, record.Id, cancellation);
            var profile = (Profile?)body ?? new Profile();
            row.Stamp = await db.NextStampAsync(cancellation);
            (row.Name, row.Department, row.Region, row.Situations) = (
                profile.Name,
                profile.Department,
                profile.Region,
                string.Join('\n', profile.Situations.Distinct())
            );
        }
        else if (record.Kind == RecordKinds.KindOf<Membership>())
        {
            var row = await TerritoryAsync(db, record.Id, cancellation);
            row.TakesBack = body is Membership { Status: MembershipStatus.Left, PracticesLeft: PracticesLeft.Hidden };
        }
    }

    private static async Task<TerritoryRow> TerritoryAsync(PracticesDb db, string id, CancellationToken cancellation) =>
        await db.Territories.FindAsync([id], cancellation) ?? db.Territories.Add(new TerritoryRow { Id = id }).Entity;

    private async Task ApplyAsync(PracticesDb db, Record record, Practice? practice, PracticeRow? row, CancellationToken cancellation)
    {
        row = await _search.PutAsync(
            db,
            row,
            number => new PracticeRow { Id = record.Id, Number = number },
            practice is null ? null : PracticeText.Of(practice),
            isPublic: practice is { Status: PracticeStatus.Published },
            cancellation
        );
        if (row is null)
        {
            return;
        }
        row.Territory = record.Territory;
        row.Status = practice?.Status ?? PracticeStatus.Unspecified;
        row.ChangedAt = record.ChangedAt.ToDateTimeOffset().ToUnixTimeMilliseconds();
        row.Title = FrenchText.Fold(practice?.Title ?? "");
        row.AdaptedFrom = practice?.AdaptedFrom ?? "";
        row.Codes = practice is null ? "" : string.Join('\n', FacetNames.Of(practice).Distinct());
        row.Card = practice is null ? [] : Card(record, practice).ToByteArray();
    }

    /// <summary>A practice as lists show it: without its long texts.</summary>
    private Practice Card(Record record, Practice practice) =>
        new()
        {
            Id = record.Id,
            Territory = record.Territory,
            Status = practice.Status,
            Language = practice.Language,
            Title = practice.Title,
            Summary = practice.Summary,
            Themes = { practice.Themes },
            Principles = { practice.Principles },
            Maturity = practice.Maturity,
            StartedOn = practice.StartedOn,
            ReviewDueOn = practice.ReviewDueOn,
            AdaptedFrom = practice.AdaptedFrom,
            Licence = practice.Licence,
            Record = registry.Info(record),
        };
}
