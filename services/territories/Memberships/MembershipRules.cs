using System.Globalization;
using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>
/// The life of a membership. Each verb takes it as it is, gives it as it becomes, null when there is nothing to change, and refuses what
/// its status does not allow: submitted → examined → refused, or charter to sign → active ⇄ asleep → left. Days are "2026-03-17".
/// </summary>
internal static class MembershipRules
{
    private const int MaxReason = 1_000;
    private const int MaxReference = 200;
    private const int MaxName = 120;
    private const int MonthsBeforeSleep = 12;
    private const int DaysToFindFamilies = 60;

    /// <summary>Without one of each no membership is active: who decides, and who does.</summary>
    private static readonly string[] Needed = ["ELU", "AGENT"];

    /// <summary>A first request of the territory, or another after it was refused or had left; null while one waits or is active.</summary>
    /// <param name="current">Its membership; null when there is none.</param>
    /// <param name="territory">By the official directory.</param>
    /// <param name="profile">Vocabulary MembershipProfile, or empty.</param>
    /// <param name="today">In the time of the node.</param>
    public static Membership? Submitted(Membership? current, Territory territory, string profile, DateOnly today)
    {
        Refuse(Codes("profile", [profile], Vocabulary.MembershipProfile));
        return current is { Status: not (MembershipStatus.Refused or MembershipStatus.Left) }
            ? null
            : new Membership
            {
                Territory = territory.Id,
                Status = MembershipStatus.Submitted,
                Profile = profile,
                Kind = territory.Kind,
                Name = territory.Name,
                Department = territory.Department?.Code ?? "",
                Region = territory.Region?.Code ?? "",
                SubmittedOn = Day(today),
            };
    }

    extension(Membership membership)
    {
        public Membership? Examined() => membership.Become(MembershipStatus.Examined, [MembershipStatus.Submitted]);

        public Membership? Refused(string reason)
        {
            Refuse([.. Reason(reason), .. Rule("reason", reason.Trim().Length == 0, $"Dites pourquoi : le territoire le lira.")]);
            return membership.Become(MembershipStatus.Refused, [MembershipStatus.Examined], refused => refused.Reason = reason.Trim());
        }

        /// <summary>The charter can be signed from here on.</summary>
        public Membership? Accepted(string profile, string cohort)
        {
            profile = profile.Length > 0 ? profile : membership.Profile;
            Refuse([
                .. Codes("profile", [profile], Vocabulary.MembershipProfile),
                .. Rule("profile", profile.Length == 0, $"Choisissez la place de ce territoire dans le réseau."),
            ]);
            return membership.Become(MembershipStatus.CharterToSign, [MembershipStatus.Examined], accepted =>
                (accepted.Profile, accepted.Cohort) = (profile, cohort)
            );
        }

        /// <summary>Examined and accepted in one; null once it is accepted, or further on.</summary>
        public Membership? Admitted(string profile, string cohort)
        {
            var examined = membership.Status == MembershipStatus.Submitted ? membership.Examined()! : membership;
            return examined.Status == MembershipStatus.Examined ? examined.Accepted(profile, cohort) : null;
        }

        /// <summary>The same membership with another profile or cohort.</summary>
        public Membership? Placed(string profile, string cohort)
        {
            Refuse(Codes("profile", [profile], Vocabulary.MembershipProfile));
            if (membership.Status is MembershipStatus.Refused or MembershipStatus.Left)
            {
                throw WrongStatus();
            }
            var placed = membership.Clone();
            (placed.Profile, placed.Cohort) = (profile.Length > 0 ? profile : placed.Profile, cohort);
            return placed.Equals(membership) ? null : placed;
        }

