using System.Collections.Concurrent;
using Dapr;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;

namespace Fabrique.Tests;

/// <summary>A sidecar on one broker, and the apps of one test.</summary>
public abstract class SidecarTest : IAsyncLifetime
{
    /// <summary>The policies; a test may have others.</summary>
    protected virtual string Resiliency =>
        $"""
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata:
              name: pubsub
            spec:
              policies:
                timeouts:
                  handler: 2s
                  publish: 4s
                retries:
                  delivery:
                    policy: constant
                    duration: 50ms
                    maxRetries: {MaxRetries}
              targets:
                components:
                  pubsub:
                    inbound:
                      timeout: handler
                      retry: delivery
                    outbound:
                      timeout: publish
            """;

    private readonly DirectoryInfo _resources = Directory.CreateTempSubdirectory("fabrique-components-");

    /// <summary>Attempts after the first one, 50 ms apart.</summary>
    protected virtual int MaxRetries => 3;

    /// <summary>A topic nobody else uses: the broker is shared.</summary>
    protected string Topic { get; } = $"topic-{Guid.CreateVersion7():N}";

    /// <summary>What arrived at the handlers.</summary>
    protected ConcurrentQueue<string> Arrived { get; } = new();

    private protected SidecarNode Node { get; private set; } = null!;

    /// <summary>The component file, and what it needs in the configuration.</summary>
    protected abstract Task<(string Component, string[] Arguments)> BrokerAsync();

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var (component, arguments) = await BrokerAsync();
        await File.WriteAllTextAsync(Path.Combine(_resources.FullName, "pubsub.yaml"), component);
        await File.WriteAllTextAsync(Path.Combine(_resources.FullName, "resiliency.yaml"), Resiliency);
        Node = Create(_resources.FullName, arguments);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        _resources.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected virtual SidecarNode Create(string resources, string[] arguments) => new(resources, arguments);

    /// <summary>One more resource file, before the node starts.</summary>
    protected void Resource(string file, string yaml) => File.WriteAllText(Path.Combine(_resources.FullName, file), yaml);

    public sealed record Practice(string Title);

    /// <summary>An app with Dapr's middleware and the given handlers.</summary>
    private protected SidecarApp Subscriber(string id, Action<WebApplication> map) => Node.Add(id, web =>
        {
            web.UseCloudEvents();
            web.MapSubscribeHandler();
            map(web);
        });

    /// <summary>An app that writes down the title of every practice it is told of.</summary>
    private protected SidecarApp Recorder(string id) =>
        Subscriber(id, web =>
            web.MapPost("/handle", (Practice practice) => Arrived.Enqueue($"{id}: {practice.Title}")).WithTopic("pubsub", Topic)
        );

    /// <summary>Exactly these arrived, in any order.</summary>
    protected async Task ArrivedAsync(params string[] expected)
    {
        await Eventually.TrueAsync(() => Arrived.Count >= expected.Length, $"{expected.Length} events arrive");
        Assert.Equal(expected.Order(StringComparer.Ordinal), Arrived.Order(StringComparer.Ordinal));
    }

    protected static async Task<RpcException> RefusedAsync(Func<Task> publish) =>
        Assert.IsType<RpcException>((await Assert.ThrowsAsync<DaprException>(publish)).InnerException);

    protected async Task<string?> StateAsync(string app) =>
        (await Node.HealthAsync()).GetProperty("checks").GetProperty("apps").GetProperty(app).GetProperty("state").GetString();
}
