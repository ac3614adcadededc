using Fabrique.Practices.V1;
using Fabrique.Records;

namespace Fabrique.Practices;

/// <summary>The practices of Loos-en-Gohelle.</summary>
internal sealed class ShippedPractices(
    RecordStore<PracticesDb> records,
    Registry registry,
    IHostEnvironment environment,
    IConfiguration configuration,
    TimeProvider clock
) : ShippedRecords<PracticesDb, Practice>(Kinds.Practice, records, registry, environment, configuration)
{
    protected override string Folder => "Data";

    protected override void Keep(Practice current, Practice shipped) => shipped.ReviewDueOn = current.ReviewDueOn;

    protected override IEnumerable<(string Id, Practice Body)> Read(string json)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        return ListPracticesResponse
            .Parser.ParseJson(json)
            .Practices.Select(practice => (practice.Id, practice.Drafted(practice.Id, practice.Territory).Published(today)!));
    }
}
