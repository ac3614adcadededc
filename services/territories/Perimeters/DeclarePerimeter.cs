using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

/// <summary>How a perimeter comes to be.</summary>
internal sealed partial class PerimetersGrpc
{
    public override async Task<DeclarePerimeterResponse> DeclarePerimeter(DeclarePerimeterRequest request, ServerCallContext context)
    {
        Texts.Tidy(request);
        request.Siren = request.Siren.Replace(" ", "", StringComparison.Ordinal);
        var members = Members(request.Members);
        if (request.DeclaredBy.Length > 0)
        {
            context.Demand(request.DeclaredBy, "member");
            await DemandMemberAsync(request.DeclaredBy, context);
        }
        if (
            request.Siren.Length > 0
            && (await directory.SearchAsync(request.Siren, [], "", "", null, 0, 1, context.CancellationToken)).Territories is [var official]
        )
        {
            throw Refusal.Invalid(
                "siren",
                $"Ce numéro SIREN est celui de {official.Name}, qui est déjà dans l’annuaire : cherchez-la plutôt par son nom."
            );
        }
        var id = PerimeterRules.IdOf(request.Siren, members, Guid.CreateVersion7(clock.GetUtcNow()));
        var current = await records.FindAsync<Perimeter>(id, context.CancellationToken);
        var declared = PerimeterRules.Declared(current?.Body, request, id, members, Today);
        if (!request.Distinct && (await NearAsync(declared, context.CancellationToken)).ToList() is { Count: > 0 } near)
        {
            throw Refusal.Invalid(
                "distinct",
                $"Un nom très proche existe déjà dans ce département : {string.Join(", ", near)}. Si c’est bien un autre périmètre, cochez la case."
            );
        }
        var written = await records.WriteAsync<Perimeter>(
            id,
            now => Change("declared", PerimeterRules.Declared(now?.Body, request, id, members, Today)),
            context.CancellationToken
        );
        return new DeclarePerimeterResponse { Perimeter = Resource(written) };
    }

    /// <summary>Only an active member declares in its own name.</summary>
    private async Task DemandMemberAsync(string territory, ServerCallContext context)
    {
        if ((await records.FindAsync<Membership>(territory, context.CancellationToken))?.Body.Status != MembershipStatus.Active)
        {
            throw new Refusal(
                StatusCode.FailedPrecondition,
                "MEMBERSHIP_NOT_ACTIVE",
                $"L’adhésion de votre territoire n’est pas active : la page « Mon territoire » dit ce qui manque. Rien n’a été enregistré."
            );
        }
    }
}
