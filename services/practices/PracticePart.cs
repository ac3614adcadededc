using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Search;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>What the catalogue derives from practices: cards, facets, full text.</summary>
internal sealed class PracticePart(Registry registry) : IndexPart<PracticesDb, Practice>
{
    private readonly SearchIndex<PracticeRow> _search = new(PracticeText.Table);

    public override int Number => 1;

    public override void Configure(ModelBuilder model) => model.AddSearched<PracticeRow>("practices", PracticeText.Table);

    protected override Task CreateAsync(PracticesDb db, CancellationToken cancellation) => PracticeText.Table.CreateAsync(db, cancellation);

    protected override async Task ApplyAsync(PracticesDb db, Record record, Practice? body, bool isNew, CancellationToken cancellation)
    {
        // Lists are for anybody, for the delegates of the network, or for the territory at its home.
        var practice = record.Visibility > Visibility.Private || record.Home == registry.Node ? body : null;
        await ApplyAsync(db, record, practice, isNew ? null : await db.Practices.FindAsync([record.Id], cancellation), cancellation);
    }

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
