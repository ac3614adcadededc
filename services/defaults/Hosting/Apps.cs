using Dapr.Client;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabrique;

/// <summary>The other applications of the node, reached through the Dapr sidecar.</summary>
public static class Apps
{
    /// <summary>Authorization policy of what only the sidecar may call: its requests carry <c>APP_API_TOKEN</c>.</summary>
    public const string SidecarOnly = "Dapr";

    /// <summary>The Dapr client, and the policy <see cref="SidecarOnly"/>.</summary>
    public static IHostApplicationBuilder AddDapr(this WebApplicationBuilder builder)
    {
        builder.Services.AddDaprClient();
        builder.Services.AddAuthentication().AddDapr();
        builder.Services.AddAuthorization(authorization => authorization.AddDapr());
        return builder;
    }

    /// <summary>
    /// A gRPC client of another application of the node, by its application id. One channel for the life of the process.
    /// Every <see cref="Interceptor"/> among the services sees the calls.
    /// </summary>
    public static IServiceCollection AddAppClient<TClient>(this IServiceCollection services, string appId)
        where TClient : ClientBase<TClient> => services.AddSingleton(provider => CreateClient<TClient>(provider, appId));

    /// <summary>The same for a contract that several applications have: a keyed client for each, which its application id names.</summary>
    public static IServiceCollection AddAppClients<TClient>(this IServiceCollection services)
        where TClient : ClientBase<TClient> =>
        services.AddKeyedSingleton(KeyedService.AnyKey, (provider, appId) => CreateClient<TClient>(provider, (string)appId!));

    /// <summary>A channel to another application of the node. Keep it: each has a connection of its own.</summary>
    public static CallInvoker CreateInvoker(IConfiguration configuration, string appId) =>
        DaprClient.CreateInvocationInvoker(appId, configuration["DAPR_GRPC_ENDPOINT"], configuration["DAPR_API_TOKEN"]);

    private static TClient CreateClient<TClient>(IServiceProvider provider, string appId) =>
        (TClient)
            Activator.CreateInstance(
                typeof(TClient),
                CreateInvoker(provider.GetRequiredService<IConfiguration>(), appId).Intercept([.. provider.GetServices<Interceptor>()])
            )!;
}
