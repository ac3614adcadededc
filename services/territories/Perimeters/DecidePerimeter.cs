using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

/// <summary>How a declared perimeter is confirmed or refused, and kept up to date.</summary>
internal sealed partial class PerimetersGrpc
{
    public override async Task<ConfirmPerimeterResponse> ConfirmPerimeter(ConfirmPerimeterRequest request, ServerCallContext context) =>
        new() { Perimeter = await DecideAsync(request.Id, "confirmed", context, perimeter => perimeter.Confirmed(Today)) };

    public override async Task<RefusePerimeterResponse> RefusePerimeter(RefusePerimeterRequest request, ServerCallContext context) =>
        new() { Perimeter = await DecideAsync(request.Id, "refused", context, perimeter => perimeter.Refused(request.Reason)) };

    public override async Task<RevisePerimeterResponse> RevisePerimeter(RevisePerimeterRequest request, ServerCallContext context)
    {
        Texts.Tidy(request);
        context.Demand(request.Id);
        var members = Members(request.Members);
        var written = await records.WriteAsync<Perimeter>(
            request.Id,
            current =>
            {
                var perimeter = current ?? throw NotFound();
                if (perimeter.Info.Version != request.Version)
                {
                    throw new Refusal(
                        StatusCode.Aborted,
                        "STALE_VERSION",
                        $"Quelqu’un a modifié ce périmètre entre-temps. Rien n’a été enregistré : rechargez la page."
                    );
                }
                return perimeter.Body.Revised(request, members, Today) is { } next ? Change("revised", next) : null;
            },
            context.CancellationToken
        );
        return new RevisePerimeterResponse { Perimeter = Resource(written) };
    }

    private async Task<Perimeter> DecideAsync(string id, string word, ServerCallContext context, Func<Perimeter, Perimeter?> decide)
    {
        var written = await records.WriteAsync<Perimeter>(
            id,
            current =>
            {
                var perimeter = current?.Body ?? throw NotFound();
                context.Demand(Subject(perimeter));
                return decide(perimeter) is { } next ? Change(word, next) : null;
            },
            context.CancellationToken
        );
        return Resource(written);
    }
}
