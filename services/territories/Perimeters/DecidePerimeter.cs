using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;

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
        Texts.Tidy(request);
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
