using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

internal sealed partial class MembershipsGrpc
{
    public override async Task<AdmitMembershipResponse> AdmitMembership(AdmitMembershipRequest request, ServerCallContext context)
    {
        var territory = await places.FindAsync(request.Territory, context.CancellationToken)
            ?? throw Refusal.Invalid("territory", $"Aucun territoire ne porte ce code.");
        var verb = new Verb<TerritoriesDb, Membership>("accepted", async writing =>
        {
            var asked = MembershipRules.Submitted(writing.Current?.Body, territory, "", Today) ?? writing.Current!.Body;
            context.Demand(Kinds.Membership.SubjectOf(asked));
            var admitted = asked.Admitted(request.Profile, request.Cohort);
            if (admitted is not null)
            {
                await DemandCohortAsync(writing, request.Cohort, context.CancellationToken);
            }
            return admitted;
        })
        {
            Creates = true,
            // The right is that to what is asked, which may be the first there is.
            IsOpen = true,
        };
        return new AdmitMembershipResponse { Membership = await ChangeAsync(territory.Id, verb, context) };
    }
}
