using System.Text.Json.Nodes;
using Fabrique.Gateway;
using Fabrique.Runner;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Fabrique.Tests;

/// <summary>A gateway with an address for each service that its settings name.</summary>
/// <param name="addresses">Of the processes of a service, by its name.</param>
/// <param name="more">Settings and services of the test.</param>
internal sealed class GatewayFactory(Func<string, IEnumerable<string>> addresses, Action<IWebHostBuilder>? more = null)
    : WebApplicationFactory<ServicesHealth>
{
    /// <summary>A port on which nothing can listen.</summary>
    public const string Away = "http://127.0.0.1:1";

    /// <param name="everything">Answers for all services.</param>
    /// <param name="more">Settings and services of the test.</param>
    public GatewayFactory(string everything, Action<IWebHostBuilder>? more = null)
        : this(_ => [everything], more) { }

    /// <summary>The services behind a gateway, as its settings name them.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Root(), "gateway", "appsettings.json")))!["Addresses"]!
            .AsObject()
            .Select(service => service.Key),
    ];

    /// <summary>Starts it on a free port of its own.</summary>
    public HttpClient Open()
    {
        UseKestrel();
        StartServer();
        return new HttpClient { BaseAddress = ClientOptions.BaseAddress };
    }

    protected override void ConfigureWebHost(IWebHostBuilder host)
    {
        host.UseSetting("urls", "http://127.0.0.1:0");
        host.UseSetting("Data", Directory.CreateTempSubdirectory("gateway-").FullName);
        foreach (var name in Names)
        {
            foreach (var (index, address) in addresses(name).Index())
            {
                host.UseSetting($"services:{name}:http:{index}", address);
            }
        }
        more?.Invoke(host);
    }
}
