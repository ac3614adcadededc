using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Search;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>
/// What the catalogue derives from practices: cards, facets, full text. The name of a territory is searched with the text of its practices,
/// so it derives from what tells that name too; the part that keeps it stands before.
/// </summary>
internal sealed class PracticePart(Registry registry) : IndexPart
{
    private static readonly string Practices = RecordKind.NameOf<Practice>();

    private readonly SearchIndex<PracticeRow> _search = new(PracticeText.Table);

    public override int Number => 2;

    public override IReadOnlyList<string> Kinds { get; } = [Practices, RecordKind.NameOf<Membership>(), RecordKind.NameOf<Profile>()];

    public override void Configure(ModelBuilder model)
    {
        model.AddSearched<PracticeRow>("practices", PracticeText.Table);
        model.Entity<PracticeRow>().HasIndex(row => row.Territory);
    }

    public override Task CreateAsync(RecordsDb db, CancellationToken cancellation) => PracticeText.Table.CreateAsync(db, cancellation);

    public override async Task ApplyAsync(RecordsDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation)
    {
        var catalogue = (PracticesDb)db;
        var town = (await catalogue.Territories.FindAsync([record.Territory], cancellation))?.Name ?? "";
        if (record.Kind == Practices)
        {
            var row = isNew ? null : await catalogue.Practices.FindAsync([record.Id], cancellation);
            await ApplyAsync(catalogue, record, (Practice?)body, town, row, cancellation);
            return;
        }
        await catalogue.Practices.Where(row => row.Territory == record.Territory && row.Town != town).LoadAsync(cancellation);
        // In memory, so that those which are not saved yet are among them.
        foreach (var row in catalogue.Practices.Local.Where(row => row.Territory == record.Territory && row.Town != town).ToList())
        {
            if (row.HasText && await db.FindRecordAsync(Practices, row.Id, cancellation) is { } told)
            {
                await ApplyAsync(catalogue, told, Practice.Parser.ParseFrom(told.Body), town, row, cancellation);
            }
        }
    }

    private async Task ApplyAsync(
        PracticesDb db,
        Record record,
        Practice? body,
        string town,
        PracticeRow? row,
        CancellationToken cancellation
    )
    {
        // Lists are for anybody, for the delegates of the network, or for the territory at its home.
        var practice = record.Visibility > Visibility.Private || record.Home == registry.Node ? body : null;
        row = await _search.PutAsync(
            db,
            row,
            number => new PracticeRow { Id = record.Id, Number = number },
            practice is null ? null : PracticeText.Of(practice, town),
            isPublic: practice is { Status: PracticeStatus.Published },
            cancellation
        );
        if (row is null)
        {
            return;
        }
        (row.Territory, row.Town) = (record.Territory, town);
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
