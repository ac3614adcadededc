using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

/// <summary>How a membership sleeps, wakes and ends.</summary>
internal sealed partial class MembershipsGrpc
{
    public override async Task<SleepMembershipResponse> SleepMembership(SleepMembershipRequest request, ServerCallContext context) =>
        new() { Membership = await WriteAsync(request.Territory, "fell-asleep", context, membership => membership.Slept(request.Reason)) };

    public override async Task<WakeMembershipResponse> WakeMembership(WakeMembershipRequest request, ServerCallContext context) =>
        new() { Membership = await WriteAsync(request.Territory, "woke", context, membership => membership.Woken(Today)) };

    public override async Task<LeaveMembershipResponse> LeaveMembership(LeaveMembershipRequest request, ServerCallContext context)
    {
        var left = await WriteAsync(request.Territory, "left", context, membership =>
            membership.Left(request.Reason, request.Practices, Today)
        );
        if (left.PracticesLeft == PracticesLeft.Hidden && await records.ExistsAsync<Profile>(left.Territory, context.CancellationToken))
        {
            // The practices follow in their own service.
            await records.WriteAsync<Profile>(
                left.Territory,
                current =>
                    current!.Info.Visibility == Visibility.Private
                        ? null
                        : new Change<Profile>("hidden", left.Territory, current.Body, Visibility.Private),
                context.CancellationToken
            );
        }
        return new LeaveMembershipResponse { Membership = left };
    }
}
