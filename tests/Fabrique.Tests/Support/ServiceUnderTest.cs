using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapr.AspNetCore;
using Fabrique.Identity.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Record = Fabrique.Records.V1.Record;

namespace Fabrique.Tests;

/// <summary>A service with its database in a file of its own.</summary>
public sealed class ServiceOnSqlite<TEntry> : ServiceUnderTest<TEntry>
    where TEntry : class
{
    protected override Task<string?> DatabaseAsync() => Task.FromResult<string?>(null);
}

/// <summary>A service with a database of its own on the PostgreSQL server of the tests.</summary>
public sealed class ServiceOnPostgreSql<TEntry>(PostgreSqlServer server) : ServiceUnderTest<TEntry>
    where TEntry : class
{
    protected override async Task<string?> DatabaseAsync() => await server.StartForAsync(typeof(TEntry).Name);
}

/// <summary>A whole service on a real port with its own data folder, alone: nothing to publish to, nothing to follow.</summary>
/// <typeparam name="TEntry">A public type of the service's assembly.</typeparam>
public abstract class ServiceUnderTest<TEntry> : IAsyncLifetime
    where TEntry : class
{
    /// <summary>What the sidecar presents to the applications of the tests.</summary>
    public const string SidecarToken = "token of the sidecar";

    // Members of the network in every test, as Loos-en-Gohelle is.
    private static readonly string[] Members = ["59350", "29019", "29232", "59355", "ZZ001", "ZZ002", "ZZ101", "ZZ102"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fabrique-service-").FullName;
    private WebApplicationFactory<TEntry> _factory = null!;

    public virtual async ValueTask InitializeAsync()
    {
        var database = await DatabaseAsync();
        if (typeof(TEntry) == typeof(TerritoriesDb))
        {
            await DirectoryFile.CopyToAsync(_folder, demonstration: true);
        }
        await PrepareAsync(_folder, database);
        _factory = new WebApplicationFactory<TEntry>().WithWebHostBuilder(host =>
            Settings
                .Aggregate(host, (host, setting) => host.UseSetting(setting.Key, setting.Value))
                .UseSetting("Data", _folder)
                .UseSetting("Demo", $"{typeof(TEntry) == typeof(TerritoriesDb)}")
                .UseSetting(ServiceDatabase.Variable, database)
                .UseSetting("urls", "http://127.0.0.1:0")
                .UseSetting("services:practices:http:0", "http://127.0.0.1:1")
                .UseSetting("services:territories:http:0", "http://127.0.0.1:1")
                .ConfigureServices(services =>
                    services
                        .PostConfigureAll<DaprAuthenticationOptions>(dapr => dapr.Token = SidecarToken)
                        .AddSingleton<IdentityFake>()
                        .AddSingleton<IdentityService.IdentityServiceClient>(provider => provider.GetRequiredService<IdentityFake>())
                        .AddSingleton<TerritoryService.TerritoryServiceClient, DirectoryFake>()
                        .AddKeyedSingleton<PeopleService.PeopleServiceClient>("practices", new PeopleFake(keepsSomething: true))
                        .AddKeyedSingleton<PeopleService.PeopleServiceClient>("territories", new PeopleFake(keepsSomething: false))
                )
        );
        _factory.UseKestrel();
        _factory.StartServer();
        Address = _factory.ClientOptions.BaseAddress;
        Channel = GrpcChannel.ForAddress(Address);
        if (Services.GetService<RecordKinds>()?.Followed.ContainsKey("territories") == true)
        {
            await DeliverAsync("territories", [.. Members.Select(Membership)]);
        }
        if (Services.GetService<RecordStore<TerritoriesDb>>() is { } records)
        {
            foreach (var town in Members)
            {
                await records.WriteAsync<Membership>(
                    town,
                    _ => new Change<Membership>("activated", town, Active(town), Visibility.Public),
                    CancellationToken.None
                );
            }
        }
    }

    public Uri Address { get; private set; } = null!;

    public GrpcChannel Channel { get; private set; } = null!;

    public IServiceProvider Services => _factory.Services;

    /// <summary>What the territories service would publish of a membership.</summary>
    public byte[] Membership(string town) => Membership(Active(town), 1);

    /// <inheritdoc cref="Membership(string)"/>
    public byte[] Membership(Membership membership, long version) => Sealed(membership.Territory, membership, version);

    /// <summary>What the territories service would publish of a profile.</summary>
    public byte[] Profile(Profile profile) => Sealed(profile.Territory, profile, 1);

    private byte[] Sealed<TBody>(string territory, TBody body, long version)
        where TBody : IMessage<TBody>, new()
    {
        var key = Services.GetRequiredService<NodeKey>();
        return Envelope.Seal(
            new Record
            {
                Kind = RecordKind.NameOf<TBody>(),
                Id = territory,
                Territory = territory,
                Home = key.Node,
                Version = version,
                ChangedAt = DateTimeOffset.UnixEpoch.ToTimestamp(),
                Change = "written",
                Visibility = Visibility.Public,
                Body = body.ToByteString(),
            },
            key
        );
    }

    private static Membership Active(string town) =>
        new()
        {
            Territory = town,
            Status = MembershipStatus.Active,
            Profile = "PILOTE",
        };

    /// <summary>A client of the REST API, with a token when it is to write.</summary>
    public HttpClient Http(string? token = null) =>
        new()
        {
            BaseAddress = Address,
            DefaultRequestVersion = new Version(2, 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            DefaultRequestHeaders = { Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token) },
        };

    /// <summary>Brings events to the service in one request, as the sidecar does: all of them must be dealt with.</summary>
    public async Task DeliverAsync(string area, params byte[][] events)
    {
        using var http = Http();
        http.DefaultRequestHeaders.Add("dapr-api-token", SidecarToken);
        using var answer = await http.PostAsJsonAsync(
            $"/records/{area}",
            new
            {
                entries = events.Select(
                    (bytes, at) =>
                        new
                        {
                            entryId = $"e{at}",
                            @event = new
                            {
                                id = $"{at}",
                                specversion = "1.0",
                                data_base64 = bytes,
                            },
                        }
                ),
            }
        );
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var statuses = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["statuses"]!.AsArray();
        Assert.Equal(events.Select((_, at) => $"e{at} SUCCESS"), statuses.Select(status => $"{status!["entryId"]} {status["status"]}"));
    }

    /// <summary>What leaves the service about a territory from now on.</summary>
    public Task<RecordsLeft> LeavingAsync(string territory) => RecordsLeft.SinceNowAsync(Channel, SidecarToken, territory);

    /// <summary>A token of this node.</summary>
    public string Token(string territory, TimeSpan? lifetime = null) => Token(new Grant(Grant.Delegate, territory), lifetime);

    public Grpc.Core.Metadata As(string territory) => As(new Grant(Grant.Delegate, territory));

    public Grpc.Core.Metadata As(Grant grant) => new() { { "authorization", $"Bearer {Token(grant)}" } };

    private string Token(Grant grant, TimeSpan? lifetime = null) =>
        NodeToken.Issue(Services.GetRequiredService<NodeKey>(), [grant], lifetime ?? TimeSpan.FromHours(1), TimeProvider.System);

    public virtual async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _factory.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>What the service finds when it starts.</summary>
    protected virtual Task PrepareAsync(string folder, string? database) => Task.CompletedTask;

    /// <summary>What else the service is told.</summary>
    protected virtual IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    /// <summary>The PostgreSQL server, or null for SQLite.</summary>
    protected abstract Task<string?> DatabaseAsync();
}
