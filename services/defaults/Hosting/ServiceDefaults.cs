using System.Globalization;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabrique;

/// <summary>What every process of a node has in common: hosting only, no word of the domain.</summary>
public static class ServiceDefaults
{
    /// <summary>Telemetry, health, errors, and the limits of the web server. For every process.</summary>
    public static IHostApplicationBuilder AddServiceDefaults(
        this WebApplicationBuilder builder,
        HttpProtocols protocols = HttpProtocols.Http2
    )
    {
        builder.Configuration.AddNodeSettings();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Limits.MaxRequestBody;
            // Beyond what a node accepts, so that the gateway refuses in words where the web server would with nothing.
            kestrel.Limits.MaxRequestLineSize = 256 << 10;
            kestrel.Limits.MaxRequestHeadersTotalSize = 256 << 10;
            kestrel.Limits.MaxRequestHeaderCount = 1_000;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = 256 << 10;
            kestrel.Limits.MaxRequestBufferSize = 512 << 10;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = protocols);
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddProblemDetails();
        // A service answers in the language that the caller asks for; what it stores and computes knows no language.
        builder.Services.Configure<RequestLocalizationOptions>(localization =>
        {
            localization.DefaultRequestCulture = new(CultureInfo.InvariantCulture, CultureInfo.GetCultureInfo(Language.French.Code));
            localization.SupportedCultures = null;
            localization.SupportedUICultures = [.. Language.All.Select(language => CultureInfo.GetCultureInfo(language.Code))];
            localization.RequestCultureProviders = [new AcceptLanguageHeaderRequestCultureProvider()];
            localization.ApplyCurrentCultureToResponseHeaders = true;
        });
        builder.AddTelemetry();
        builder.Services.AddHealthChecks();
        builder.Services.AddHostedService<IdleMemory>();
        return builder;
    }

    /// <summary>gRPC with named errors, and the same contract as REST/JSON under <c>/api</c>.</summary>
    public static IHostApplicationBuilder AddGrpcApi(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddGrpc(grpc =>
            {
                grpc.EnableDetailedErrors = false;
                grpc.MaxReceiveMessageSize = (int)Limits.MaxRequestBody;
                grpc.IgnoreUnknownServices = true;
                grpc.Interceptors.Add<RefusalInterceptor>();
                grpc.Interceptors.Add<BoundedLists>();
                grpc.Interceptors.Add<TidyInterceptor>();
            })
            .AddJsonTranscoding(json =>
            {
                json.JsonSettings.WriteIndented = false;
                json.TypeRegistry = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);
            });
        return builder;
    }

    /// <summary>
    /// The language of the request; <c>/health</c> (each part, with its figures) and <c>/alive</c>, always mapped; problem details under
    /// <c>/api/v1</c>.
    /// </summary>
    public static WebApplication UseServiceDefaults(this WebApplication app)
    {
        app.UseRequestLocalization();
        if (app.Services.GetService<IAuthenticationSchemeProvider>() is not null)
        {
            // Before the body is read, it is known who sends it.
            app.UseAuthentication();
        }
        app.UseProblemJson("/api/v1");
        app.UseAdmission();
        app.MapHealth();
        return app;
    }
}
