using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Polly;
using Yarp.ReverseProxy.Forwarder;

namespace Fabrique.Sidecar;

/// <summary>
/// Service invocation by app id: any gRPC method that is not Dapr's own goes to the app named in <c>dapr-app-id</c>, unary or
/// streaming, with status and trailers untouched; HTTP goes by <c>/v1.0/invoke/{app}/method/…</c> or by that same header.
/// </summary>
internal sealed class Invocation(Apps apps, IHttpForwarder forwarder, AppClient client, Resiliency resiliency, TimeProvider clock)
{
    private const string AppIdHeader = "dapr-app-id";
    private const string CalleeHeader = "dapr-callee-app-id";
    private const string CallerHeader = "dapr-caller-app-id";
    private const string DirectInvoke = "ERR_DIRECT_INVOKE";

    // daprd's: a call that stays open, for which a timeout is none.
    private const string StreamHeader = "dapr-stream";

    // A quiet stream is no dead one; a call without its own deadline ends with its caller.
    private static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = TimeSpan.FromDays(1),
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly ConcurrentDictionary<App, Outbound> _policies = new();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes
            .Map("/v1.0/invoke/{app}/method/{**path}", (HttpContext context, string app) =>
            {
                context.Request.Path.StartsWithSegments($"/v1.0/invoke/{app}/method", out var path);
                return InvokeAsync(context, app, path);
            })
            .WithMetadata(new DisableRequestSizeLimitAttribute());
        routes.MapFallback("/{**path}", ByHeaderAsync).WithMetadata(new DisableRequestSizeLimitAttribute());
    }

    private Task ByHeaderAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var app = headers[CalleeHeader].FirstOrDefault() ?? headers[AppIdHeader].FirstOrDefault();
        var path = context.Request.Path;
        if (string.IsNullOrEmpty(app) || path.StartsWithSegments($"/{DaprBase.ServiceName}"))
        {
            var reason = $"{path} is not served by this sidecar; to call an app, name it in the metadata {AppIdHeader} or {CalleeHeader}";
            return DaprError.WriteAsync(context, StatusCode.Unimplemented, "ERR_METHOD_NOT_FOUND", reason);
        }
        return InvokeAsync(context, app, path);
    }

    private async Task InvokeAsync(HttpContext context, string id, PathString path)
    {
        if (apps.Find(id) is not { } callee)
        {
            await DaprError.WriteAsync(context, StatusCode.Unavailable, DirectInvoke, $"the app '{id}' is not part of this node");
            return;
        }
        var (policy, retry, circuit) = _policies.GetOrAdd(callee, PolicyOf);
        if ((circuit is null ? default(CircuitBreaker.Pass) : circuit.TryEnter()) is not { } pass)
        {
            await DaprError.WriteAsync(context, StatusCode.Unavailable, DirectInvoke, new CircuitOpenException(callee.Id).Status.Detail);
            return;
        }
        bool? succeeded = null;
        try
        {
            var failure = await retry.ExecuteAsync(
                async _ => await ForwardAsync(context, callee, path, policy.Timeout),
                context.RequestAborted
            );
            succeeded = failure is null && !IsServerError(context);
            if (failure is not null && !context.Response.HasStarted)
            {
                await DaprError.WriteAsync(context, failure.Code, DirectInvoke, failure.Reason);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left.
        }
        finally
        {
            circuit?.Leave(pass, context.RequestAborted.IsCancellationRequested ? null : succeeded);
        }
    }

    /// <summary>
    /// Only a call that reached nobody is made again: what an app may have begun it does once. Without a policy there is no second
    /// attempt but with another replica; callers that can repeat do so themselves.
    /// </summary>
    private Outbound PolicyOf(App callee)
    {
        var policy = resiliency.App(callee.Id);
        return new Outbound(
            policy,
            policy.RetryWhile<Failure?>(attempt => attempt.Result is { HasReached: false }, clock),
            policy.Circuit(clock)
        );
    }

    /// <summary>
    /// Null when the app has answered, whatever it said. A replica that refuses the connection is passed over for the next.
    /// </summary>
    private async Task<Failure?> ForwardAsync(HttpContext context, App callee, PathString path, TimeSpan? timeout)
    {
        var transformer = new Transformer(context.Features.Get<App>()!, callee, path, client.AppApiToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        if (timeout is { } most && context.Request.Headers[StreamHeader] != "true")
        {
            limit.CancelAfter(most);
        }
        foreach (var replica in callee.InTurn())
        {
            var error = await forwarder.SendAsync(context, replica.Address.AbsoluteUri, client, Config, transformer, limit.Token);
            context.RequestAborted.ThrowIfCancellationRequested();
            if (error == ForwarderError.None)
            {
                return null;
            }
            if (limit.IsCancellationRequested)
            {
                return new Failure(StatusCode.DeadlineExceeded, $"the app '{callee.Id}' did not answer within {timeout}", HasReached: true);
            }
            var reason = (context.Features.Get<IForwarderErrorFeature>()?.Exception as HttpRequestException)?.HttpRequestError;
            if (reason is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError))
            {
                return new Failure(StatusCode.Unavailable, $"the app '{callee.Id}' does not answer ({error})", HasReached: true);
            }
            // The next attempt starts from an answer that nobody has given yet.
            context.Response.StatusCode = StatusCodes.Status200OK;
            replica.Doubt();
        }
        var state = callee.Replicas.Any(replica => replica.IsHealthy) ? "does not answer" : "is not healthy";
        return new Failure(StatusCode.Unavailable, $"the app '{callee.Id}' {state}: try again later", HasReached: false);
    }

    /// <summary>The app answered, with an error of its own: a 5xx, or what gRPC has for it.</summary>
    private static bool IsServerError(HttpContext context)
    {
        var trailers = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        var status = context.Response.Headers["grpc-status"].FirstOrDefault() ?? trailers?["grpc-status"].FirstOrDefault();
        return context.Response.StatusCode >= StatusCodes.Status500InternalServerError
            || (
                int.TryParse(status, CultureInfo.InvariantCulture, out var code)
                && (StatusCode)code is StatusCode.Unknown or StatusCode.Internal or StatusCode.Unavailable
            );
    }

    /// <summary>A call that the app did not answer; <c>HasReached</c>: it may have begun it.</summary>
    private sealed record Failure(StatusCode Code, string Reason, bool HasReached);

    private sealed record Outbound(Policy Policy, ResiliencePipeline<Failure?> Retry, CircuitBreaker? Circuit);

    /// <summary>
    /// Sends the call on with the sidecar's word for who calls: what the caller says about itself or its token goes no further.
    /// </summary>
    private sealed class Transformer(App caller, App callee, PathString path, string? appApiToken) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext,
            HttpRequestMessage proxyRequest,
            string destinationPrefix,
            CancellationToken cancellationToken
        )
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.RequestUri = RequestUtilities.MakeDestinationAddress(destinationPrefix, path, httpContext.Request.QueryString);
            proxyRequest.Headers.Host = null;
            foreach (var header in new[] { Apps.TokenHeader, AppIdHeader, CalleeHeader, CallerHeader })
            {
                proxyRequest.Headers.Remove(header);
            }
            proxyRequest.Headers.Add(CallerHeader, caller.Id);
            proxyRequest.Headers.Add(CalleeHeader, callee.Id);
            if (!string.IsNullOrEmpty(appApiToken))
            {
                proxyRequest.Headers.Add(Apps.TokenHeader, appApiToken);
            }
        }
    }
}
