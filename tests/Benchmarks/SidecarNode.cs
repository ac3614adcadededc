using System.Net;
using Dapr.Client;
using Fabrique.Runner;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabrique.Benchmarks;

/// <summary>
/// A sidecar in a process of its own, started as the runner starts it, and beside it one app of this process, on the unmodified Dapr SDK.
/// </summary>
internal sealed class SidecarNode : IAsyncDisposable
{
    private readonly Server _sidecar;
    private readonly WebApplication _app;

    private SidecarNode(string appId, Server sidecar, WebApplication app, IReadOnlyDictionary<string, string> environment)
    {
        (AppId, _sidecar, _app) = (appId, sidecar, app);
        (SidecarAddress, ApiToken) = (environment["DAPR_GRPC_ENDPOINT"], environment["DAPR_API_TOKEN"]);
        Dapr = new DaprClientBuilder()
            .UseHttpEndpoint(environment["DAPR_HTTP_ENDPOINT"])
            .UseGrpcEndpoint(SidecarAddress)
            .UseDaprApiToken(ApiToken)
            .Build();
    }

    public string AppId { get; }

    /// <summary>Of the sidecar's gRPC.</summary>
    public string SidecarAddress { get; }

    /// <summary>Of the app, HTTP/2.</summary>
    public string AppAddress => _app.Urls.First();

    public string ApiToken { get; }

    public DaprClient Dapr { get; }

    /// <param name="folder">Of this node alone.</param>
    /// <param name="broker">Which runs already.</param>
    /// <param name="sidecar">The embedded one or daprd; also the app's id, so that two on one broker do not share a queue.</param>
    /// <param name="services">What the app is made of.</param>
    /// <param name="map">What it answers.</param>
    public static async Task<SidecarNode> StartAsync(
        string folder,
        Broker broker,
        string sidecar,
        Action<IServiceCollection> services,
        Action<WebApplication> map
    )
    {
        RunFile.PrivateFolder(RunFile.Folder(folder));
        var app = new TyeService(
            sidecar,
            null,
            "this program",
            [],
            new Dictionary<string, string>(),
            [new TyeBinding("http", null, "h2c")]
        );
        var file = new TyeFile("bench", Path.Combine(Checkout.Root(), "services", "sidecar", "components"), [app]);
        var plan = new Node(file, Checkout.Root(), folder, IPAddress.Loopback, null).Plan(
            broker,
            new Database("none", null),
            DaprSidecar.Choose(sidecar, broker, folder)
        );
        var spec = plan.Processes.Single(process => process.Name == sidecar);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.AddFilter("", LogLevel.Error).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Error);
        builder
            .WebHost.UseUrls(spec.Environment["ASPNETCORE_URLS"])
            .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2));
        services(builder.Services);
        var web = builder.Build();
        map(web);
        await web.StartAsync();
        var node = new SidecarNode(
            sidecar,
            await Server.StartAsync(plan.Processes.Single(process => process.Stage == Stage.Sidecar)),
            web,
            spec.Environment
        );
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await timer.WaitForNextTickAsync() && !await node.Dapr.CheckHealthAsync())
        {
            // It reads the subscriptions.
        }

        return node;
    }

    public async ValueTask DisposeAsync()
    {
        Dapr.Dispose();
        await _sidecar.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
