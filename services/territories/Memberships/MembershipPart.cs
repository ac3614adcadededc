using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Fabrique.Territories;

/// <summary>Memberships, as facilitators list them.</summary>
internal sealed class MembershipPart : RowPart<TerritoriesDb, Membership, MembershipRow>
{
    public override int Number => 1;

    protected override void Configure(EntityTypeBuilder<MembershipRow> row)
    {
        row.ToTable("memberships").HasKey(membership => membership.Id);
        row.HasIndex(membership => new { membership.Status, membership.ChangedAt });
    }

    protected override MembershipRow Row(Record record, Membership membership) =>
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
}

/// <summary>A membership, as facilitators list them.</summary>
internal sealed class MembershipRow
{
    public required string Id { get; init; }
    public MembershipStatus Status { get; init; }

    /// <summary>By the names that a grant can have for them: "R32", the code of a cohort. Either may be empty.</summary>
    public required string Region { get; init; }
    public required string Cohort { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; init; }
    public required string ActiveOn { get; init; }
    public required byte[] Body { get; init; }
}
