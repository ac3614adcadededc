using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Fabrique.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Tests;

/// <summary>What the gateway keeps, for how long and for whom; how often one may ask; and tags.</summary>
public sealed class GatewayCacheTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Origin _origin = new();
    private readonly Turnstile _entrance = new();
    private GatewayFactory _gateway = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RecordChanges Changes => _gateway.Services.GetRequiredService<RecordChanges>();

    public async ValueTask InitializeAsync()
    {
        await _origin.StartAsync();
        _gateway = new GatewayFactory(
            name => [_origin.AddressOf(name)],
            host =>
            {
                host.UseSetting("RateLimits:Pages", "5");
                host.ConfigureServices(services =>
                    services.AddSingleton<TimeProvider>(new QuickClock()).AddSingleton<IStartupFilter>(_entrance)
                );
            }
        );
        _http = _gateway.Open();
        await SettledAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task A_page_is_made_once_for_everybody()
    {
        var first = await TextAsync("/page");
        Assert.Equal(first, await TextAsync("/page"));
        Assert.Equal(1, _origin.Asked("/page"));
        Assert.NotEqual(first, await TextAsync("/page?a=1"));
    }

    [Fact]
    public async Task A_hundred_who_ask_at_once_cost_one_page()
    {
        _origin.Hold = new TaskCompletionSource();
        var asking = Enumerable.Range(0, 100).Select(_ => TextAsync("/herd")).ToList();
        // Who looks for a page just before it is kept, and then finds nobody making it, makes it again: all of them wait before it is given
        // out.
        await WholeNode.EventuallyAsync((100, 1), () => Task.FromResult((_entrance.Entered("/herd"), _origin.Asked("/herd"))), Limit);
        _origin.Hold.SetResult();
        Assert.Single((await Task.WhenAll(asking)).Distinct());
        Assert.Equal(1, _origin.Asked("/herd"));
    }

    [Fact]
    public async Task A_record_that_changes_makes_every_page_anew_within_a_second()
    {
        var before = await TextAsync("/page");
        _origin.Change();
        await WholeNode.EventuallyAsync(true, async () => await TextAsync("/page") != before, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_service_that_takes_a_change_in_late_makes_every_page_anew_once_more()
    {
        _origin.Change("practices");
        await SettledAsync();
        var early = await TextAsync("/page");
        Assert.Equal(early, await TextAsync("/page"));
        // However much later.
        _origin.Change("territories");
        await WholeNode.EventuallyAsync(true, async () => await TextAsync("/page") != early, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_feed_that_says_it_is_still_there_makes_nothing_anew()
    {
        var before = await TextAsync("/page");
        var generation = Changes.Generation;
        _origin.SayNothingNew();
        // Both feeds have said so before the next change of theirs is received.
        _origin.Change("practices");
        await WholeNode.EventuallyAsync(generation + 1, () => Task.FromResult(Changes.Generation), Limit);
        Assert.NotEqual(before, await TextAsync("/page"));
        Assert.Equal(generation + 1, Changes.Generation);
    }

    [Fact]
    public async Task Nothing_is_kept_while_nobody_can_tell_whether_it_changed()
    {
        _origin.FeedIsAway = true;
        _origin.Change();
        await WholeNode.EventuallyAsync(true, async () => await TextAsync("/page") != await TextAsync("/page"), Limit);
        _origin.FeedIsAway = false;
        await SettledAsync();
    }

    [Theory]
    [InlineData("Cookie", "fabrique-session=x")]
    [InlineData("Cookie", "fabrique-form=x")]
    [InlineData("Authorization", "Bearer x")]
    public async Task What_is_asked_for_by_somebody_is_neither_kept_nor_taken_from_what_is_kept(string header, string value)
    {
        var mine = await TextAsync("/page", header, value);
        var everybodys = await TextAsync("/page");
        Assert.NotEqual(mine, everybodys);
        Assert.NotEqual(everybodys, await TextAsync("/page", header, value));
        Assert.Equal(everybodys, await TextAsync("/page"));
    }

    [Theory]
    [InlineData("/cookie")]
    [InlineData("/private")]
    [InlineData("/missing")]
    [InlineData("/table")]
    public async Task What_is_for_one_or_wrong_or_large_is_not_kept(string path)
    {
        Assert.NotEqual(await TextAsync(path), await TextAsync(path));
    }

    [Fact]
    public async Task Languages_and_encodings_do_not_mix()
    {
        Assert.NotEqual(
            await TextAsync("/api/v1/practices", "Accept-Language", "fr"),
            await TextAsync("/api/v1/practices", "Accept-Language", "en-GB,en;q=0.8")
        );
        Assert.Equal(
            await TextAsync("/api/v1/practices", "Accept-Language", "en"),
            await TextAsync("/api/v1/practices", "Accept-Language", "en-US")
        );

        var plain = await TextAsync("/page");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/page") { Headers = { { "Accept-Encoding", "br, gzip" } } };
        using var packed = await _http.SendAsync(request, Cancellation);
        Assert.Equal("br", packed.Content.Headers.ContentEncoding.Single());
        Assert.Equal(plain, await TextAsync("/page"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer x")]
    public async Task Who_has_the_answer_already_is_told_so_without_its_body(string? authorization)
    {
        using var first = await SendAsync("/still", null, authorization);
        var tag = first.Headers.ETag!;
        Assert.True(tag.IsWeak);
        Assert.Equal("no-cache", first.Headers.CacheControl!.ToString());

        using var again = await SendAsync("/still", tag, authorization);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(tag, again.Headers.ETag);

        using var other = await SendAsync("/still", new EntityTagHeaderValue("\"else\"", isWeak: true), authorization);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);

        async Task<HttpResponseMessage> SendAsync(string path, EntityTagHeaderValue? known, string? authorization)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (known is not null)
            {
                request.Headers.IfNoneMatch.Add(known);
            }
            if (authorization is not null)
            {
                request.Headers.Add("Authorization", authorization);
            }
            return await _http.SendAsync(request, Cancellation);
        }
    }

    [Fact]
    public async Task An_answer_longer_than_any_page_passes_whole()
    {
        Assert.Equal(3 << 20, (await TextAsync("/long")).Length);
    }

    [Fact]
    public async Task One_address_that_asks_too_often_is_told_when_to_come_back_and_the_others_are_not_held_up()
    {
        for (var left = 4; left >= 0; left--)
        {
            using var taken = await FromAsync("2001:db8:1:2::a");
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
            Assert.Equal(
                ("\"pages\";q=5;w=60", $"\"pages\";r={left}"),
                (taken.Headers.GetValues("RateLimit-Policy").Single(), taken.Headers.GetValues("RateLimit").Single())
            );
        }

        using var refused = await FromAsync("2001:db8:1:2::b");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Contains("Attendez un instant", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        using var other = await FromAsync("2001:db8:1:3::a");
        using var api = await FromAsync("2001:db8:1:2::a", "/api/v1/practices");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (other.StatusCode, api.StatusCode));
        using var here = await _http.GetAsync("/page", Cancellation);
        Assert.False(here.Headers.Contains("RateLimit"));

        Task<HttpResponseMessage> FromAsync(string client, string path = "/page") =>
            _http.SendAsync(new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Forwarded-For", client } } }, Cancellation);
    }

    [Fact]
    public async Task A_program_of_another_site_may_read_the_API_and_not_write_to_it()
    {
        using var read = await _http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "/api/v1/practices") { Headers = { { "Origin", "https://example.org" } } },
            Cancellation
        );
        Assert.Equal("*", read.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("ETag", read.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);

        using var asks = new HttpRequestMessage(HttpMethod.Options, "/api/v1/practices")
        {
            Headers = { { "Origin", "https://example.org" }, { "Access-Control-Request-Method", "POST" } },
        };
        using var write = await _http.SendAsync(asks, Cancellation);
        Assert.DoesNotContain(
            "POST",
            string.Join(",", write.Headers.TryGetValues("Access-Control-Allow-Methods", out var methods) ? methods : []),
            StringComparison.Ordinal
        );
        // What was kept for the first is for one origin more, and a conditional request is asked for beforehand.
        using var kept = await _http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "/api/v1/practices") { Headers = { { "Origin", "https://example.com" } } },
            Cancellation
        );
        Assert.Equal("*", kept.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.False(kept.Headers.Contains("Access-Control-Allow-Credentials"));
        using var tagged = new HttpRequestMessage(HttpMethod.Options, "/api/v1/practices")
        {
            Headers =
            {
                { "Origin", "https://example.org" },
                { "Access-Control-Request-Method", "GET" },
                { "Access-Control-Request-Headers", "if-none-match" },
            },
        };
        using var allowed = await _http.SendAsync(tagged, Cancellation);
        Assert.Equal(
            (HttpStatusCode.NoContent, "if-none-match", TimeSpan.FromHours(1)),
            (
                allowed.StatusCode,
                allowed.Headers.GetValues("Access-Control-Allow-Headers").Single(),
                TimeSpan.FromSeconds(int.Parse(allowed.Headers.GetValues("Access-Control-Max-Age").Single(), null))
            )
        );
        using var page = await _http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "/page") { Headers = { { "Origin", "https://example.org" } } },
            Cancellation
        );
        Assert.False(page.Headers.Contains("Access-Control-Allow-Origin"));
    }

    /// <summary>The feeds are followed, and what the start made new has passed.</summary>
    private Task SettledAsync() =>
        WholeNode.EventuallyAsync(
            true,
            async () =>
            {
                var (heard, generation) = (Changes.AreHeard, Changes.Generation);
                await Task.Delay(TimeSpan.FromMilliseconds(300), Cancellation);
                return heard && Changes.AreHeard && Changes.Generation == generation;
            },
            Limit
        );

    private async Task<string> TextAsync(string path, string? header = null, string? value = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (header is not null)
        {
            request.Headers.Add(header, value);
        }
        using var answer = await _http.SendAsync(request, Cancellation);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    /// <summary>Waits take a twentieth of their time.</summary>
    private sealed class QuickClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 20 : dueTime, period);
    }

    /// <summary>Counts who comes in.</summary>
    private sealed class Turnstile : IStartupFilter
    {
        private readonly ConcurrentDictionary<string, int> _entered = new();

        public int Entered(string path) => _entered.GetValueOrDefault(path);

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(through =>
                    context =>
                    {
                        _entered.AddOrUpdate(context.Request.Path, 1, (_, before) => before + 1);
                        return through(context);
                    }
                );
                next(app);
            };
    }
}
