using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fabrique.Sidecar;

/// <summary>
/// The server side of <c>dapr.proto.runtime.v1.Dapr</c>, as far as Fabrique uses it. Dapr's package has the message types and the
/// client only, so what a generator would write stands here; a method that is not bound answers Unimplemented (see
/// <see cref="Invocation"/>).
/// </summary>
[BindServiceMethod(typeof(DaprBase), nameof(Bind))]
internal abstract class DaprBase
{
    /// <summary>daprd's default limit for one message, in bytes.</summary>
    public const int MaxBodySize = 4 * 1024 * 1024;

    public const string ServiceName = "dapr.proto.runtime.v1.Dapr";

    public abstract Task<Empty> PublishEvent(PublishEventRequest request, ServerCallContext context);

    public abstract Task<BulkPublishResponse> BulkPublishEvent(BulkPublishRequest request, ServerCallContext context);

    public virtual Task<BulkPublishResponse> BulkPublishEventAlpha1(BulkPublishRequest request, ServerCallContext context) =>
        BulkPublishEvent(request, context);

    public abstract Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context);

    /// <summary>Called by ASP.NET Core with no service: it only wants the methods.</summary>
    public static void Bind(ServiceBinderBase binder, DaprBase? service)
    {
        Bind<PublishEventRequest, Empty>(nameof(PublishEvent), service is null ? null : service.PublishEvent);
        Bind<BulkPublishRequest, BulkPublishResponse>(nameof(BulkPublishEvent), service is null ? null : service.BulkPublishEvent);
        Bind<BulkPublishRequest, BulkPublishResponse>(
            nameof(BulkPublishEventAlpha1),
            service is null ? null : service.BulkPublishEventAlpha1
        );
        Bind<GetMetadataRequest, GetMetadataResponse>(nameof(GetMetadata), service is null ? null : service.GetMetadata);

        void Bind<TRequest, TResponse>(string name, UnaryServerMethod<TRequest, TResponse>? handler)
            where TRequest : class, IMessage<TRequest>, new()
            where TResponse : class, IMessage<TResponse>, new() =>
            binder.AddMethod(new(MethodType.Unary, ServiceName, name, MarshallerOf<TRequest>(), MarshallerOf<TResponse>()), handler);
    }

    private static Marshaller<T> MarshallerOf<T>()
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new T());
        return Marshallers.Create(
            (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence())
        );
    }
}
