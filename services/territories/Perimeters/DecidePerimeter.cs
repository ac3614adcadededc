using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>How a declared perimeter is confirmed or refused, and kept up to date.</summary>
internal sealed partial class PerimetersGrpc
{
    public override async Task<ConfirmPerimeterResponse> ConfirmPerimeter(ConfirmPerimeterRequest request, ServerCallContext context) =>
        new()
        {
            Perimeter = Resource(
                await writes.ChangeAsync(Kinds.Perimeter, request.Id, 0, "confirmed", perimeter => perimeter.Confirmed(Today), context)
            ),
        };

    public override async Task<RefusePerimeterResponse> RefusePerimeter(RefusePerimeterRequest request, ServerCallContext context) =>
        new()
        {
            Perimeter = Resource(
                await writes.ChangeAsync(Kinds.Perimeter, request.Id, 0, "refused", perimeter => perimeter.Refused(request.Reason), context)
            ),
        };

    public override async Task<RevisePerimeterResponse> RevisePerimeter(RevisePerimeterRequest request, ServerCallContext context)
    {
        var members = Members(request.Members);
        var verb = new Verb<TerritoriesDb, Perimeter>("revised", perimeter => perimeter.Revised(request, members, Today))
        {
            // Its own delegation's, not that of whoever declared it.
            For = request.Id,
            Version = request.Version,
        };
        return new RevisePerimeterResponse { Perimeter = Resource(await writes.ChangeAsync(Kinds.Perimeter, request.Id, verb, context)) };
    }
}

internal static partial class PerimeterRules
{
    private const int MaxReason = 1_000;

    extension(Perimeter perimeter)
    {
        public Perimeter? Confirmed(DateOnly today) =>
            perimeter.Become(PerimeterStatus.Confirmed, confirmed => confirmed.ConfirmedOn = Day(today));

        public Perimeter? Refused(string reason)
        {
            Refuse([
                .. Rule("reason", reason.Trim().Length == 0, $"Dites pourquoi : qui l’a déclaré le lira."),
                .. Rule("reason", reason.Length > MaxReason, $"La raison est trop longue : {MaxReason} caractères au plus."),
            ]);
            return perimeter.Become(PerimeterStatus.Refused, refused => refused.Reason = reason.Trim());
        }

        /// <summary>
        /// The perimeter with those members from a day on: who was not in it joins that day, who is named no more leaves it that day. What
        /// was is kept.
        /// </summary>
        /// <param name="asked">The question, tidied.</param>
        /// <param name="members">See <see cref="Declared"/>.</param>
        public Perimeter? Revised(RevisePerimeterRequest asked, IReadOnlyList<Territory?> members, DateOnly today)
        {
            if (perimeter.Status != PerimeterStatus.Confirmed)
            {
                throw WrongStatus();
            }
            var on = asked.On.Length > 0 ? asked.On : Day(today);
            Refuse([
                .. Named(asked.Name),
                .. Day("on", on, today, mandatory: true),
                .. Rule(
                    "on",
                    string.CompareOrdinal(on, perimeter.LastChange()) < 0,
                    $"Ce jour est avant le dernier changement de membres, qui date du {perimeter.LastChange()}."
                ),
                .. Day("validTo", asked.ValidTo, today, mandatory: false),
                .. Rule(
                    "validTo",
                    asked.ValidTo.Length > 0 && string.CompareOrdinal(asked.ValidTo, perimeter.ValidFrom) < 0,
                    $"Il ne peut pas avoir pris fin avant de commencer."
                ),
                .. Members(asked.Members, members),
                .. Rule(
                    "members",
                    members.Any(member => member is not null && Fictional.Is(member.Id) != Fictional.Is(perimeter.Id)),
                    $"Un territoire inventé et un vrai ne peuvent pas être ensemble."
                ),
            ]);
            var revised = perimeter.Clone();
            var wanted = members.Select(member => member!).DistinctBy(member => member.Id).ToDictionary(member => member.Id);
            foreach (var left in revised.Members.Where(member => member.To.Length == 0 && !wanted.ContainsKey(member.Territory)))
            {
                left.To = on;
            }
            // Somebody who came and left on the same day was never there.
            var kept = revised.Members.Where(member => member.From != member.To).ToList();
            revised.Members.Clear();
            revised.Members.AddRange(kept);
            var present = kept.Where(member => member.To.Length == 0).Select(member => member.Territory).ToHashSet();
            revised.Members.AddRange(wanted.Values.Where(member => !present.Contains(member.Id)).Select(member => Member(member, on)));
            (revised.Name, revised.ValidTo) = (asked.Name, asked.ValidTo);
            (revised.Department, revised.Region) = Place([.. wanted.Values]);
            return revised.Equals(perimeter) ? null : revised;
        }

        private string LastChange() =>
            perimeter
                .Members.SelectMany(member => new[] { member.From, member.To })
                .Append(perimeter.ValidFrom)
                .Max(StringComparer.Ordinal)!;

        private Perimeter? Become(PerimeterStatus status, Action<Perimeter> with)
        {
            if (perimeter.Status == status)
            {
                return null;
            }
            if (perimeter.Status != PerimeterStatus.Declared)
            {
                throw WrongStatus();
            }
            var next = perimeter.Clone();
            next.Status = status;
            with(next);
            return next;
        }
    }

    private static Refusal WrongStatus() =>
        new(StatusCode.FailedPrecondition, "WRONG_STATUS", $"Ce périmètre n’en est pas là : rechargez la page pour voir où il en est.");
}
