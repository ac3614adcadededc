using System.Text.RegularExpressions;
using Fabrique.Gateway;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Fabrique.Tests;

/// <summary>Whom the gateway asks: every call of every contract is made at its door, by gRPC and by its HTTP address.</summary>
public sealed partial class GatewayRoutesTests : IAsyncLifetime
{
    private readonly List<WebApplication> _services = [];
    private GatewayFactory _gateway = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static IEnumerable<ServiceDescriptor> Contracts => ContractFiles.All.SelectMany(file => file.Services);

    public async ValueTask InitializeAsync()
    {
        var addresses = new Dictionary<string, string>();
        foreach (var name in GatewayFactory.Names)
        {
            addresses[name] = await StartAsync(name);
        }
        _gateway = new GatewayFactory(name => [addresses[name]]);
        _http = _gateway.Open();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }
    }

    [Fact]
    public async Task Every_call_with_an_HTTP_address_is_answered_by_the_service_of_its_area()
    {
        var calls = Contracts.SelectMany(service => service.Methods).Where(call => call.HttpPath() is not null).ToList();
        Assert.True(calls.Count > 20);
        foreach (var call in calls)
        {
            Assert.Equal(call.Service.Area(), await _http.GetStringAsync(Parameter().Replace(call.HttpPath()!, "x"), Cancellation));
        }
        Assert.Equal("portal", await _http.GetStringAsync("/api/v1/nothing", Cancellation));
    }

    [Fact]
    public async Task What_has_an_HTTP_address_is_reached_by_gRPC_too_and_nothing_else_is()
    {
        Assert.Contains(Contracts, service => service.Name == "IdentityService");
        foreach (var service in Contracts)
        {
            var open = service.Methods.Any(call => call.HttpPath() is not null);
            foreach (var call in service.Methods)
            {
                Assert.Equal(
                    (service.FullName, call.Name, open ? service.Area() : "portal"),
                    (service.FullName, call.Name, await CallAsync($"/{service.FullName}/{call.Name}"))
                );
            }
        }
    }

    [Fact]
    public async Task What_services_of_a_node_ask_of_each_other_is_reached_from_nowhere_else()
    {
        var own = Rights.Table.Where(call => call.Value.Contains(Rights.App)).Select(call => call.Key).ToList();
        Assert.True(own.Count >= 2);
        foreach (var call in own)
        {
            Assert.Equal("portal", await CallAsync($"/{call}"));
        }
        // One such call in a service would close all of it: it stands in a service of its own.
        Assert.Empty(
            Contracts
                .Where(service => service.Methods.Any(call => call.HttpPath() is not null))
                .SelectMany(service => service.Methods)
                .Select(call => $"{call.Service.FullName}/{call.Name}")
                .Intersect(own)
        );
    }

    [Fact]
    public async Task A_feed_is_reached_by_the_name_of_its_area()
    {
        const string read = "/fabrique.records.v1.FeedService/Read";
        foreach (var area in new[] { "practices", "territories" })
        {
            Assert.Equal(area, await CallAsync(read, area));
        }
        Assert.Equal("portal", await CallAsync(read));
        Assert.Equal("portal", await CallAsync(read, "identity"));
    }

    [Fact]
    public void An_area_without_an_address_here_is_not_routed_and_two_areas_do_not_share_an_address()
    {
        var some = new ServiceRoutes(Settings("practices"));
        Assert.Equal(["practices"], some.Areas);
        Assert.All(some.Routes, route => Assert.Equal("practices", route.ClusterId));
        Assert.Equal(["https://practices.example"], some.Clusters.Select(cluster => cluster.Destinations!["node"].Address));
        // Every open area of the contracts has an address in the settings of a whole node.
        Assert.Empty(ServiceRoutes.Open.Select(service => service.Area()).Except(GatewayFactory.Names));

        static IConfiguration Settings(string name) =>
            new ConfigurationBuilder()
                .AddInMemoryCollection([KeyValuePair.Create<string, string?>($"Addresses:{name}", $"https://{name}.example")])
                .Build();
    }

    private async Task<string> CallAsync(string path, string? area = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new ByteArrayContent([0, 0, 0, 0, 0]);
        request.Content.Headers.ContentType = new("application/grpc");
        if (area is not null)
        {
            request.Headers.Add("fabrique-area", area);
        }
        using var answer = await _http.SendAsync(request, Cancellation);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    private async Task<string> StartAsync(string name)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseUrls("http://127.0.0.1:0")
            .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapFallback("{**path}", context => context.Response.WriteAsync(name, Cancellation));
        await app.StartAsync(Cancellation);
        _services.Add(app);
        return app.Urls.First();
    }

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();
}
