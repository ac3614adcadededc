using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fabrique;

/// <summary>Tidies what is asked, at the door of every call: no rule of a service meets a text that is only seemingly there.</summary>
internal sealed class TidyInterceptor : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation
    )
    {
        Texts.Tidy((IMessage)request);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responses,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        Texts.Tidy((IMessage)request);
        return continuation(request, responses, context);
    }
}
