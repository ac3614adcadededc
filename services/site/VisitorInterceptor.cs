using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fabrique.Site;

/// <summary>
/// Calls are made in the visitor's name: with the token of the session, in the language of the page, and only for as long as somebody
/// waits.
/// </summary>
public sealed class VisitorInterceptor(IHttpContextAccessor accessor, TimeProvider clock) : Interceptor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation
    )
    {
        var http = accessor.HttpContext!;
        var headers = new Metadata { { "accept-language", Language.Current.Code } };
        if (http.AcceptedToken() is { } token)
        {
            headers.Add("authorization", $"Bearer {token}");
        }

        var options = new CallOptions(headers, clock.GetUtcNow().UtcDateTime + Patience, http.RequestAborted);
        return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options));
    }
}
