using Fabrique.Records;
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
        var verb = new Verb<TerritoriesDb, Perimeter>("declared", async writing =>
        {
            if (request.DeclaredBy.Length > 0)
            {
                await ActiveMembers.DemandAsync(writing.Db, request.DeclaredBy, context.CancellationToken);
            }
            var declared = PerimeterRules.Declared(writing.Current?.Body, request, id, members, Today);
            if (!request.Distinct && await NearAsync(writing.Db, declared, context.CancellationToken) is { Count: > 0 } near)
            {
                throw Refusal.Invalid(
                    "distinct",
                    $"Un nom très proche existe déjà dans ce département : {string.Join(", ", near)}. Si c’est bien un autre périmètre, cochez la case."
                );
            }
            return declared;
        })
        {
            Creates = true,
            // Anybody with an account declares; a facilitator looks at it.
            IsOpen = true,
        };
        return new DeclarePerimeterResponse { Perimeter = Resource(await writes.ChangeAsync(Kinds.Perimeter, id, verb, context)) };
    }
}
