using Fabrique.Practices.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task ExportPractices(
        ListPracticesRequest request,
        IServerStreamWriter<ExportPracticesResponse> responseStream,
        ServerCallContext context
    )
    {
        DemandToList(request, context);
        foreach (var id in await queries.AllAsync(request, context.CancellationToken))
        {
            if (await records.FindAsync<Practice>(id, context.CancellationToken) is { } found && MayRead(found, context))
            {
                await responseStream.WriteAsync(
                    new ExportPracticesResponse { Practice = await ResourceAsync(found, context) },
                    context.CancellationToken
                );
            }
        }
    }
}
