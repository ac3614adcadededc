using System.Diagnostics;
using System.Net;
using Dapr.Client;
using Fabrique.Records.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Tests;

/// <summary>Service invocation by app id, gRPC and HTTP.</summary>
public sealed class SidecarInvocationTests : IAsyncLifetime
{
    private readonly SidecarNode _node = new(SidecarInMemory.Components);
    private SidecarApp _portal = null!;
    private SidecarApp _practices = null!;

    public async ValueTask InitializeAsync()
    {
        _portal = _node.Add("portal", web => { });
        _practices = _node.Add(
            "practices",
            web =>
            {
                web.MapGrpcService<Feed>();
                web.MapGet("/fiches/{id}", (string id, HttpRequest request) => Results.Json(
                        new
                        {
                            id,
                            query = request.QueryString.Value,
                            token = request.Headers["dapr-api-token"].ToString(),
                            caller = request.Headers["dapr-caller-app-id"].ToString(),
                        },
                        statusCode: StatusCodes.Status202Accepted
                    ));
            },
            services => services.AddGrpc()
        );
        await _node.StartAsync();
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_stream_and_its_trailers_come_through_as_they_are()
    {
        using var call = Client("practices")
            .Read(new ReadRequest { Epoch = "e1", After = 3 }, cancellationToken: TestContext.Current.CancellationToken);
        var sequences = new List<long>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal("e1", response.Epoch);
            sequences.Add(response.Sequence);
        }

        Assert.Equal([4, 5, 6], sequences);
        Assert.Equal("three", call.GetTrailers().GetValue("told"));
    }

    [Fact]
    public async Task An_open_stream_delivers_each_message_when_it_is_sent()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var call = Client("practices").Read(new ReadRequest { Follow = true }, cancellationToken: cancellation.Token);
        Assert.True(await call.ResponseStream.MoveNext(cancellation.Token));
        await cancellation.CancelAsync();
        await Eventually.TrueAsync(() => Feed.Cancelled.Task.IsCompleted, "the app learns that its caller left");
    }

    [Fact]
    public async Task An_error_keeps_its_status_detail_and_trailers()
    {
        using var call = Client("practices").Read(new ReadRequest { After = -1 }, cancellationToken: TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("after: négatif", error.Status.Detail);
        Assert.Equal([1, 2], error.Trailers.GetValueBytes("why-bin"));
    }

    [Fact]
    public async Task An_app_that_is_not_of_this_node_is_named()
    {
        using var call = Client("mentoring").Read(new ReadRequest(), cancellationToken: TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("'mentoring'", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_is_down_is_named_and_comes_back()
    {
        await _practices.StopAsync();
        using (var call = Client("practices").Read(new ReadRequest(), cancellationToken: TestContext.Current.CancellationToken))
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(StatusCode.Unavailable, error.StatusCode);
            Assert.Contains("'practices' does not answer", error.Status.Detail, StringComparison.Ordinal);
        }

        await _practices.StartAsync();
        using var again = Client("practices").Read(new ReadRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(await again.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_caller_without_its_token_reaches_nobody()
    {
        var invoker = DaprClient.CreateInvocationInvoker("practices", _node.Grpc.ToString(), "wrong");
        using var call = new FeedService.FeedServiceClient(invoker).Read(
            new ReadRequest(),
            cancellationToken: TestContext.Current.CancellationToken
        );
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);

        // The static factory sends no token at all.
        using var http = DaprClient.CreateInvokeHttpClient("practices", _node.Http.ToString());
        using var response = await http.GetAsync("/fiches/1", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task The_app_knows_who_calls_and_never_sees_the_callers_token()
    {
        using var call = new FeedService.FeedServiceClient(
            Invoker("practices")
                .Intercept(metadata =>
                {
                    metadata.Add("dapr-caller-app-id", "gateway");
                    return metadata;
                })
        ).Read(new ReadRequest(), cancellationToken: TestContext.Current.CancellationToken);
        var headers = await call.ResponseHeadersAsync;
        Assert.Equal("portal", headers.GetValue("seen-caller"));
        Assert.Equal(SidecarNode.AppApiToken, headers.GetValue("seen-token"));
    }

    [Fact]
    public async Task The_trace_of_the_caller_goes_on_in_the_app()
    {
        using var activity = new Activity("ask").Start();
        using var call = Client("practices").Read(new ReadRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(activity.TraceId.ToString(), (await call.ResponseHeadersAsync).GetValue("seen-trace"));
    }

    [Fact]
    public async Task Http_invocation_keeps_path_query_and_status()
    {
        using var dapr = _node.Client(_portal);
        using var http = dapr.CreateInvokableHttpClient("practices");
        using var response = await http.GetAsync("/fiches/caf%C3%A9%20bio?page=2", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(
            $$"""{"id":"café bio","query":"?page=2","token":"{{SidecarNode.AppApiToken}}","caller":"portal"}""",
            System.Text.RegularExpressions.Regex.Unescape(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
        );
    }

    [Fact]
    public async Task Http_invocation_of_an_unknown_app_names_it()
    {
        using var dapr = _node.Client(_portal);
        using var http = dapr.CreateInvokableHttpClient("mentoring");
        using var response = await http.GetAsync("/x", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains(
            "mentoring",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_the_sidecar_does_not_do_is_unimplemented()
    {
        using var dapr = _node.Client(_portal);
        var error = await Assert.ThrowsAsync<Dapr.DaprException>(() =>
            dapr.GetStateAsync<string>("store", "key", cancellationToken: TestContext.Current.CancellationToken)
        );
        Assert.Equal(StatusCode.Unimplemented, Assert.IsType<RpcException>(error.InnerException).StatusCode);
    }

    private CallInvoker Invoker(string app) => DaprClient.CreateInvocationInvoker(app, _node.Grpc.ToString(), _portal.Token);

    private FeedService.FeedServiceClient Client(string app) => new(Invoker(app));

    private sealed class Feed : FeedService.FeedServiceBase
    {
        public static readonly TaskCompletionSource Cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async Task Read(ReadRequest request, IServerStreamWriter<ReadResponse> responseStream, ServerCallContext context)
        {
            if (request.After < 0)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "after: négatif"), [new Metadata.Entry("why-bin", [1, 2])]);
            }

            var seen = context.GetHttpContext().Request.Headers;
            await context.WriteResponseHeadersAsync([
                new("seen-caller", seen["dapr-caller-app-id"].ToString()),
                new("seen-token", seen["dapr-api-token"].ToString()),
                new("seen-trace", Activity.Current?.TraceId.ToString() ?? ""),
            ]);
            for (var sequence = request.After + 1; sequence <= request.After + 3; sequence++)
            {
                await responseStream.WriteAsync(
                    new ReadResponse
                    {
                        Epoch = request.Epoch,
                        Sequence = sequence,
                        Envelope = ByteString.CopyFromUtf8("fiche"),
                    }
                );
                if (request.Follow)
                {
                    context.CancellationToken.Register(() => Cancelled.TrySetResult());
                    await Task.Delay(Timeout.Infinite, context.CancellationToken);
                }
            }

            context.ResponseTrailers.Add("told", "three");
        }
    }
}
