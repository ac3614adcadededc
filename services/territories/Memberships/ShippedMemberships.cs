using Fabrique.Records;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>Memberships that are older than this platform: what their sources tell, and nothing that they do not.</summary>
internal sealed class ShippedMemberships(
    RecordStore<TerritoriesDb> records,
    Registry registry,
    IHostEnvironment environment,
    IConfiguration configuration,
    OfficialDirectory directory
) : ShippedRecords<TerritoriesDb, Membership>(Kinds.Membership, records, registry, environment, configuration)
{
    protected override string Folder => "Data/memberships";

    protected override IEnumerable<(string Id, Membership Body)> Read(string json)
    {
        var told = Membership.Parser.ParseJson(json);
        var territory = directory.Find(told.Territory) ?? throw new InvalidDataException($"No territory has the code {told.Territory}.");
        var place = MembershipRules.Submitted(null, territory, told.Profile, DateOnly.MinValue)!;
        (place.Status, place.SubmittedOn) = (MembershipStatus.Active, "");
        place.MergeFrom(told);
        return [(territory.Id, place)];
    }
}
