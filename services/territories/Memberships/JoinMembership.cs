using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Check;

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
        var verb = new Verb<TerritoriesDb, Membership>("submitted", writing =>
        {
            var submitted = MembershipRules.Submitted(writing.Current?.Body, territory, request.Profile, Today);
            created = submitted is not null;
            return ValueTask.FromResult(submitted);
        }) { Creates = true, IsOpen = true };
        var written = await writes.ChangeAsync(Kinds.Membership, territory.Id, verb, context);
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
        new()
        {
            Membership = await AnswerAsync(
                writes.ChangeAsync(Kinds.Membership, Code(request.Territory), 0, "examined", membership => membership.Examined(), context),
                context
            ),
        };

    public override async Task<RefuseMembershipResponse> RefuseMembership(RefuseMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Membership,
                    Code(request.Territory),
                    new("refused", membership => membership.Refused(request.Reason)) { Beside = Telling(context) },
                    context
                ),
                context
            ),
        };

    public override async Task<AcceptMembershipResponse> AcceptMembership(AcceptMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Membership,
                    Code(request.Territory),
                    InCohort("accepted", request.Cohort, context, membership => membership.Accepted(request.Profile, request.Cohort)) with
                    {
                        Beside = Telling(context),
                    },
                    context
                ),
                context
            ),
        };

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
            Beside = Telling(context),
        };
        return new AdmitMembershipResponse
        {
            Membership = await AnswerAsync(writes.ChangeAsync(Kinds.Membership, territory.Id, verb, context), context),
        };
    }

    public override async Task<PlaceMembershipResponse> PlaceMembership(PlaceMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await AnswerAsync(
                writes.ChangeAsync(
                    Kinds.Membership,
                    Code(request.Territory),
                    InCohort("placed", request.Cohort, context, membership => membership.Placed(request.Profile, request.Cohort)),
                    context
                ),
                context
            ),
        };

    // What is not public yet: only that there is something.
    private static Membership Stub(Territory territory, MembershipStatus status) =>
        new()
        {
            Territory = territory.Id,
            Name = territory.Name,
            Status = status,
        };

    /// <summary>What puts a territory into a cohort, or into none.</summary>
    private static Verb<TerritoriesDb, Membership> InCohort(
        string word,
        string cohort,
        ServerCallContext context,
        Func<Membership, Membership?> rule
    ) => new(word, async writing =>
        {
            await DemandCohortAsync(writing, cohort, context.CancellationToken);
            return rule(writing.Current!.Body);
        });

    private static async Task DemandCohortAsync(Writing<TerritoriesDb, Membership> writing, string cohort, CancellationToken cancellation)
    {
        if (cohort.Length > 0 && await writing.FindAsync<Cohort>(cohort, cancellation) is null)
        {
            throw Refusal.Invalid("cohort", $"Aucune cohorte n’a ce code.");
        }
    }
}

internal static partial class MembershipRules
{
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
    }
}
