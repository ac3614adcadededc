using Dapr.AspNetCore;
using Fabrique.Identity;
using Fabrique.Practices;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Runner;
using Fabrique.Territories;
using Fabrique.Territories.V1;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique.Tests;

/// <summary>
/// The services of a node and its sidecar in the test process, without gateway and portal: the real ones, so that a contract is written
/// once. Every call to them passes one interceptor, which bends what they answer. A new service is one line in
/// <see cref="InitializeAsync"/>.
/// </summary>
public sealed class NodeInProcess : IAsyncLifetime
{
    private const string AppToken = "from the sidecar to the applications";

    private readonly string _data = Directory.CreateTempSubdirectory("fabrique-in-process-").FullName;
    private readonly int[] _ports = Ports.Free(2);
    private readonly List<IAsyncDisposable> _services = [];
    private readonly Dictionary<string, Uri> _addresses = [];
    private IServiceProvider _identity = null!;
    private WebApplication? _sidecar;

    /// <summary>What the services answer in place of what they would.</summary>
    public Bending Bending { get; } = new();

    /// <summary>Where the sidecar speaks HTTP, for an application of the node.</summary>
    public string HttpAddress => $"http://127.0.0.1:{_ports[0]}";

    /// <inheritdoc cref="HttpAddress"/>
    public string GrpcAddress => $"http://127.0.0.1:{_ports[1]}";

    public async ValueTask InitializeAsync()
    {
        await DirectoryFile.CopyToAsync(_data, demonstration: true);
        var territories = Start<TerritoriesDb>("territories", demonstration: true);
        Start<PracticesDb>("practices");
        _identity = Start<IdentityDb>("identity");
        // Otherwise the first key is made when somebody first signs in, and the portal has read that there is none.
        _identity.GetRequiredService<SigningKeys>().Rotate();
        _sidecar = Sidecar.Sidecar.Build([
            $"--resources-path={SidecarInMemory.Components}",
            $"--dapr-http-port={_ports[0]}",
            $"--dapr-grpc-port={_ports[1]}",
            $"--APP_API_TOKEN={AppToken}",
            "--Logging:LogLevel:Default=Error",
            // Each test has a portal of its own, which subscribes to nothing: nobody waits for it.
            "--subscriptions-wait=1",
            "--Apps:portal:Address=http://127.0.0.1:1",
            $"--Apps:portal:ApiToken={TokenOf("portal")}",
            .. _addresses.SelectMany(app =>
                new[] { $"--Apps:{app.Key}:Address={app.Value}", $"--Apps:{app.Key}:ApiToken={TokenOf(app.Key)}" }
            ),
        ]);
        await _sidecar.StartAsync();
        await AnswersAsync();

        // A member of the network beside Loos-en-Gohelle, which ships; what is written is told by the sidecar, as everything is.
        await territories
            .GetRequiredService<RecordStore<TerritoriesDb>>()
            .WriteAsync<Membership>(
                "59350",
                _ => new Change<Membership>(
                    "activated",
                    "59350",
                    new Membership
                    {
                        Territory = "59350",
                        Status = MembershipStatus.Active,
                        Profile = "PILOTE",
                    },
                    Visibility.Public
                ),
                CancellationToken.None
            );
    }

    /// <summary>What an application of the node shows to the sidecar.</summary>
    public static string TokenOf(string app) => $"token of the application {app}";

    /// <summary>A channel to a service, past the sidecar: for what somebody else does meanwhile.</summary>
    public GrpcChannel Channel(string app) => GrpcChannel.ForAddress(_addresses[app]);

    /// <summary>A token of somebody with this right, as the identity service signs it for a session.</summary>
    public async Task<string> TokenAsync(Grant grant)
    {
        var person = TestAccounts.New();
        await using (var scope = _identity.CreateAsyncScope())
        {
            await TestAccounts.MakeAsync(scope, person, grant);
        }
        var configuration = await _identity.GetRequiredService<SigningKeys>().GetBaseConfigurationAsync(CancellationToken.None);
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = configuration.Issuer,
                Audience = Tokens.Audience,
                TokenType = "at+jwt",
                Claims = new Dictionary<string, object>
                {
                    ["sub"] = person.Id,
                    ["name"] = person.Name,
                    ["sid"] = "session",
                    [Tokens.RightsClaim] = 1000L,
                    [Grant.Claim] = $"{grant}",
                },
                Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1),
                SigningCredentials = new(configuration.SigningKeys.First(), SecurityAlgorithms.EcdsaSha256),
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        await (_sidecar?.DisposeAsync() ?? ValueTask.CompletedTask);
        foreach (var service in Enumerable.Reverse(_services))
        {
            await service.DisposeAsync();
        }
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>
    /// The keys of the identity service are read through the sidecar. For the first time that takes longer than a portal would wait.
    /// </summary>
    private async Task AnswersAsync()
    {
        using var http = new HttpClient { DefaultRequestHeaders = { { "dapr-api-token", TokenOf("portal") } } };
        await WholeNode.EventuallyAsync(
            true,
            async () =>
                (
                    await http.GetAsync($"{HttpAddress}/v1.0/invoke/identity/method/.well-known/jwks", CancellationToken.None)
                ).IsSuccessStatusCode,
            TimeSpan.FromSeconds(30)
        );
    }

    /// <typeparam name="TEntry">A public type of the service's assembly.</typeparam>
    private IServiceProvider Start<TEntry>(string app, bool demonstration = false)
        where TEntry : class
    {
        var factory = new WebApplicationFactory<TEntry>().WithWebHostBuilder(host =>
            host.UseSetting("Data", _data)
                .UseSetting("Demo", $"{demonstration}")
                .UseSetting("urls", "http://127.0.0.1:0")
                .UseSetting("DAPR_HTTP_ENDPOINT", HttpAddress)
                .UseSetting("DAPR_GRPC_ENDPOINT", GrpcAddress)
                .UseSetting("DAPR_API_TOKEN", TokenOf(app))
                .UseSetting("services:practices:http:0", "http://127.0.0.1:1")
                .UseSetting("services:territories:http:0", "http://127.0.0.1:1")
                .ConfigureServices(services =>
                    services
                        .AddSingleton(Bending)
                        .PostConfigureAll<DaprAuthenticationOptions>(dapr => dapr.Token = AppToken)
                        .PostConfigureAll<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<Bending>())
                )
        );
        factory.UseKestrel();
        factory.StartServer();
        _services.Add(factory);
        _addresses[app] = factory.ClientOptions.BaseAddress;
        return factory.Services;
    }
}
