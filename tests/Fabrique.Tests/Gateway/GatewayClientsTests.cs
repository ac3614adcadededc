using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabrique.Tests;

/// <summary>What the services are told of whoever asks: what the gateway sees, and never what a client says of itself.</summary>
public sealed class GatewayClientsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_from_elsewhere_cannot_say_that_it_is_on_this_machine()
    {
        var own = (await Dns.GetHostAddressesAsync(Dns.GetHostName(), Cancellation)).FirstOrDefault(address =>
            !IPAddress.IsLoopback(address) && address.AddressFamily == AddressFamily.InterNetwork
        );
        Assert.SkipWhen(own is null, "this machine has no address but loopback");
        await using var service = await EchoAsync();
        await using var factory = new GatewayFactory(service.Urls.First());
        factory.UseKestrel(kestrel => kestrel.Listen(IPAddress.Any, 0));
        factory.StartServer();
        var port = new Uri(factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

        foreach (var said in new[] { "127.0.0.1", "::1", "127.0.0.1, 127.0.0.1", "\"127.0.0.1\"" })
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://{own}:{port}") };
            http.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-For", said);
            http.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-Host", "127.0.0.1:8080");
            http.DefaultRequestHeaders.TryAddWithoutValidation("Forwarded", "for=127.0.0.1");
            Assert.Equal($"{own}|{own}:{port}", await http.GetStringAsync("/compte/boite", Cancellation));
        }
        using var here = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Equal($"127.0.0.1|127.0.0.1:{port}", await here.GetStringAsync("/compte/boite", Cancellation));
    }

    private static async Task<WebApplication> EchoAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseUrls("http://127.0.0.1:0")
            .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapFallback(async context =>
            await context.Response.WriteAsync($"{context.Request.Headers["X-Forwarded-For"]}|{context.Request.Headers["X-Forwarded-Host"]}")
        );
        await app.StartAsync(Cancellation);
        return app;
    }
}
