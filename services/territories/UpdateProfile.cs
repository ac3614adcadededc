using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

internal sealed partial class TerritoriesGrpc
{
    public override async Task<UpdateProfileResponse> UpdateProfile(UpdateProfileRequest request, ServerCallContext context)
    {
        // The right is that of the territory the code leads to: a former code is another name, not another door.
        var territory = await GetAsync(request.Id, context);
        var verb = new Verb<TerritoriesDb, Profile>(
            (before, _) => before is null ? "published" : "revised",
            writing =>
            {
                var edited = request.Profile ?? throw Refusal.Invalid("profile", $"Envoyez le profil du territoire.");
                var told = edited.ToldBy(territory);
                return ValueTask.FromResult(
                    told.Equals(writing.Current?.Body) && writing.Current.Info.Visibility == Visibility.Public ? null : told
                );
            }
        )
        {
            Creates = true,
            For = territory.Id,
            Version = request.Version,
        };
        await writes.ChangeAsync(Kinds.Profile, territory.Id, verb, context);
        return new UpdateProfileResponse { Territory = await GetAsync(territory.Id, context) };
    }
}
