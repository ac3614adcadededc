using System.Globalization;
using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>
/// The life of a membership. Each verb takes it as it is, gives it as it becomes, null when there is nothing to change, and refuses what
/// its status does not allow: submitted → examined → refused, or charter to sign → active ⇄ asleep → left. Those of one verb stand with it;
/// here is what several share. Days are "2026-03-17".
/// </summary>
internal static partial class MembershipRules
{
    private const int MaxReason = 1_000;
    private const int DaysToFindFamilies = 60;

    extension(Membership membership)
    {
        /// <summary>Whether anybody may read it.</summary>
        public bool IsOpen => membership.IsMember || membership.Status == MembershipStatus.Left;

        /// <summary>Whether the territory is in the network, awake or not.</summary>
        public bool IsMember => membership.Status is MembershipStatus.Active or MembershipStatus.Asleep;

        /// <summary>Until when all four families are to be found; empty where it is not asked.</summary>
        public string FamiliesDueOn() =>
            membership.Profile is "PILOTE" or "COHORTE"
            && membership.IsOpen
            && DateOnly.TryParseExact(
                membership.StartedOn,
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var started
            )
                ? Day(started.AddDays(DaysToFindFamilies))
                : "";

        private Membership? Become(MembershipStatus status, ReadOnlySpan<MembershipStatus> from, Action<Membership>? with = null)
        {
            if (membership.Status == status)
            {
                return null;
            }
            if (!from.Contains(membership.Status))
            {
                throw WrongStatus();
            }
            var next = membership.Clone();
            (next.Status, next.Reason) = (status, "");
            with?.Invoke(next);
            return next;
        }
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static IEnumerable<FieldError> Reason(string reason) =>
        Rule("reason", reason.Length > MaxReason, $"La raison est trop longue : {MaxReason} caractères au plus.");

    private static Refusal WrongStatus() =>
        new(
            StatusCode.FailedPrecondition,
            "WRONG_STATUS",
            $"L’adhésion de ce territoire n’en est pas là : rechargez la page pour voir où elle en est."
        );
}
