using System.IO.Compression;
using System.Net;
using CsCheck;
using Fabrique.Gateway;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Tests;

/// <summary>What is kept is what would be answered, nobody waits for another's reading, and what is large is counted.</summary>
public sealed class KeptAnswersTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Origin _origin = new();
    private GatewayFactory _keeping = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _origin.StartAsync();
        _keeping = new GatewayFactory(name => [_origin.AddressOf(name)], host => host.UseSetting("RateLimits:Exports", "2"));
        _http = _keeping.Open();
        var changes = _keeping.Services.GetRequiredService<RecordChanges>();
        await WholeNode.EventuallyAsync(true, () => Task.FromResult(changes.AreHeard), Limit);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _keeping.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task A_kept_answer_is_what_the_service_would_have_answered()
    {
        await using var deaf = new Origin { FeedIsAway = true };
        await deaf.StartAsync();
        await using var keepingNothing = new GatewayFactory(name => [deaf.AddressOf(name)]);
        using var unkept = keepingNothing.Open();
        var path = Gen.OneOf(
            "/echo",
            "/Echo",
            "/ECHO",
            "/echo/",
            "/echo%2Fa",
            "/echo%252Fa",
            "/echo/a",
            "/en/echo",
            "/api/v1/practices/echo",
            "/api/v1/practices/ECHO"
        );
        var parameter = Gen.Select(
            Gen.OneOf("q", "Q", "page", "suite", "z", "query", "Query", "pageSize", "page_size", "themes", "%71"),
            Gen.OneOf("=1", "=2", "=%31", "=", "", "=a+b", "=a%20b", "=%C3%A9", "=1,2"),
            (name, value) => name + value
        );
        var header = Gen.OneOf(
            "Accept-Language: en",
            "Accept-Language: en-GB, fr;q=0.9",
            "Accept-Language: de, es, it, en",
            "Accept-Language: fr;q=0, en;q=0.1",
            "Accept-Encoding: br",
            "Accept-Encoding: gzip",
            "Accept-Encoding: br;q=0.1, gzip",
            "Accept-Encoding: identity;q=0, br;q=0",
            "Accept-Encoding: *",
            "Accept: text/html; blazor-enhanced-nav=on",
            "Accept: application/json",
            "Cookie: fabrique-langue=en",
            "Authorization: Bearer x",
            "Range: bytes=0-10",
            "If-Modified-Since: Wed, 21 Oct 2026 07:28:00 GMT",
            "If-Match: \"x\"",
            "User-Agent: Lynx",
            "X-Requested-With: XMLHttpRequest",
            "X-HTTP-Method-Override: DELETE",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: other.example",
            "X-Forwarded-Prefix: /x",
            "Forwarded: host=other.example",
            "X-Original-URL: /other",
            "Sec-Fetch-Mode: cors",
            "Save-Data: on",
            "Cache-Control: no-cache"
        );
        await Gen.Select(Gen.OneOf("GET", "GET", "GET", "HEAD"), path, parameter.Array[0, 3], header.Array[0, 3])
            .SampleAsync(
                async (method, path, query, headers) =>
                {
                    var target = path + (query.Length > 0 ? $"?{string.Join('&', query)}" : "");
                    Assert.Equal(await AnswerAsync(unkept, method, target, headers), await AnswerAsync(_http, method, target, headers));
                },
                iter: 600,
                threads: 1
            );
    }

    [Theory]
    [InlineData("/page?z=1", "/page?z=1")]
    [InlineData("/page?Q=1", "/page?Q=1")]
    [InlineData("/pratiques.json", "/pratiques.json")]
    [InlineData("/api/v1/practices:export", "/api/v1/practices:export")]
    public async Task What_has_an_unknown_parameter_or_is_a_whole_file_is_not_kept(string path, string again)
    {
        Assert.NotEqual(await _http.GetStringAsync(path, Cancellation), await _http.GetStringAsync(again, Cancellation));
        Assert.Equal(await _http.GetStringAsync("/page?q=1", Cancellation), await _http.GetStringAsync("/page?q=1", Cancellation));
    }

    [Fact]
    public async Task Nobody_waits_for_another_who_reads_slowly()
    {
        using var slow = await RawHttp.OpenAsync(
            _http.BaseAddress!,
            $"GET /longest HTTP/1.1\nHost: {_http.BaseAddress!.Authority}",
            Cancellation
        );
        await WholeNode.EventuallyAsync(1, () => Task.FromResult(_origin.Asked("/longest")), Limit);
        Assert.Equal(40 << 20, (await _http.GetStringAsync("/longest", Cancellation).WaitAsync(Limit, Cancellation)).Length);
    }

    [Fact]
    public async Task Nobody_waits_for_another_who_sends_slowly()
    {
        using var slow = await RawHttp.OpenAsync(
            _http.BaseAddress!,
            $"GET /slowly HTTP/1.1\nHost: {_http.BaseAddress!.Authority}\nContent-Length: 1000\n\nx",
            Cancellation
        );
        Assert.NotEmpty(await _http.GetStringAsync("/slowly", Cancellation).WaitAsync(Limit, Cancellation));
    }

    [Theory]
    [InlineData("/pratiques.csv", null)]
    [InlineData("/en/pratiques.CSV", null)]
    [InlineData("/api/v1/practices:export", null)]
    [InlineData("/fabrique.practices.v1.PracticeService/ExportPractices", "application/grpc")]
    [InlineData("/fabrique.records.v1.FeedService/Read", "application/grpc")]
    public async Task Whole_files_are_counted_as_such_by_whatever_door(string path, string? grpc)
    {
        var statuses = new List<HttpStatusCode>();
        for (var time = 0; time < 3; time++)
        {
            using var request = new HttpRequestMessage(grpc is null ? HttpMethod.Get : HttpMethod.Post, path);
            request.Headers.Add("X-Forwarded-For", $"2001:db8:{path.Length}::1");
            request.Content = grpc is null ? null : new ByteArrayContent([]) { Headers = { ContentType = new(grpc) } };
            using var answer = await _http.SendAsync(request, Cancellation);
            statuses.Add(answer.StatusCode);
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[2]);
        Assert.DoesNotContain(HttpStatusCode.TooManyRequests, statuses[..2]);
    }

    private static async Task<string> AnswerAsync(HttpClient http, string method, string target, string[] headers)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(http.BaseAddress! + target[1..]));
        request.Headers.Host = "site.example";
        foreach (var header in headers)
        {
            request.Headers.TryAddWithoutValidation(header[..header.IndexOf(':')], header[(header.IndexOf(':') + 2)..]);
        }
        using var answer = await http.SendAsync(request, Cancellation);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
        var encoding = answer.Content.Headers.ContentEncoding.ToString() ?? "";
        await using var decoded = encoding switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        };
        using var reader = new StreamReader(decoded);
        return $"{await reader.ReadToEndAsync(Cancellation)} {answer.StatusCode} {encoding} {answer.Content.Headers.ContentType} {answer.Headers.ETag}";
    }
}
