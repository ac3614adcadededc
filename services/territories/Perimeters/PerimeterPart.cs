using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Fabrique.Territories;

/// <summary>Perimeters that were declared, as facilitators list them and as confirmed ones are found.</summary>
internal sealed class PerimeterPart(Registry registry) : RowPart<TerritoriesDb, Perimeter, PerimeterRow>
{
    public override int Number => 1;

    protected override void Configure(EntityTypeBuilder<PerimeterRow> row)
    {
        row.ToTable("perimeters").HasKey(perimeter => perimeter.Id);
        row.HasIndex(perimeter => new { perimeter.Status, perimeter.ChangedAt });
    }

    protected override PerimeterRow Row(Record record, Perimeter perimeter) =>
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
}

/// <summary>A perimeter that was declared, as facilitators list them and as confirmed ones are found.</summary>
internal sealed class PerimeterRow
{
    public required string Id { get; init; }
    public PerimeterStatus Status { get; init; }

    /// <summary>By the name that a grant can have for it: "R32". May be empty.</summary>
    public required string Region { get; init; }
    public required string Department { get; init; }
    public long Version { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; init; }
    public required byte[] Body { get; init; }
}
