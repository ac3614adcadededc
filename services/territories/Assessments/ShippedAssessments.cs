using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>What invented territories say of themselves, on a node that was started for a demonstration. As private as any.</summary>
internal sealed class ShippedAssessments(
    RecordStore<TerritoriesDb> records,
    Registry registry,
    IHostEnvironment environment,
    IConfiguration configuration
) : ShippedRecords<TerritoriesDb, Assessment>(records, registry, environment, configuration)
{
    protected override string Folder => "Data/assessments";

    protected override Visibility Visibility => Visibility.Private;

    protected override IEnumerable<(string Id, string Territory, Assessment Body)> Read(string json)
    {
        var told = Assessment.Parser.ParseJson(json);
        return [(told.Territory, told.Territory, told)];
    }
}

/// <summary>What they froze of it.</summary>
internal sealed class ShippedSnapshots(
    RecordStore<TerritoriesDb> records,
    Registry registry,
    IHostEnvironment environment,
    IConfiguration configuration
) : ShippedRecords<TerritoriesDb, AssessmentSnapshot>(records, registry, environment, configuration)
{
    protected override string Folder => "Data/snapshots";

    protected override Visibility Visibility => Visibility.Private;

    protected override IEnumerable<(string Id, string Territory, AssessmentSnapshot Body)> Read(string json) =>
        ListSnapshotsResponse.Parser.ParseJson(json).Snapshots.Select(told => (told.Id, told.Territory, told));
}
