using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Fabrique.Territories;

/// <summary>What the territories published elsewhere, as their pages link to it.</summary>
internal sealed class PracticePart : RowPart<TerritoriesDb, Practice, PracticeRow>
{
    public override int Number => 1;

    protected override void Configure(EntityTypeBuilder<PracticeRow> row)
    {
        row.ToTable("practices").HasKey(practice => practice.Id);
        row.HasIndex(practice => new
        {
            practice.Territory,
            practice.ChangedAt,
            practice.Id,
        });
    }

    protected override PracticeRow? Row(Record record, Practice practice) =>
        practice.Status == PracticeStatus.Published && record.Visibility == Visibility.Public
            ? new()
            {
                Id = record.Id,
                Territory = record.Territory,
                ChangedAt = record.ChangedAt.ToDateTimeOffset().ToUnixTimeMilliseconds(),
                Link = new PracticeLink
                {
                    Id = record.Id,
                    Title = practice.Title,
                    Summary = practice.Summary,
                    Themes = { practice.Themes },
                    Maturity = practice.Maturity,
                }.ToByteArray(),
            }
            : null;
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
