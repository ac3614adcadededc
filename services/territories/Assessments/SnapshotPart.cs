using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Fabrique.Territories;

/// <summary>Snapshots of assessments, as they are listed.</summary>
internal sealed class SnapshotPart(Registry registry) : RowPart<TerritoriesDb, AssessmentSnapshot, SnapshotRow>
{
    public override int Number => 1;

    protected override void Configure(EntityTypeBuilder<SnapshotRow> row)
    {
        row.ToTable("snapshots").HasKey(snapshot => snapshot.Id);
        row.HasIndex(snapshot => snapshot.Territory);
    }

    protected override SnapshotRow? Row(Record record, AssessmentSnapshot snapshot) =>
        snapshot.IsEmptied
            ? null
            : new()
            {
                Id = record.Id,
                Territory = record.Territory,
                FrozenOn = snapshot.FrozenOn,
                IsOpen = snapshot.OpenedOn.Length > 0,
                Head = new AssessmentSnapshot(snapshot.Head()) { Record = registry.Info(record) }.ToByteArray(),
            };
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
