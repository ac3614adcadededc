using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>How a membership sleeps, wakes and ends.</summary>
internal sealed partial class MembershipsGrpc
{
    public override async Task<SleepMembershipResponse> SleepMembership(SleepMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Membership,
                    Code(request.Territory),
                    new("fell-asleep", membership => membership.Slept(request.Reason)) { Beside = Telling(context) },
                    context
                ),
                context
            ),
        };

    public override async Task<WakeMembershipResponse> WakeMembership(WakeMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Membership,
                    Code(request.Territory),
                    new("woke", membership => membership.Woken(Today)) { Beside = Telling(context) },
                    context
                ),
                context
            ),
        };

    public override async Task<LeaveMembershipResponse> LeaveMembership(LeaveMembershipRequest request, ServerCallContext context)
    {
        var left = await AnswerAsync(
            writes.ChangeAsync(
                Kinds.Membership,
                Code(request.Territory),
                new("left", membership => membership.Left(request.Reason, request.Practices, Today)) { Beside = Telling(context) },
                context
            ),
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

internal static partial class MembershipRules
{
    extension(Membership membership)
    {
        public Membership? Slept(string reason)
        {
            Refuse(Reason(reason));
            return membership.Become(MembershipStatus.Asleep, [MembershipStatus.Active], asleep => asleep.Reason = reason.Trim());
        }

        /// <summary>
        /// Somebody of the territory is here: it wakes. While it is awake its day is noted once a month, which is enough to know.
        /// </summary>
        public Membership? Woken(DateOnly today)
        {
            if (membership.Status is not (MembershipStatus.Asleep or MembershipStatus.Active))
            {
                throw WrongStatus();
            }
            var day = Day(today);
            if (membership.Status == MembershipStatus.Active && membership.ActiveOn.Length > 0 && membership.ActiveOn[..7] == day[..7])
            {
                return null;
            }
            var awake = membership.Clone();
            (awake.Status, awake.ActiveOn, awake.Reason) = (MembershipStatus.Active, day, "");
            return awake;
        }

        public Membership? Left(string reason, PracticesLeft practices, DateOnly today)
        {
            Refuse([
                .. Reason(reason),
                .. Rule(
                    "practices",
                    practices is not (PracticesLeft.Kept or PracticesLeft.Hidden),
                    $"Choisissez ce que deviennent vos pratiques publiées."
                ),
            ]);
            return membership.Become(MembershipStatus.Left, [MembershipStatus.Active, MembershipStatus.Asleep], left =>
                (left.Reason, left.PracticesLeft, left.EndedOn) = (reason.Trim(), practices, Day(today))
            );
        }
    }
}
