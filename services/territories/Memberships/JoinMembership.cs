using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

/// <summary>How a territory comes to be accepted.</summary>
internal sealed partial class MembershipsGrpc
{
    public override async Task<SubmitMembershipResponse> SubmitMembership(SubmitMembershipRequest request, ServerCallContext context)
    {
        var territory = await places.FindAsync(request.Territory, context.CancellationToken)
            ?? throw Refusal.Invalid("territory", $"Aucun territoire ne porte ce code.");
        if (request.ValidateOnly)
        {
            var known = (await records.FindAsync<Membership>(territory.Id, context.CancellationToken))?.Body;
            return new SubmitMembershipResponse
            {
                Membership = Stub(territory, known?.Status ?? MembershipStatus.Unspecified),
                Created = MembershipRules.Submitted(known, territory, request.Profile, Today) is not null,
            };
        }
        var created = false;
        var written = await records.WriteAsync<Membership>(
            territory.Id,
            current =>
            {
                var submitted = MembershipRules.Submitted(current?.Body, territory, request.Profile, Today);
                created = submitted is not null;
                return submitted is null ? null : Change("submitted", submitted);
            },
            context.CancellationToken
        );
        return new SubmitMembershipResponse
        {
            Membership =
                created || written.Body.IsOpen || MayReadWhole(written.Body, context)
                    ? await ResourceAsync(written, context)
                    : Stub(territory, written.Body.Status),
            Created = created,
        };
    }

    public override async Task<ExamineMembershipResponse> ExamineMembership(ExamineMembershipRequest request, ServerCallContext context) =>
        new() { Membership = await WriteAsync(request.Territory, "examined", context, membership => membership.Examined()) };

    public override async Task<RefuseMembershipResponse> RefuseMembership(RefuseMembershipRequest request, ServerCallContext context) =>
        new() { Membership = await WriteAsync(request.Territory, "refused", context, membership => membership.Refused(request.Reason)) };

    public override async Task<AcceptMembershipResponse> AcceptMembership(AcceptMembershipRequest request, ServerCallContext context)
    {
        var unknown = await UnknownAsync(request.Cohort, context);
        return new()
        {
            Membership = await WriteAsync(request.Territory, "accepted", context, membership =>
                unknown is null ? membership.Accepted(request.Profile, request.Cohort) : throw unknown
            ),
        };
    }

    public override async Task<PlaceMembershipResponse> PlaceMembership(PlaceMembershipRequest request, ServerCallContext context)
    {
        var unknown = await UnknownAsync(request.Cohort, context);
        return new()
        {
            Membership = await WriteAsync(request.Territory, "placed", context, membership =>
                unknown is null ? membership.Placed(request.Profile, request.Cohort) : throw unknown
            ),
        };
    }

    // What is not public yet: only that there is something.
    private static Membership Stub(Territory territory, MembershipStatus status) =>
        new()
        {
            Territory = territory.Id,
            Name = territory.Name,
            Status = status,
        };

    private async Task<Refusal?> UnknownAsync(string cohort, ServerCallContext context) =>
        cohort.Length == 0 || await records.ExistsAsync<Cohort>(cohort, context.CancellationToken)
            ? null
            : Refusal.Invalid("cohort", $"Aucune cohorte n’a ce code.");
}
