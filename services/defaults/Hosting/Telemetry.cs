using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fabrique;

/// <summary>
/// Traces, metrics and logs of a process; exported by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, and only then.
/// </summary>
public static class Telemetry
{
    /// <summary>Spans that no library makes: the relay's, the sidecar's.</summary>
    public static readonly ActivitySource Source = new("Fabrique");

    public static readonly Meter Meter = new("Fabrique");

    private static readonly ActivityListener PassingOn = new()
    {
        ShouldListenTo = source => source == Source,
        Sample = static (ref _) => ActivitySamplingResult.PropagationData,
    };

    internal static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        // A line per request belongs in traces, not in the console of a town's only machine.
        builder
            .Logging.AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information)
            .AddFilter("System.Net.Http", LogLevel.Warning)
            .AddFilter("Grpc", LogLevel.Warning)
            .AddFilter("Yarp", LogLevel.Error)
            // Every sign-in in ten lines; and that pages with forms are not kept, which they are not.
            .AddFilter("OpenIddict", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error);

        // Whoever listens to every request makes it dearer: when nothing is exported, only the thread of a trace is passed on.
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            ActivitySource.AddActivityListener(PassingOn);
            return;
        }
        builder.Logging.AddOpenTelemetry(logs => logs.IncludeFormattedMessage = true);
        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.AddService(
                    builder.Configuration["OTEL_SERVICE_NAME"] ?? builder.Environment.ApplicationName,
                    serviceVersion: Release.Version
                )
            )
            .WithTracing(tracing =>
                tracing
                    .AddSource(Source.Name)
                    .AddAspNetCoreInstrumentation(options =>
                    {
                        options.Filter = context =>
                            !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
                            && !context.Request.Path.StartsWithSegments("/alive", StringComparison.Ordinal);
                        // Their spans start traces of their own: a page's calls would not be part of its request.
                        options.EnableRazorComponentsSupport = false;
                    })
                    .AddHttpClientInstrumentation()
            )
            .WithMetrics(metrics =>
                metrics.AddMeter(Meter.Name).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation()
            )
            .UseOtlpExporter();
    }
}
