using System.IO.Compression;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.ResponseCompression;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Transforms;

namespace Fabrique.Gateway;

/// <summary>The only door of a node: it routes, protects and compresses, and knows no rule of the domain.</summary>
internal static class GatewayHosting
{
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = new ServiceRoutes(builder.Configuration);
        builder
            .Services.AddSingleton(services)
            .AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .LoadFromMemory(services.Routes, services.Clusters)
            .AddConfigFilter<Replicas>()
            .AddTransforms(transforms =>
            {
                // Between processes of the node only: nobody outside may pass for the sidecar or choose an application.
                transforms.AddRequestHeaderRemove("dapr-api-token");
                transforms.AddRequestHeaderRemove("dapr-app-id");
                transforms.AddRequestHeaderRemove("dapr-callee-app-id");
                // Pages and resources are written once, for GET; the web server leaves the body out of the answer to HEAD.
                transforms.AddHttpMethodChange(HttpMethods.Head, HttpMethods.Get);
                // An error without a word gets those of the gateway.
                transforms.AddResponseTransform(answer =>
                {
                    var response = answer.HttpContext.Response;
                    response.ContentLength = response is { StatusCode: >= 400, ContentLength: 0 } ? null : response.ContentLength;
                    return ValueTask.CompletedTask;
                });
            });
        builder.Services.AddSingleton<RecordChanges>().AddHostedService(provider => provider.GetRequiredService<RecordChanges>());
        builder.Services.AddOutputCache(cache =>
        {
            cache.SizeLimit = builder.Configuration.GetValue("Cache:Bytes", AnonymousCache.Size);
            cache.UseCaseSensitivePaths = true;
            cache.AddBasePolicy(new AnonymousCache());
        });
        builder.AddRateLimits();
        builder.AddSessions();
        // The API is for everybody's programs to read, from any site; a right travels in a header that no browser adds by itself.
        builder.Services.AddCors(cors =>
            cors.AddDefaultPolicy(policy =>
                policy
                    .AllowAnyOrigin()
                    .WithMethods(HttpMethods.Get, HttpMethods.Head)
                    .AllowAnyHeader()
                    .WithExposedHeaders("ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "Content-Language")
                    .SetPreflightMaxAge(TimeSpan.FromHours(1))
            )
        );
        // One refusal is enough to leave a replica alone for the time it takes to start again; the last one left is asked in any case.
        builder.Services.Configure<TransportFailureRateHealthPolicyOptions>(policy =>
        {
            policy.DetectionWindowSize = TimeSpan.FromSeconds(5);
            policy.MinimalTotalCountThreshold = 1;
        });
        builder.Services.AddResponseCompression(compression =>
        {
            compression.EnableForHttps = true;
            compression.Providers.Add<BrotliCompressionProvider>();
            compression.Providers.Add<GzipCompressionProvider>();
            compression.MimeTypes =
            [
                .. ResponseCompressionDefaults.MimeTypes,
                "application/problem+json",
                "application/vnd.oai.openapi+json",
                "image/svg+xml",
            ];
        });
        builder.Services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Fastest);
        builder
            .Services.AddHttpClient<ServicesHealth>(client =>
            {
                client.Timeout = TimeSpan.FromSeconds(3);
                client.DefaultRequestVersion = System.Net.HttpVersion.Version20;
                client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false });
    }

    public static void UseGateway(this WebApplication app)
    {
        // The proxy that speaks HTTPS for this node is on the same machine: nobody else is believed about scheme and host.
        app.UseForwardedHeaders(
            new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost }
        );
        app.UseSecurityHeaders();
        app.UseStatusCodePages(pages => WriteErrorAsync(pages.HttpContext));
        app.UseEntrance();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api"), api => api.UseCors());
        app.UseRateLimits();
        app.Use(AnonymousCache.MakeThenSendAsync);
        app.UseOutputCache();
        app.UseResponseCompression();
        app.Use(EntityTags.TagAsync);
        app.MapGet("/alive", () => Results.Json(new { status = "healthy", version = Release.Version }));
        app.MapGet("/health", (ServicesHealth services, CancellationToken cancellation) => services.AnswerAsync(cancellation));
        app.MapSessions();
        app.MapReverseProxy(proxy =>
        {
            proxy.Use(Sessions.AttachAsync);
            proxy.Use(PersonalTokens.AttachAsync);
            proxy.Use(Replicas.TryAnotherAsync);
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
    }

    /// <summary>What the gateway itself has to say when nobody behind it answers.</summary>
    private static Task WriteErrorAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        if (status is 502 or 503 or 504)
        {
            context.Response.Headers.RetryAfter = "10";
        }
        // An address of the API has no language; that of a page begins with it, or is French.
        var isGrpc = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true;
        var isApi = isGrpc || context.Request.Path.StartsWithSegments("/api/v1");
        AcceptedLanguage.Speak(
            (isApi ? context.Request.Accepted() : Language.Find(context.Request.Path.Value!.Split('/', 3).ElementAtOrDefault(1) ?? ""))
                ?? Language.French
        );
        var detail =
            status == 401
                ? T[
                    "Ce jeton n’est pas connu : il a expiré, il a été retiré, ou il est mal recopié. Faites-en un autre sur votre page de compte."
                ]
                : Problem.Sentence(status);
        if (isGrpc)
        {
            context.Response.Headers["grpc-message"] = Uri.EscapeDataString(detail);
            return context.Response.WriteAsync(detail);
        }
        if (isApi)
        {
            return Problem.WriteAsync(context, Problem.Of(status, status == 401 ? "INVALID_TOKEN" : null, detail));
        }
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(
            $"""<!doctype html><html lang="{Language.Current.Code}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Fabrique</title><h1>{detail}</h1><p><a href="{Language.Current.Path}/">{T["Retour à l’accueil"]}</a></p></html>"""
        );
    }

    private static void UseSecurityHeaders(this WebApplication app) =>
        app.Use(
            (context, next) =>
            {
                context.Response.OnStarting(() =>
                {
                    var headers = context.Response.Headers;
                    headers.ContentSecurityPolicy =
                        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
                    headers.XContentTypeOptions = "nosniff";
                    headers.XFrameOptions = "DENY";
                    headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
                    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), browsing-topics=()";
                    headers["Cross-Origin-Opener-Policy"] = "same-origin";
                    if (context.Request.IsHttps)
                    {
                        headers.StrictTransportSecurity = "max-age=31536000";
                    }
                    return Task.CompletedTask;
                });
                return next(context);
            }
        );
}