        /// <summary>
        /// The charter signed: by a territory that was accepted, or by one that is active and never signed this version. Being active is
        /// decided by <see cref="Activated"/>.
        /// </summary>
        public Membership? Signed(string version, string latest, Signatory? signatory, string signedOn, string deliberation, DateOnly today)
        {
            if (membership.Status is not (MembershipStatus.CharterToSign or MembershipStatus.Active))
            {
                throw WrongStatus();
            }
            var day = signedOn.Length > 0 ? signedOn : Day(today);
            var isDay = DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date);
            var (name, function) = (signatory?.Name ?? "", signatory?.Function ?? "");
            Refuse([
                .. Rule("version", version != latest, $"La charte a une nouvelle version, la {latest} : relisez-la avant de la signer."),
                .. Rule("signatory.name", name.Trim().Length == 0, $"Indiquez qui signe."),
                .. Rule("signatory.name", name.Length > MaxName, $"Ce nom est trop long : {MaxName} caractères au plus."),
                .. Rule("signatory.function", function.Trim().Length == 0, $"Indiquez la fonction de la personne qui signe."),
                .. Rule("signatory.function", function.Length > MaxName, $"Cette fonction est trop longue : {MaxName} caractères au plus."),
                .. Rule("signedOn", !isDay, $"Écrivez le jour de la signature ainsi : 2026-03-17."),
                .. Rule("signedOn", isDay && date > today, $"Ce jour n’est pas encore venu."),
                .. Rule(
                    "deliberation",
                    deliberation.Length > MaxReference,
                    $"Cette référence est trop longue : {MaxReference} caractères au plus."
                ),
            ]);
            var signed = membership.Clone();
            (signed.CharterVersion, signed.CharterSignedOn, signed.Deliberation) = (version, day, deliberation.Trim());
            signed.ActiveOn = signed.Status == MembershipStatus.Active ? Day(today) : signed.ActiveOn;
            return signed.Equals(membership) ? null : signed;
        }

        /// <summary>Active from today on. Refuses without a signed charter, and without somebody of each family that is needed.</summary>
        /// <param name="families">How many people stand for each family of the vocabulary Role4F.</param>
        /// <param name="today">In the time of the node.</param>
        public Membership? Activated(IReadOnlyDictionary<string, int> families, DateOnly today)
        {
            if (membership.Status == MembershipStatus.CharterToSign && membership.CharterSignedOn.Length == 0)
            {
                throw new Refusal(StatusCode.FailedPrecondition, "CHARTER_NOT_SIGNED", $"La charte n’est pas encore signée.");
            }
            if (membership.Status == MembershipStatus.CharterToSign && Missing(families) is { Count: > 0 } missing)
            {
                throw new Refusal(
                    StatusCode.FailedPrecondition,
                    "DELEGATION_INCOMPLETE",
                    $"Il manque à votre délégation : {string.Join(", ", missing.Select(Vocabulary.Role4F.Label))}. Invitez cette personne, puis recommencez."
                )
                {
                    Details = { ["families"] = string.Join(' ', missing) },
                };
            }
            return membership.Become(MembershipStatus.Active, [MembershipStatus.CharterToSign], active =>
                active.StartedOn = active.ActiveOn = Day(today)
            );
        }

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

        /// <summary>The same membership, of a territory for which somebody signed in on that day.</summary>
        public Membership Heard(string day) => new(membership) { ActiveOn = day };

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

        /// <summary>Whether anybody may read it.</summary>
        public bool IsOpen => membership.IsMember || membership.Status == MembershipStatus.Left;

        /// <summary>Whether the territory is in the network, awake or not.</summary>
        public bool IsMember => membership.Status is MembershipStatus.Active or MembershipStatus.Asleep;

        /// <summary>
        /// Whether nobody of the territory was heard of for so long that it goes to sleep. One that never told a day does not.
        /// </summary>
        public bool IsForgotten(DateOnly today) =>
            membership.Status == MembershipStatus.Active
            && membership.ActiveOn.Length > 0
            && string.CompareOrdinal(membership.ActiveOn, LastHeard(today)) <= 0;

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

    /// <summary>The families of which somebody is still needed.</summary>
    public static IReadOnlyList<string> Missing(IReadOnlyDictionary<string, int> families) =>
        [.. Needed.Where(family => families.GetValueOrDefault(family) < 1)];

    /// <summary>Whoever was last heard of on this day, or before it, sleeps.</summary>
    public static string LastHeard(DateOnly today) => Day(today.AddMonths(-MonthsBeforeSleep));

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
