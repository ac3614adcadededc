using System.Collections.Concurrent;
using System.Threading.Channels;
using Fabrique.Records.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabrique.Tests;

/// <summary>
/// Every service of a node in one process, each at a port of its own: pages that are never twice the same, and a feed.
/// </summary>
internal sealed class Origin : FeedService.FeedServiceBase, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _asked = new();
    private readonly ConcurrentDictionary<Channel<bool>, string> _readers = new();
    private WebApplication _app = null!;

    public bool FeedIsAway { get; set; }

    public TaskCompletionSource? Hold { get; set; }

    public string AddressOf(string service) => _app.Urls.ElementAt(GatewayFactory.Names.Index().Single(name => name.Item == service).Index);

    public int Asked(string path) => _asked.GetValueOrDefault(path);

    /// <param name="area">Whose feed tells a new position; null: every one.</param>
    public void Change(string? area = null) => Say(area, isNew: true);

    public void SayNothingNew() => Say(null, isNew: false);

    private void Say(string? area, bool isNew)
    {
        foreach (var (reader, _) in _readers.Where(reader => area is null || reader.Value == area))
        {
            reader.Writer.TryWrite(isNew);
        }
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseUrls([.. GatewayFactory.Names.Select(_ => "http://127.0.0.1:0")])
            .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.MapGrpcService<Origin>();
        _app.MapGet("{**path}", (Delegate)AnswerAsync);
        await _app.StartAsync();
    }

    public override async Task Read(ReadRequest request, IServerStreamWriter<ReadResponse> responseStream, ServerCallContext context)
    {
        Assert.True(request is { Follow: true, FromEnd: true });
        if (FeedIsAway)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "away"));
        }
        var (reader, sequence) = (Channel.CreateUnbounded<bool>(), 7L);
        _readers[reader] = GatewayFactory.Names.Single(name =>
            new Uri(AddressOf(name)).Port == context.GetHttpContext().Connection.LocalPort
        );
        await responseStream.WriteAsync(new ReadResponse { Sequence = sequence });
        await foreach (var isNew in reader.Reader.ReadAllAsync(context.CancellationToken))
        {
            if (FeedIsAway)
            {
                break;
            }
            await responseStream.WriteAsync(new ReadResponse { Sequence = isNew ? ++sequence : sequence });
        }
        _readers.TryRemove(reader, out var _);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        var times = _asked.AddOrUpdate(path, 1, (_, before) => before + 1);
        await (Hold?.Task ?? Task.CompletedTask);
        var text = path switch
        {
            "/still" => new string('s', 2_000),
            "/long" => new string('l', 3 << 20),
            // More than the buffers between two processes hold.
            "/longest" => new string('l', 40 << 20),
            _ when path.Contains("echo", StringComparison.OrdinalIgnoreCase) => Seen(context.Request),
            _ => $"{path} {times} {new string('x', 2_000)}",
        };
        context.Response.Headers.SetCookie = path == "/cookie" ? "a=b" : default;
        context.Response.Headers.CacheControl = path == "/private" ? "no-store, private" : default;
        context.Response.Headers.ContentDisposition = path == "/table" ? "attachment" : default;
        if (path == "/speechless")
        {
            context.Response.ContentLength = 0;
            return Results.StatusCode(409);
        }
        return Results.Text(text, "text/html", statusCode: path == "/missing" ? 404 : 200);
    }

    // Who asks, where a trace begins, and what decides only whether an answer has to be sent.
    private static readonly string[] Beside =
    [
        "traceparent",
        "X-Forwarded-For",
        "X-Original-For",
        "Host",
        "If-None-Match",
        "If-Modified-Since",
    ];

    /// <summary>All that a service could look at of a request in order to answer it.</summary>
    private static string Seen(HttpRequest request) =>
        string.Join(
            '\n',
            [
                $"{request.Method} {request.Path} {request.QueryString}",
                .. request
                    .Headers.Where(header => !Beside.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
                    .OrderBy(header => header.Key, StringComparer.Ordinal)
                    .Select(header => $"{header.Key}: {header.Value}"),
                new string('e', 2_000),
            ]
        );
}
