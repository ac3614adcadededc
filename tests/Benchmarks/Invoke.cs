using Dapr.Client;
using Fabrique.Practices.V1;
using Fabrique.Runner;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Benchmarks;

/// <summary>A small gRPC call from one app to another (here the same) through the sidecar, against the same call without it.</summary>
internal sealed class Invoke()
    : Benchmark("invoke", "gRPC calls by app id through the sidecar, against direct calls (and daprd where it is on the path)")
{
    public override async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var broker = await Broker.ChooseAsync("memory", folder.Path, CancellationToken.None);
        await using var embedded = await SidecarNode.StartAsync(folder.New(), broker, DaprSidecar.EmbeddedName, Services, Map);
        using var channel = GrpcChannel.ForAddress(embedded.AppAddress);
        var direct = new PracticeService.PracticeServiceClient(channel);
        var through = new PracticeService.PracticeServiceClient(
            DaprClient.CreateInvocationInvoker(embedded.AppId, embedded.SidecarAddress, embedded.ApiToken)
        );
        await Load.WarmUpAsync(() => CallAsync(through));
        await Load.WarmUpAsync(() => CallAsync(direct));
        foreach (var inFlight in new[] { 1, 16, 64 })
        {
            await report.CompareAsync(
                $"gRPC invocation, {inFlight} in flight",
                new("Fabrique", () => Load.RunAsync(inFlight, () => CallAsync(through))),
                new("direct", () => Load.RunAsync(inFlight, () => CallAsync(direct)))
            );
        }
    }

    private static void Services(IServiceCollection services) => services.AddGrpc();

    private static void Map(WebApplication app)
    {
        app.MapSubscribeHandler();
        app.MapGrpcService<Catalogue>();
    }

    private static async Task CallAsync(PracticeService.PracticeServiceClient client) =>
        await client.GetPracticeAsync(new GetPracticeRequest { Id = "1" });

    internal sealed class Catalogue : PracticeService.PracticeServiceBase
    {
        private static readonly GetPracticeResponse Answer = new()
        {
            Practice = new Practice { Id = "1", Title = "Une pratique" },
        };

        public override Task<GetPracticeResponse> GetPractice(GetPracticeRequest request, ServerCallContext context) =>
            Task.FromResult(Answer);
    }
}
