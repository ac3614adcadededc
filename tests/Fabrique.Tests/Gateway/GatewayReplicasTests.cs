using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

/// <summary>The gateway before several processes of one service.</summary>
public sealed class GatewayReplicasTests : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _started = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_and_writes_go_to_the_replicas_that_answer()
    {
        var (one, two) = (await Replica.StartAsync(), await Replica.StartAsync());
        using var http = Gateway(one, two, Replica.Away);
        for (var at = 0; at < 60; at++)
        {
            using var read = await http.GetAsync("/api/v1/practices", Cancellation);
            using var write = await http.PostAsync("/api/v1/practices", Json("""{"title":"x"}"""), Cancellation);
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (read.StatusCode, write.StatusCode));
        }

        Assert.Equal(120, one.Asked + two.Asked);
        Assert.All([one, two], replica => Assert.True(replica.Asked > 0));
    }

    [Fact]
    public async Task A_read_that_a_replica_broke_off_is_answered_by_another_and_a_write_is_not_done_twice()
    {
        var (good, bad) = (await Replica.StartAsync(), await Replica.StartAsync(breaksOff: true));
        using var http = Gateway(bad, good);
        for (var at = 0; at < 20; at++)
        {
            using var read = await http.GetAsync("/api/v1/practices", Cancellation);
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        }

        Assert.True(bad.Asked > 0);
        var before = good.Asked + bad.Asked;
        // Once left alone, the broken one is asked again after a while: until then the other takes everything.
        var refused = 0;
        await WholeNode.EventuallyAsync(
            true,
            async () =>
            {
                using var write = await http.PostAsync("/api/v1/practices", Json("{}"), Cancellation);
                before++;
                refused += write.StatusCode == HttpStatusCode.OK ? 0 : 1;
                return refused > 0;
            },
            TimeSpan.FromSeconds(30)
        );
        Assert.Equal(before, good.Asked + bad.Asked);
    }

    [Fact]
    public async Task A_service_is_degraded_while_one_of_its_replicas_is_away_and_unhealthy_without_any()
    {
        var good = await Replica.StartAsync();
        using var some = Gateway(good, Replica.Away);
        var health = JsonNode.Parse(await some.GetStringAsync("/health", Cancellation))!;
        Assert.Equal("degraded", (string?)health["status"]);
        Assert.Equal(
            ["healthy", "unhealthy"],
            health["pieces"]!["practices"]!["replicas"]!.AsArray().Select(replica => (string?)replica!["status"])
        );

        using var none = Gateway(Replica.Away, Replica.Away);
        using var answer = await none.GetAsync("/health", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in _started)
        {
            await started.DisposeAsync();
        }
    }

    private HttpClient Gateway(params Replica[] practices)
    {
        _started.AddRange(practices);
        // The rest of the node is well.
        var factory = new GatewayFactory(name =>
            name == "practices" ? practices.Select(replica => replica.Address) : [practices[0].Address]
        );
        _started.Add(factory);
        return factory.Open();
    }

    private sealed class Replica(WebApplication? app) : IAsyncDisposable
    {
        private int _asked;

        /// <summary>A port on which nothing can listen.</summary>
        public static Replica Away => new(null);

        public string Address => app?.Urls.First() ?? GatewayFactory.Away;

        /// <summary>How often it was asked for practices.</summary>
        public int Asked => _asked;

        public static async Task<Replica> StartAsync(bool breaksOff = false)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder
                .WebHost.UseUrls("http://127.0.0.1:0")
                .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
            var app = builder.Build();
            var replica = new Replica(app);
            app.MapGet("/health", () => Results.Json(new { status = "healthy" }));
            app.Map("/api/v1/practices", async context =>
            {
                Interlocked.Increment(ref replica._asked);
                await context.Request.Body.CopyToAsync(Stream.Null, Cancellation);
                if (breaksOff)
                {
                    context.Abort();
                }
            });
            await app.StartAsync(Cancellation);
            return replica;
        }

        public ValueTask DisposeAsync() => app?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
