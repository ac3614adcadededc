using Fabrique.Records;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>What invented territories say of themselves, on a node that was started for a demonstration. As private as any.</summary>
internal sealed class ShippedAssessments(
    RecordStore<TerritoriesDb> records,
    Registry registry,
    IHostEnvironment environment,
    IConfiguration configuration
) : ShippedRecords<TerritoriesDb, Assessment>(Kinds.Assessment, records, registry, environment, configuration)
{
    protected override string Folder => "Data/assessments";

    protected override IEnumerable<(string Id, Assessment Body)> Read(string json)
    {
        var told = Assessment.Parser.ParseJson(json);
        return [(told.Territory, told)];
    }
}

/// <summary>What they froze of it.</summary>
internal sealed class ShippedSnapshots(
    RecordStore<TerritoriesDb> records,
    Registry registry,
    IHostEnvironment environment,
    IConfiguration configuration
) : ShippedRecords<TerritoriesDb, AssessmentSnapshot>(Kinds.Snapshot, records, registry, environment, configuration)
{
    protected override string Folder => "Data/snapshots";

    protected override IEnumerable<(string Id, AssessmentSnapshot Body)> Read(string json) =>
        ListSnapshotsResponse.Parser.ParseJson(json).Snapshots.Select(told => (told.Id, told));
}
