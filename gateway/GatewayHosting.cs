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
            });
        builder.Services.AddSingleton<RecordChanges>().AddHostedService(provider => provider.GetRequiredService<RecordChanges>());
        builder.Services.AddOutputCache(cache =>
        {
            cache.SizeLimit = builder.Configuration.GetValue("Cache:Bytes", AnonymousCache.Size);
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
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api"), api => api.UseCors());
        app.UseRateLimits();
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
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
        {
            return Task.CompletedTask;
        }
        if (status is 502 or 503 or 504)
        {
            context.Response.Headers.RetryAfter = "10";
        }
        // An address of the API has no language; that of a page begins with it, or is French.
        var api = context.Request.Path.StartsWithSegments("/api/v1");
        AcceptedLanguage.Speak(
            (api ? context.Request.Accepted() : Language.Find(context.Request.Path.Value!.Split('/', 3)[1])) ?? Language.French
        );
        var detail = status switch
        {
            401 => T[
                "Ce jeton n’est pas connu : il a expiré, il a été retiré, ou il est mal recopié. Faites-en un autre sur votre page de compte."
            ],
            404 => T["Rien n’existe à cette adresse."],
            429 => T["Trop de demandes viennent de votre adresse. Attendez un instant, puis recommencez."],
            413 => T["La demande est trop volumineuse : 1 Mio au plus."],
            502 or 503 or 504 => T["Ce service redémarre ou ne répond pas. Réessayez dans quelques secondes : rien n’a été perdu."],
            _ => T["La demande n’a pas pu être traitée."],
        };
        if (api)
        {
            return Results
                .Problem(detail, statusCode: status, extensions: status == 401 ? [new("reason", "INVALID_TOKEN")] : null)
                .ExecuteAsync(context);
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
