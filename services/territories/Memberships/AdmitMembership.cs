using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

internal sealed partial class MembershipsGrpc
{
    public override async Task<AdmitMembershipResponse> AdmitMembership(AdmitMembershipRequest request, ServerCallContext context)
    {
        var territory = await places.FindAsync(request.Territory, context.CancellationToken)
            ?? throw Refusal.Invalid("territory", $"Aucun territoire ne porte ce code.");
        var unknown = await UnknownAsync(request.Cohort, context);
        var (before, admitted) = (MembershipStatus.Unspecified, (Membership?)null);
        var written = await records.WriteAsync<Membership>(
            territory.Id,
            current =>
            {
                var asked = MembershipRules.Submitted(current?.Body, territory, "", Today) ?? current!.Body;
                context.Demand(Subject(asked));
                admitted = asked.Admitted(request.Profile, request.Cohort);
                before = current?.Body.Status ?? MembershipStatus.Unspecified;
                return (admitted, unknown) switch
                {
                    (null, _) => null,
                    (_, { } refusal) => throw refusal,
                    _ => Change("accepted", admitted),
                };
            },
            db =>
            {
                notices.Tell(db, admitted!, before, context.Caller().FindFirst("sub")?.Value ?? "");
                return Task.CompletedTask;
            },
            context.CancellationToken
        );
        return new AdmitMembershipResponse { Membership = await ResourceAsync(written, context) };
    }
}
