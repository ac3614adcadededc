using System.Collections.Concurrent;
using System.Net;
using Dapr.Client.Autogen.Grpc.v1;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabrique.Tests;

/// <summary>What the relay does with each answer of a sidecar, and with a clock that jumps.</summary>
public sealed class RelayTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.DeadlineExceeded)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unknown)]
    [InlineData(StatusCode.Unauthenticated)]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Cancelled)]
    public async Task Whatever_goes_wrong_is_tried_again_until_it_goes_well(StatusCode trouble)
    {
        await using var sidecar = await RecordingSidecar.StartAsync(trouble, trouble);
        await using var node = await RecordsNode.StartAsync(configure: sidecar.Configure);
        await node.WriteAsync("a", "one");
        await PublishedAsync(node);
        Assert.Equal(
            ["fabrique.practices.v1.Practice/a/1", "fabrique.practices.v1.Practice/a/1", "fabrique.practices.v1.Practice/a/1"],
            sidecar.Asked
        );
    }

    [Fact]
    public async Task A_topic_that_nobody_listens_to_holds_nothing_up()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(StatusCode.NotFound);
        await using var node = await RecordsNode.StartAsync(configure: sidecar.Configure);
        await node.WriteAsync("a", "one");
        await PublishedAsync(node);
        Assert.Equal(["fabrique.practices.v1.Practice/a/1"], sidecar.Asked);
    }

    [Fact]
    public async Task A_clock_that_jumps_changes_neither_the_order_of_versions_nor_their_flow()
    {
        var clock = new JumpingClock();
        await using var sidecar = await RecordingSidecar.StartAsync();
        await using var node = await RecordsNode.StartAsync(configure: builder =>
        {
            sidecar.Configure(builder);
            builder.Services.AddSingleton<TimeProvider>(clock);
        });
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var feed = new FeedService.FeedServiceClient(channel).Read(
            new ReadRequest { Follow = true },
            cancellationToken: Cancellation
        );
        await using var peer = await RecordsNode.StartAsync();
        await peer.Records.TrustAsync(node.Key.Node, node.Key.KeyId, node.Key.PublicKey(), Cancellation);
        await peer.Records.BindHomeAsync("62528", "practices", node.Key.Node, Cancellation);

        var version = 0;
        foreach (var jump in new[] { 0, 1, -2, 1, -24, 48 })
        {
            clock.Jump(TimeSpan.FromHours(jump));
            var written = await node.WriteAsync("a", $"{++version}");
            Assert.Equal(version, written.Info.Version);
            Assert.InRange(clock.GetUtcNow() - written.Info.ChangedAt.ToDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromSeconds(10));

            // In time by a clock that does not jump: the feed's open stream, the relay, another node.
            var envelope = await NextAsync(feed.ResponseStream).WaitAsync(Limit, Cancellation);
            Assert.Equal(version, Envelope.Open(envelope, node.Registry).Version);
            Assert.Equal((1, 0), await peer.IngestAsync(envelope));
            await PublishedAsync(node);
        }
        Assert.Equal(Enumerable.Range(1, version).Select(at => $"fabrique.practices.v1.Practice/a/{at}"), sidecar.Asked);
        Assert.Equal($"{version}", (await peer.Records.FindAsync<Practice>("a", Cancellation))?.Body.Title);

        static async Task<byte[]> NextAsync(IAsyncStreamReader<ReadResponse> feed)
        {
            while (await feed.MoveNext(Cancellation))
            {
                if (!feed.Current.Envelope.IsEmpty)
                {
                    return feed.Current.Envelope.ToByteArray();
                }
            }
            throw new EndOfStreamException();
        }
    }

    /// <summary>Everything is published, or nobody listens to it.</summary>
    private static Task PublishedAsync(RecordsNode node) =>
        WholeNode.EventuallyAsync(
            true,
            () => node.LookAsync(db => db.Store.AnyAsync(store => store.Published == store.LastSequence)),
            Limit
        );

    private sealed class JumpingClock : TimeProvider
    {
        private TimeSpan _offset;

        public void Jump(TimeSpan by) => _offset += by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _offset;
    }

    /// <summary>A sidecar's publishing side: writes down what it was asked, answers as it was told, and then that all is well.</summary>
    private sealed class RecordingSidecar(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public static async Task<RecordingSidecar> StartAsync(params StatusCode[] answers)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel =>
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2)
            );
            var app = builder.Build();
            var sidecar = new RecordingSidecar(app);
            var coming = new ConcurrentQueue<StatusCode>(answers);
            app.MapPost("/dapr.proto.runtime.v1.Dapr/PublishEvent", async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                // A gRPC message: a flag and four bytes of length before it.
                sidecar.Asked.Enqueue(PublishEventRequest.Parser.ParseFrom(body.ToArray().AsSpan(5)).Metadata["cloudevent.id"]);
                var answer = coming.TryDequeue(out var trouble) ? trouble : StatusCode.OK;
                context.Response.ContentType = "application/grpc";
                await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
                context.Response.AppendTrailer("grpc-status", $"{(int)answer}");
            });
            await app.StartAsync(Cancellation);
            return sidecar;
        }

        public void Configure(WebApplicationBuilder node) => node.Configuration["DAPR_GRPC_ENDPOINT"] = app.Urls.Single();

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
