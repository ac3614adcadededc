using System.Net;
using System.Text.Json.Nodes;
using Fabrique.Identity;
using Fabrique.Records.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Yarp.ReverseProxy.Forwarder;
using static Fabrique.Tests.Answers;
using PersonalTokens = Fabrique.Identity.PersonalTokens;

namespace Fabrique.Tests;

/// <summary>
/// Programs at the door of a node: the gateway, the identity service behind it, and an origin that says with which token it was asked.
/// </summary>
public sealed class ProgramGatewayTests(ServiceOnSqlite<IdentityDb> identity) : IClassFixture<ServiceOnSqlite<IdentityDb>>, IAsyncLifetime
{
    private const string Api = "/api/v1/practices";

    /// <summary>The first answer of a process that has just started may come late.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(5);
    private static readonly Grant Referent = new(Grant.Referent, "ZZ001", "AGENT");

    private readonly Echo _echo = new();
    private GatewayFactory _gateway = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _echo.StartAsync(identity.Address);
        _gateway = new GatewayFactory(_echo.Address, host =>
        {
            host.UseSetting("Data", identity.Services.GetRequiredService<IConfiguration>()["Data"]);
            host.UseSetting("APP_API_TOKEN", ServiceUnderTest<IdentityDb>.SidecarToken);
            host.UseSetting("RateLimits:Reads", "7");
        });
        _http = _gateway.Open();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        await _echo.DisposeAsync();
    }

    [Fact]
    public async Task A_personal_token_becomes_an_access_token_once_for_many_requests_and_goes_no_further_itself()
    {
        var (_, secret) = await MakeAsync("porte@example.org");
        await WholeNode.EventuallyAsync(HttpStatusCode.OK, () => StatusAsync(secret), Patience);
        var asked = _echo.Trades;
        var told = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TextAsync(Api, secret)));
        Assert.All(told, text => Assert.DoesNotContain("fab_", text, StringComparison.Ordinal));
        var token = new JsonWebToken(told.Distinct().Single().Split(' ')[1]);
        Assert.Equal("delegate:ZZ001:AGENT", token.GetPayloadValue<string>(Grant.Claim));
        Assert.Equal(asked, _echo.Trades);
        foreach (
            var path in new[]
            {
                "/fabrique.practices.v1.PracticeService/GetPractice",
                "/api/v1/territories/ZZ001",
                "/api/v1/practices:export",
            }
        )
        {
            Assert.StartsWith("Bearer ey", await TextAsync(path, secret), StringComparison.Ordinal);
        }
        Assert.Equal(asked, _echo.Trades);
        // Pages are for people.
        Assert.Equal("", await TextAsync("/pratiques", secret));
    }

    [Fact]
    public async Task What_a_program_is_told_is_kept_for_nobody()
    {
        var (_, secret) = await MakeAsync("cache@example.org");
        await WholeNode.EventuallyAsync(HttpStatusCode.OK, () => StatusAsync(secret), Patience);
        Assert.StartsWith("Bearer", await TextAsync(Api + "?cache", secret), StringComparison.Ordinal);
        Assert.Equal("", await TextAsync(Api + "?cache"));
        Assert.StartsWith("Bearer", await TextAsync(Api + "?cache", secret), StringComparison.Ordinal);
        Assert.Equal("", await TextAsync(Api + "?cache"));
    }

    [Fact]
    public async Task A_right_a_token_and_an_account_that_end_end_at_the_door_within_seconds()
    {
        var (person, secret) = await MakeAsync("fin@example.org");
        await using var scope = identity.Services.CreateAsyncScope();
        var (rights, tokens) = (
            scope.ServiceProvider.GetRequiredService<RightsKeeper>(),
            scope.ServiceProvider.GetRequiredService<PersonalTokens>()
        );
        await WholeNode.EventuallyAsync(HttpStatusCode.OK, () => StatusAsync(secret), Patience);
        Assert.Equal("delegate:ZZ001:AGENT", await GrantAsync(secret));
        await rights.EndAsync("", person, Grant.Referent, "ZZ001");
        await WholeNode.EventuallyAsync("", () => GrantAsync(secret), Seconds);
        await rights.GiveAsync("", person, Referent);
        await WholeNode.EventuallyAsync("delegate:ZZ001:AGENT", () => GrantAsync(secret), Seconds);

        await tokens.EndAsync(person, (await tokens.ListAsync(person)).Single().Id);
        await WholeNode.EventuallyAsync(HttpStatusCode.Unauthorized, () => StatusAsync(secret), Seconds);

        var (other, second) = await MakeAsync("fin-du-compte@example.org");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(second));
        await rights.EndAllAsync(other);
        await WholeNode.EventuallyAsync(HttpStatusCode.Unauthorized, () => StatusAsync(second), Seconds);
    }

    [Theory]
    [InlineData("fr", "Ce jeton n’est pas connu")]
    [InlineData("en", "This token is not known")]
    public async Task A_token_that_is_not_known_is_a_named_problem_in_the_language_of_the_caller_and_is_asked_about_once(
        string language,
        string words
    )
    {
        var unknown = ProgramSecret.New(ProgramSecret.Personal);
        await WholeNode.EventuallyAsync(HttpStatusCode.Unauthorized, () => StatusAsync(unknown), Patience);
        var asked = _echo.Trades;
        for (var times = 0; times < 10; times++)
        {
            using var request = Request(Api, unknown);
            request.Headers.Add("Accept-Language", language);
            using var answer = await _http.SendAsync(request, Cancellation);
            Assert.Contains("invalid_token", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            var problem = await ProblemAsync(answer, 401);
            Assert.Contains(words, (string?)problem["detail"], StringComparison.Ordinal);
            Assert.Equal("INVALID_TOKEN", (string?)problem["reason"]);
        }
        Assert.Equal(asked, _echo.Trades);
        using var grpc = Request("/fabrique.practices.v1.PracticeService/GetPractice", unknown);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _http.SendAsync(grpc, Cancellation)).StatusCode);
        Assert.Equal(asked, _echo.Trades);
    }

    [Fact]
    public async Task Guessing_costs_the_identity_service_next_to_nothing_and_others_nothing()
    {
        var (_, good) = await MakeAsync("voisine@example.org");
        await WholeNode.EventuallyAsync(HttpStatusCode.OK, () => StatusAsync(good), Patience);
        var asked = _echo.Trades;
        // What is made up has no right checksum, and goes no further than the gateway.
        foreach (
            var made in new[]
            {
                "fab_",
                "fab_x",
                "fab_" + new string('0', 72),
                good[..^1] + (good[^1] == '0' ? '1' : '0'),
                "fab_" + new string('~', 72),
            }
        )
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(made));
        }
        Assert.Equal(asked, _echo.Trades);
        // Whoever knows how they are made is stopped after some.
        var statuses = new List<HttpStatusCode>();
        for (var times = 0; times < 60; times++)
        {
            statuses.Add(await StatusAsync(ProgramSecret.New(ProgramSecret.Personal)));
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        Assert.InRange(_echo.Trades - asked, 1, 45);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(good));
    }

    [Fact]
    public async Task While_the_identity_service_is_away_a_program_is_told_when_to_come_back_and_one_that_works_goes_on()
    {
        var (_, working) = await MakeAsync("travaille@example.org");
        var (_, late) = await MakeAsync("arrive@example.org");
        await WholeNode.EventuallyAsync(HttpStatusCode.OK, () => StatusAsync(working), Patience);
        _echo.IdentityIsAway = true;
        using var request = Request(Api, late);
        using var answer = await _http.SendAsync(request, Cancellation);
        await ProblemAsync(answer, 503);
        Assert.Equal("10", answer.Headers.GetValues("Retry-After").Single());
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(working));
        _echo.IdentityIsAway = false;
        await WholeNode.EventuallyAsync(HttpStatusCode.OK, () => StatusAsync(late), Patience);
    }

    [Fact]
    public async Task One_token_from_many_addresses_counts_as_one_who_asks_too_often()
    {
        var (_, secret) = await MakeAsync("partout@example.org");
        await WholeNode.EventuallyAsync(HttpStatusCode.OK, () => StatusAsync(secret), Patience);
        var statuses = new List<HttpStatusCode>();
        for (var times = 0; times < 12; times++)
        {
            using var request = Request(Api, secret);
            request.Headers.Add("X-Forwarded-For", $"192.0.2.{times + 1}");
            using var answer = await _http.SendAsync(request, Cancellation);
            statuses.Add(answer.StatusCode);
        }
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (statuses[0], statuses[^1]));
        using var anonymous = Request(Api, null);
        anonymous.Headers.Add("X-Forwarded-For", "192.0.2.1");
        Assert.Equal(HttpStatusCode.OK, (await _http.SendAsync(anonymous, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_program_of_the_node_gets_its_token_through_the_gateway_and_loses_it_with_its_secret()
    {
        await using var scope = identity.Services.CreateAsyncScope();
        var programs = scope.ServiceProvider.GetRequiredService<NodePrograms>();
        var (id, secret) = await programs.RegisterAsync(
            "",
            Guid.CreateVersion7(),
            "moissonneur",
            [new(Grant.Observer, Grant.Everywhere)],
            writes: false
        );
        using var form = new FormUrlEncodedContent([
            new("grant_type", "client_credentials"),
            new("client_id", id),
            new("client_secret", secret),
        ]);
        using var answer = await _http.PostAsync("/connect/token", form, Cancellation);
        var told = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Equal(("Bearer", true), ((string?)told["token_type"], (int)told["expires_in"]! <= 3600));
        var claims = new JsonWebToken((string)told["access_token"]!);
        var heard = _gateway.Services.GetRequiredService<Revocations>();
        Assert.False(heard.Include(id, 0, claims.GetPayloadValue<string>("sid")));
        await programs.RenewAsync("", id);
        await WholeNode.EventuallyAsync(true, () => Task.FromResult(heard.Include(id, 0, claims.GetPayloadValue<string>("sid"))), Seconds);
    }

    private async Task<(string Person, string Secret)> MakeAsync(string address)
    {
        var person = await TestAccounts.MakeAsync(identity, TestAccounts.New(address), Referent);
        await using var scope = identity.Services.CreateAsyncScope();
        return (
            person.Id,
            (
                await scope
                    .ServiceProvider.GetRequiredService<PersonalTokens>()
                    .MakeAsync(person, Guid.CreateVersion7(), "essai", [new(Grant.Delegate, "ZZ001")], writes: true, 30)
            )!
        );
    }

    /// <summary>The right with which the origin was asked; "" for none, and what was said when it was not asked.</summary>
    private async Task<string> GrantAsync(string secret)
    {
        var text = await TextAsync(Api, secret);
        return !text.StartsWith("Bearer ", StringComparison.Ordinal) ? text
            : new JsonWebToken(text.Split(' ')[1]).TryGetPayloadValue<string>(Grant.Claim, out var grant) ? grant
            : "";
    }

    private async Task<HttpStatusCode> StatusAsync(string secret)
    {
        using var request = Request(Api, secret);
        using var answer = await _http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }

    private async Task<string> TextAsync(string path, string? secret = null)
    {
        using var request = Request(path, secret);
        using var answer = await _http.SendAsync(request, Cancellation);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    private static HttpRequestMessage Request(string path, string? secret)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (secret is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {secret}");
        }
        return request;
    }

    /// <summary>Every piece of a node in one: says how it was asked, and passes on what is for the identity service.</summary>
    private sealed class Echo : FeedService.FeedServiceBase, IAsyncDisposable
    {
        private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler { UseProxy = false });
        private WebApplication _app = null!;
        private int _trades;

        public bool IdentityIsAway { get; set; }

        /// <summary>How often the identity service was asked for a token.</summary>
        public int Trades => _trades;

        public string Address => _app.Urls.Single();

        public async Task StartAsync(Uri identity)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder
                .WebHost.UseUrls("http://127.0.0.1:0")
                .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2));
            builder.Services.AddGrpc();
            builder.Services.AddSingleton(this).AddHttpForwarder();
            _app = builder.Build();
            _app.Use(AskedAsync);
            _app.UseRouting();
            _app.MapGrpcService<Echo>();
            var http2 = new ForwarderRequestConfig
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            foreach (var path in new[] { "/connect/{**rest}", "/fabrique.identity.v1.IdentityService/{**rest}" })
            {
                _app.MapForwarder(path, identity.AbsoluteUri, http2, HttpTransformer.Default, _invoker);
            }
            _app.MapGet("{**path}", (HttpContext http) => http.Request.Headers.Authorization.ToString());
            await _app.StartAsync();
        }

        public override async Task Read(ReadRequest request, IServerStreamWriter<ReadResponse> responseStream, ServerCallContext context)
        {
            await responseStream.WriteAsync(new ReadResponse());
            await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public async ValueTask DisposeAsync()
        {
            await _app.DisposeAsync();
            _invoker.Dispose();
        }

        private Task AskedAsync(HttpContext http, RequestDelegate next)
        {
            if (http.Request.Path == "/connect/token")
            {
                Interlocked.Increment(ref _trades);
                if (IdentityIsAway)
                {
                    http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    return Task.CompletedTask;
                }
            }
            return next(http);
        }
    }
}
