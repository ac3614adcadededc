using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Mvc;
using Yarp.ReverseProxy.Forwarder;

namespace Fabrique.Sidecar;

/// <summary>
/// Service invocation by app id: any gRPC method that is not Dapr's own goes to the app named in <c>dapr-app-id</c>, unary or
/// streaming, with status and trailers untouched; HTTP goes by <c>/v1.0/invoke/{app}/method/…</c> or by that same header.
/// </summary>
internal sealed class Invocation(Apps apps, IHttpForwarder forwarder, AppClient client)
{
    private const string AppIdHeader = "dapr-app-id";
    private const string CalleeHeader = "dapr-callee-app-id";
    private const string CallerHeader = "dapr-caller-app-id";

    // A quiet stream is no dead one; a call without its own deadline ends with its caller.
    private static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = TimeSpan.FromDays(1),
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Map("/v1.0/invoke/{app}/method/{**path}", (HttpContext context, string app) =>
        {
            context.Request.Path.StartsWithSegments($"/v1.0/invoke/{app}/method", out var path);
            return InvokeAsync(context, app, path);
        }).WithMetadata(new DisableRequestSizeLimitAttribute());
        routes.MapFallback("/{**path}", ByHeaderAsync).WithMetadata(new DisableRequestSizeLimitAttribute());
    }

    private Task ByHeaderAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var app = headers[CalleeHeader].FirstOrDefault() ?? headers[AppIdHeader].FirstOrDefault();
        var path = context.Request.Path;
        if (string.IsNullOrEmpty(app) || path.StartsWithSegments($"/{DaprApi.ServiceName}"))
        {
            var reason = $"{path} is not served by this sidecar; to call an app, name it in the metadata {AppIdHeader} or {CalleeHeader}";
            return DaprApi.WriteErrorAsync(context, StatusCode.Unimplemented, "ERR_METHOD_NOT_FOUND", reason);
        }

        return InvokeAsync(context, app, path);
    }

    private async Task InvokeAsync(HttpContext context, string id, PathString path)
    {
        if (apps.Find(id) is not { } callee)
        {
            await DaprApi.WriteErrorAsync(context, StatusCode.Unavailable, "ERR_DIRECT_INVOKE", $"the app '{id}' is not part of this node");
            return;
        }

        var caller = context.Features.Get<App>()!;
        var transformer = new Transformer(caller, callee, path, client.AppApiToken);
        var error = await forwarder.SendAsync(context, callee.Address.AbsoluteUri, client, Config, transformer);
        if (error != ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await DaprApi.WriteErrorAsync(context, StatusCode.Unavailable, "ERR_DIRECT_INVOKE", $"the app '{callee.Id}' does not answer ({error})");
        }
    }

    /// <summary>Sends the call on with the sidecar's word for who calls: what the caller says about itself or its token goes no further.</summary>
    private sealed class Transformer(App caller, App callee, PathString path, string? appApiToken) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
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
