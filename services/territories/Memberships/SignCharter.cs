using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>How a membership becomes active: the charter, then the delegation.</summary>
internal sealed partial class MembershipsGrpc
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override async Task<SignCharterResponse> SignCharter(SignCharterRequest request, ServerCallContext context)
    {
        Texts.Tidy(request);
        var verb = new Verb<TerritoriesDb, Membership>("charter-signed", membership =>
            membership.Signed(request.Version, charters.Latest, request.Signatory, request.SignedOn, request.Deliberation, Today)
        )
        {
            Beside = (db, _, membership) => SignAsync(db, membership.Territory, request.Signatory, context.CancellationToken),
        };
        var signed = await ChangeAsync(request.Territory, verb, context);
        if (signed.Status != MembershipStatus.CharterToSign)
        {
            return new SignCharterResponse { Membership = signed };
        }
        var families = await FamiliesAsync(signed.Territory, context);
        if (MembershipRules.Missing(families) is { Count: > 0 } missing)
        {
            signed.Missing.Add(missing);
            return new SignCharterResponse { Membership = signed };
        }
        return new SignCharterResponse { Membership = await ActivateAsync(signed.Territory, families, context) };
    }

    public override async Task<ActivateMembershipResponse> ActivateMembership(ActivateMembershipRequest request, ServerCallContext context)
    {
        var found = await records.FindAsync<Membership>(Code(request.Territory), context.CancellationToken)
            ?? throw Kinds.Membership.Missing();
        context.Demand(Kinds.Membership.SubjectOf(found.Body));
        return new ActivateMembershipResponse
        {
            Membership = await ActivateAsync(found.Body.Territory, await FamiliesAsync(found.Body.Territory, context), context),
        };
    }

    public override async Task<EraseSignatoryResponse> EraseSignatory(EraseSignatoryRequest request, ServerCallContext context)
    {
        var found = await records.FindAsync<Membership>(Code(request.Territory), context.CancellationToken)
            ?? throw Kinds.Membership.Missing();
        context.Demand(Kinds.Membership.SubjectOf(found.Body));
        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        await db.Signatories.Where(row => row.Territory == found.Body.Territory).ExecuteDeleteAsync(context.CancellationToken);
        return new EraseSignatoryResponse();
    }

    private Task<Membership> ActivateAsync(string territory, IReadOnlyDictionary<string, int> families, ServerCallContext context) =>
        ChangeAsync(territory, new("activated", membership => membership.Activated(families, Today)), context);

    /// <summary>How many people stand for each family, by the service that knows them.</summary>
    private async Task<IReadOnlyDictionary<string, int>> FamiliesAsync(string territory, ServerCallContext context)
    {
        try
        {
            var deadline = clock.GetUtcNow().UtcDateTime + Patience;
            return (
                await identity.GetDelegationAsync(
                    new() { Territory = territory },
                    deadline: deadline,
                    cancellationToken: context.CancellationToken
                )
            ).Families.AsReadOnly();
        }
        catch (RpcException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new Refusal(
                StatusCode.Unavailable,
                "DELEGATION_UNKNOWN",
                $"Nous n’avons pas pu vérifier la composition de votre délégation. Votre signature est conservée : recommencez dans un moment."
            );
        }
    }

    private static async Task SignAsync(TerritoriesDb db, string territory, Signatory signatory, CancellationToken cancellation)
    {
        await db.Signatories.Where(row => row.Territory == territory).ExecuteDeleteAsync(cancellation);
        db.Signatories.Add(
            new SignatoryRow
            {
                Territory = territory,
                Name = signatory.Name,
                Function = signatory.Function,
            }
        );
    }
}
