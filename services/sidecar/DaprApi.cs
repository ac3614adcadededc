using System.Diagnostics;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Mvc;

namespace Fabrique.Sidecar;

/// <summary>Dapr's API for the apps of this node, over gRPC and HTTP: publish, metadata, health.</summary>
internal sealed class DaprApi(
    IReadOnlyList<PubSub> pubSubs,
    Apps apps,
    Subscriptions subscriptions,
    Consumers consumers,
    TimeProvider clock
) : DaprBase
{
    public override async Task<Empty> PublishEvent(PublishEventRequest request, ServerCallContext context)
    {
        var input = new Input(request.PubsubName, request.Topic, request.Data.Memory, request.DataContentType, request.Metadata);
        await PublishAsync(context.GetHttpContext(), input, context.CancellationToken);
        return new Empty();
    }

    /// <summary>Publishes the entries side by side; the answer names those that failed, and only those may be sent again.</summary>
    public override async Task<BulkPublishResponse> BulkPublishEvent(BulkPublishRequest request, ServerCallContext context)
    {
        FindPubSub(request.PubsubName, request.Topic);
        var failed = await Task.WhenAll(
            request.Entries.Select(async entry =>
            {
                var metadata = request.Metadata.Concat(entry.Metadata);
                var input = new Input(request.PubsubName, request.Topic, entry.Event.Memory, entry.ContentType, metadata);
                try
                {
                    await PublishAsync(context.GetHttpContext(), input, context.CancellationToken);
                    return null;
                }
                catch (RpcException error)
                {
                    return new BulkPublishResponseFailedEntry { EntryId = entry.EntryId, Error = error.Status.Detail };
                }
            })
        );
        return new BulkPublishResponse { FailedEntries = { failed.OfType<BulkPublishResponseFailedEntry>() } };
    }

    public override Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(Metadata(Caller(context.GetHttpContext())));

    public void MapHttp(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/healthz", Healthz);
        routes.MapGet("/v1.0/healthz/outbound", () => Results.NoContent());
        routes.MapGet("/v1.0/metadata", (HttpContext context) =>
            Results.Content(JsonFormatter.Default.Format(Metadata(Caller(context))), "application/json")
        );
        routes
            .MapMethods("/v1.0/publish/{pubsub}/{**topic}", [HttpMethods.Post, HttpMethods.Put], PublishHttpAsync)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodySize));
    }

    /// <summary>Tells whether the calling app itself was found, as daprd's does; without a token, whether every app was.</summary>
    private IResult Healthz(HttpContext context)
    {
        var found = context.Features.Get<App>() is { } caller ? subscriptions.AreRead(caller) : apps.All.All(subscriptions.AreRead);
        return found
            ? Results.NoContent()
            : Results.Json(
                new { errorCode = "ERR_HEALTH_NOT_READY", message = "dapr is not ready" },
                statusCode: StatusCodes.Status500InternalServerError
            );
    }

    private async Task<IResult> PublishHttpAsync(HttpContext context, string pubsub, string topic)
    {
        const string Prefix = "metadata.";
        var metadata = context
            .Request.Query.Where(pair => pair.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .Select(pair => KeyValuePair.Create(pair.Key[Prefix.Length..], pair.Value.ToString()));
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var input = new Input(pubsub, topic, body.ToArray(), context.Request.ContentType ?? "", metadata);
            await PublishAsync(context, input, context.RequestAborted);
            return Results.NoContent();
        }
        catch (RpcException error)
        {
            await DaprError.WriteAsync(context, error.StatusCode, "ERR_PUBSUB_PUBLISH_MESSAGE", error.Status.Detail);
            return Results.Empty;
        }
    }

    private async Task PublishAsync(HttpContext context, Input input, CancellationToken cancellation)
    {
        var pubSub = FindPubSub(input.PubSub, input.Topic);
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in input.Metadata)
        {
            metadata[key] = value;
        }
        var (trace, state) = (Activity.Current?.Id ?? "", Activity.Current?.TraceStateString ?? "");
        var publication = new Publication(
            Caller(context).Id,
            input.PubSub,
            input.Topic,
            input.Data,
            input.ContentType,
            metadata,
            trace,
            state
        );
        var message = CloudEventEnvelope.Create(publication, clock);
        await subscriptions.WhenReadAsync(pubSub, cancellation);
        await pubSub.PublishAsync(input.Topic, message, cancellation);
    }

    private PubSub FindPubSub(string name, string topic)
    {
        var pubSub = pubSubs.FirstOrDefault(pubSub => pubSub.Name == name)
            ?? throw new RpcException(
                new Status(
                    StatusCode.InvalidArgument,
                    $"pubsub '{name}' is not found; declared: {string.Join(", ", pubSubs.Select(pubSub => pubSub.Name))}"
                )
            );
        return topic.Length > 0
            ? pubSub
            : throw new RpcException(new Status(StatusCode.InvalidArgument, $"topic is empty in pubsub '{name}'"));
    }

    private GetMetadataResponse Metadata(App caller) =>
        new()
        {
            Id = caller.Id,
            RuntimeVersion = typeof(DaprApi).Assembly.GetName().Version?.ToString(3) ?? "",
            RegisteredComponents =
            {
                pubSubs
                    .Select(pubSub => pubSub.Component)
                    .Select(component => new RegisteredComponents
                    {
                        Name = component.Name,
                        Type = component.Type,
                        Version = component.Version,
                    }),
            },
            Subscriptions =
            {
                consumers
                    .Of(caller)
                    .Select(subscription => new PubsubSubscription
                    {
                        PubsubName = subscription.PubSub.Name,
                        Topic = subscription.Topic,
                        DeadLetterTopic = subscription.Declaration.DeadLetterTopic ?? "",
                        Rules = new PubsubSubscriptionRules
                        {
                            Rules =
                            {
                                subscription.Declaration.Routing.All.Select(rule => new PubsubSubscriptionRule
                                {
                                    Match = rule.Match,
                                    Path = rule.Path,
                                }),
                            },
                        },
                        Type = subscription.Declaration.IsDeclarative
                            ? PubsubSubscriptionType.Declarative
                            : PubsubSubscriptionType.Programmatic,
                    }),
            },
        };

    private static App Caller(HttpContext context) => context.Features.Get<App>()!;

    /// <summary>One event as it came in, by whichever door.</summary>
    private sealed record Input(
        string PubSub,
        string Topic,
        ReadOnlyMemory<byte> Data,
        string ContentType,
        IEnumerable<KeyValuePair<string, string>> Metadata
    );
}
