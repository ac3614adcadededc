using Fabrique.Records;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>The profile of Loos-en-Gohelle.</summary>
internal sealed class ShippedProfiles(
    RecordStore<TerritoriesDb> records,
    Registry registry,
    IHostEnvironment environment,
    IConfiguration configuration,
    OfficialDirectory directory
) : ShippedRecords<TerritoriesDb, Profile>(Kinds.Profile, records, registry, environment, configuration)
{
    protected override string Folder => "Data/profiles";

    protected override IEnumerable<(string Id, Profile Body)> Read(string json)
    {
        var profile = Profile.Parser.ParseJson(json);
        var territory = directory.Find(profile.Territory)
            ?? throw new InvalidDataException($"No territory has the code {profile.Territory}.");
        return [(territory.Id, profile.ToldBy(territory))];
    }
}
