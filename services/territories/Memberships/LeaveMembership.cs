using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

/// <summary>How a membership sleeps, wakes and ends.</summary>
internal sealed partial class MembershipsGrpc
{
    public override async Task<SleepMembershipResponse> SleepMembership(SleepMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await ChangeAsync(request.Territory, new("fell-asleep", membership => membership.Slept(request.Reason)), context),
        };

    public override async Task<WakeMembershipResponse> WakeMembership(WakeMembershipRequest request, ServerCallContext context) =>
        new() { Membership = await ChangeAsync(request.Territory, new("woke", membership => membership.Woken(Today)), context) };

    public override async Task<LeaveMembershipResponse> LeaveMembership(LeaveMembershipRequest request, ServerCallContext context)
    {
        var left = await ChangeAsync(
            request.Territory,
            new("left", membership => membership.Left(request.Reason, request.Practices, Today)),
            context
        );
        if (left.PracticesLeft == PracticesLeft.Hidden)
        {
            // The practices follow in their own service.
            await writes.HideAsync(Kinds.Profile, left.Territory, context.CancellationToken);
        }
        return new LeaveMembershipResponse { Membership = left };
    }
}
