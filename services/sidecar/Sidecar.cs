using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fabrique.Sidecar;

/// <summary>The embedded sidecar: Dapr's API for all the apps of a node, in one process.</summary>
public static class Sidecar
{
    private static readonly TimeSpan AfterGrace = TimeSpan.FromSeconds(25);

    /// <summary>
    /// Builds the sidecar from its arguments and the environment: <c>--resources-path DIR</c>, <c>--dapr-http-port</c> (3500) and
    /// <c>--dapr-grpc-port</c> (50001; 0 takes a free one, <see cref="WebApplication.Urls"/> tells HTTP first, then gRPC),
    /// <c>--dapr-listen-addresses</c> (127.0.0.1), <c>--dapr-graceful-shutdown-seconds</c> (5), <c>--subscriptions-wait</c> (30 s),
    /// <c>Apps:{id}:Address</c> (several with <c>;</c> between them are replicas), <c>Apps:{id}:ApiToken</c>, <c>APP_API_TOKEN</c>;
    /// <see cref="HealthProbe"/> lists what else an app may set.
    /// </summary>
    /// <exception cref="InvalidConfigurationException">Something is wrong; it lists everything that is.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var configuration = builder.Configuration;
        var services = builder.Services;
        var errors = new List<string>();

        Listen(builder, errors);
        var apps = Apps.Read(configuration, errors);
        var grace = Seconds(configuration, Subscriptions.GraceKey, Subscriptions.GraceByDefault, errors);
        Seconds(configuration, Subscriptions.WaitKey, Subscriptions.WaitByDefault, errors);
        var resources = Resources.Read(configuration["resources-path"], configuration, errors);
        var pubSubs = resources.Components.Select(component => PubSubOf(component, resources.Resiliency)).ToList();
        if (errors.Count > 0)
        {
            throw new InvalidConfigurationException(errors);
        }
        builder.AddServiceDefaults();
        services.AddSingleton(apps);
        services.AddSingleton(resources.Resiliency);
        services.AddSingleton(resources.Subscriptions);
        services.AddSingleton(_ => new AppClient(configuration["APP_API_TOKEN"]));
        services.AddSingleton<IReadOnlyList<PubSub>>(provider => [.. pubSubs.Select(create => create(provider))]);
        services.AddSingleton<Delivery>();
        services.AddSingleton<Consumers>();
        services.AddSingleton<Subscriptions>();
        services.AddSingleton<Invocation>();
        services.AddSingleton<DaprApi>();
        services.AddHttpForwarder();
        services.AddGrpc(options =>
        {
            // What is not Dapr's goes on to the app it is for.
            options.IgnoreUnknownServices = true;
            options.MaxReceiveMessageSize = DaprBase.MaxBodySize;
        });

        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(grace) + AfterGrace);

        // First the consumers drain; then all stops in reverse order: the server, and the broker's connection last.
        foreach (var (index, component) in resources.Components.Index())
        {
            PubSub Get(IServiceProvider provider) => provider.GetRequiredService<IReadOnlyList<PubSub>>()[index];
            services.AddSingleton<IHostedService>(Get);
            services.AddHealthChecks().Add(new HealthCheckRegistration(component.Name, Get, failureStatus: null, tags: null));
        }
        services.AddHostedService<AppHealth>();
        services.AddHostedService(provider => provider.GetRequiredService<Subscriptions>());
        services.AddHealthChecks().AddCheck<Subscriptions>("apps");

        var app = builder.Build();
        app.Use(next => context => apps.AuthenticateAsync(context, next));
        app.UseRouting();
        app.UseServiceDefaults();
        app.MapGrpcService<DaprApi>().WithMetadata(new RequestSizeLimitAttribute(DaprBase.MaxBodySize));
        app.Services.GetRequiredService<DaprApi>().MapHttp(app);
        app.Services.GetRequiredService<Invocation>().Map(app);
        return app;
    }

    private static void Listen(WebApplicationBuilder builder, List<string> errors)
    {
        var addresses = builder.Configuration["dapr-listen-addresses"] ?? IPAddress.Loopback.ToString();
        if (!IPAddress.TryParse(addresses, out var address))
        {
            errors.Add($"--dapr-listen-addresses: '{addresses}' must be one IP address, such as 127.0.0.1");
            address = IPAddress.Loopback;
        }
        var (http, grpc) = (Port("dapr-http-port", 3500), Port("dapr-grpc-port", 50001));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(address, http, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(address, grpc, listen => listen.Protocols = HttpProtocols.Http2);

            // Streams between apps may be slow.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });

        int Port(string key, int byDefault)
        {
            var port = builder.Configuration[key];
            if (port is not null && !ushort.TryParse(port, out _))
            {
                errors.Add($"--{key}: '{port}' must be a port number");
            }
            return ushort.TryParse(port, out var number) ? number : byDefault;
        }
    }

    private static double Seconds(ConfigurationManager configuration, string key, double byDefault, List<string> errors)
    {
        var text = configuration[key];
        if (text is null || (double.TryParse(text, CultureInfo.InvariantCulture, out byDefault) && byDefault is >= 0 and <= 86_400))
        {
            return byDefault;
        }
        errors.Add($"--{key}: '{text}' must be seconds, from 0 to 86400");
        return 0;
    }

    private static Func<IServiceProvider, PubSub> PubSubOf(Component component, Resiliency resiliency)
    {
        var outbound = resiliency.Outbound(component.Name);
        switch (component.Type)
        {
            case "pubsub.in-memory":
                var inMemory = InMemoryPubSub.Settings.Read(component.Metadata);
                return provider => ActivatorUtilities.CreateInstance<InMemoryPubSub>(provider, component, inMemory, outbound);
            case "pubsub.rabbitmq":
                var rabbitMq = RabbitMqSettings.Read(component);
                return provider => ActivatorUtilities.CreateInstance<RabbitMqPubSub>(provider, component, rabbitMq, outbound);
            default:
                return _ => throw new InvalidOperationException($"{component.Type}: refused when the resources were read");
        }
    }
}
