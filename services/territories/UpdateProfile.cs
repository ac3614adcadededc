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
        context.Demand(territory.Id);
        if ((await records.FindAsync<Membership>(territory.Id, context.CancellationToken))?.Body.Status != MembershipStatus.Active)
        {
            throw new Refusal(
                StatusCode.FailedPrecondition,
                "MEMBERSHIP_NOT_ACTIVE",
                $"L’adhésion de votre territoire n’est pas active : la page « Mon territoire » dit ce qui manque. Rien n’a été enregistré."
            );
        }
        var edited = request.Profile ?? throw Refusal.Invalid("profile", $"Envoyez le profil du territoire.");
        var told = edited.ToldBy(territory);
        await records.WriteAsync<Profile>(
            territory.Id,
            current =>
            {
                if ((current?.Info.Version ?? 0) != request.Version)
                {
                    throw new Refusal(
                        StatusCode.Aborted,
                        "STALE_VERSION",
                        $"Quelqu’un a modifié ce profil entre-temps. Votre texte n’a pas été enregistré : comparez les deux versions."
                    )
                    {
                        Details = { ["currentVersion"] = $"{current?.Info.Version ?? 0}" },
                    };
                }
                return told.Equals(current?.Body) && current.Info.Visibility == Visibility.Public
                    ? null
                    : new Change<Profile>(current is null ? "published" : "revised", territory.Id, told, Visibility.Public);
            },
            context.CancellationToken
        );
        return new UpdateProfileResponse { Territory = await GetAsync(territory.Id, context) };
    }
}
