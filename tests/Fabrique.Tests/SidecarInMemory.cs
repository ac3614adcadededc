using Grpc.Core;
using Microsoft.AspNetCore.Builder;

namespace Fabrique.Tests;

/// <summary>The broker inside the sidecar.</summary>
public sealed class SidecarInMemory : SidecarSuite
{
    /// <summary>The component files that a node without RabbitMQ runs with.</summary>
    public static string Components { get; } = Path.Combine(AppContext.BaseDirectory, "components", "in-memory");

    protected override async Task<(string Component, string[] Arguments)> BrokerAsync() => (await File.ReadAllTextAsync(Path.Combine(Components, "pubsub.yaml")), []);
}

/// <summary>The broker inside the sidecar with room for three messages in a queue: its publishers wait, and nothing is thrown away.</summary>
public sealed class SidecarInMemoryFull : SidecarTest
{
    protected override Task<(string Component, string[] Arguments)> BrokerAsync() => Task.FromResult((
        """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: pubsub
        spec:
          type: pubsub.in-memory
          version: v1
          metadata:
            - name: maxLen
              value: "3"
        """,
        Array.Empty<string>()));

    // One failed attempt would be the last: waiting for an app that is down must not be one.
    protected override int MaxRetries => 0;

    [Fact]
    public async Task A_full_queue_holds_its_publishers_and_loses_nothing()
    {
        var open = new TaskCompletionSource();
        var portal = Subscriber("portal", web => web.MapPost("/handle", async (Practice practice) =>
        {
            await open.Task;
            Arrived.Enqueue(practice.Title);
        }).WithTopic("pubsub", Topic));
        await Node.StartAsync();
        await portal.StopAsync();
        using var dapr = Node.Client(portal);
        for (var n = 0; n < 3; n++)
        {
            await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation);
        }

        Assert.Equal(StatusCode.ResourceExhausted, (await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("refused"), Cancellation))).StatusCode);

        var held = dapr.PublishEventAsync("pubsub", Topic, new Practice("held"), Cancellation);
        open.SetResult();
        await portal.StartAsync();
        await held;
        await ArrivedAsync("n0", "n1", "n2", "held");
    }
}
