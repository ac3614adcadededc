using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Fabrique.Territories;

/// <summary>Cohorts, as they are listed.</summary>
internal sealed class CohortPart(Registry registry) : RowPart<TerritoriesDb, Cohort, CohortRow>
{
    public override int Number => 1;

    protected override void Configure(EntityTypeBuilder<CohortRow> row) => row.ToTable("cohorts").HasKey(cohort => cohort.Code);

    protected override CohortRow Row(Record record, Cohort cohort) =>
        new()
        {
            Code = record.Id,
            StartsOn = cohort.StartsOn,
            Body = new Cohort(cohort) { Record = registry.Info(record) }.ToByteArray(),
        };
}

/// <summary>A cohort, as they are listed.</summary>
internal sealed class CohortRow
{
    public required string Code { get; init; }
    public required string StartsOn { get; init; }
    public required byte[] Body { get; init; }
}
