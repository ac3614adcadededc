using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace Fabrique;

/// <summary>
/// What an exception means to the caller; null when it is none that whoever names it knows. A service registers one for what it is built
/// on.
/// </summary>
public delegate Refusal? FailureName(Exception error);

/// <summary>Turns what handlers throw into named errors that leak nothing.</summary>
internal sealed partial class RefusalInterceptor(IEnumerable<FailureName> names, ILogger<RefusalInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation
    )
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception error) when (Named(error, context) is { } named)
        {
            throw named;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responses,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        try
        {
            await continuation(request, responses, context);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The reader left: nobody to tell.
        }
        catch (Exception error) when (Named(error, context) is { } named)
        {
            throw named;
        }
    }

    private RpcException? Named(Exception error, ServerCallContext context)
    {
        switch (error)
        {
            case Refusal refusal:
                return refusal.ToRpcException();
            case RpcException:
                return null;
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, ""));
            default:
                LogFailure(context.Method, error);
                var named = names.Select(name => name(error)).FirstOrDefault(refusal => refusal is not null)
                    ?? new Refusal(
                        StatusCode.Internal,
                        "INTERNAL",
                        $"Une erreur inattendue s’est produite. Rechargez la page avant de recommencer."
                    );
                return named.ToRpcException();
        }
    }

    [LoggerMessage(LogLevel.Error, "{Method} failed")]
    private partial void LogFailure(string method, Exception error);
}
