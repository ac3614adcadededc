using Fabrique.Records;
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
        new() { Membership = await ChangeAsync(request.Territory, new("examined", membership => membership.Examined()), context) };

    public override async Task<RefuseMembershipResponse> RefuseMembership(RefuseMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await ChangeAsync(request.Territory, new("refused", membership => membership.Refused(request.Reason)), context),
        };

    public override async Task<AcceptMembershipResponse> AcceptMembership(AcceptMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await ChangeAsync(
                request.Territory,
                InCohort("accepted", request.Cohort, context, membership => membership.Accepted(request.Profile, request.Cohort)),
                context
            ),
        };

    public override async Task<PlaceMembershipResponse> PlaceMembership(PlaceMembershipRequest request, ServerCallContext context) =>
        new()
        {
            Membership = await ChangeAsync(
                request.Territory,
                InCohort("placed", request.Cohort, context, membership => membership.Placed(request.Profile, request.Cohort)),
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
