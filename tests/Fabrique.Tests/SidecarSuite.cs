using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;

namespace Fabrique.Tests;

/// <summary>What every broker must do behind the sidecar; each one joins with its component files.</summary>
public abstract class SidecarSuite
{
    private readonly string _topic = $"topic-{Guid.CreateVersion7():N}";

    /// <summary>Folder with the component's YAML, and what the sidecar needs in its configuration.</summary>
    protected abstract Task<(string Resources, string[] Arguments)> BrokerAsync();

    [Fact]
    public async Task An_event_reaches_its_handler()
    {
        var (resources, arguments) = await BrokerAsync();
        await using var node = new SidecarNode(resources, arguments);
        var handled = new ConcurrentQueue<string>();
        var app = node.Add("practices", web =>
        {
            web.UseCloudEvents();
            web.MapSubscribeHandler();
            web.MapPost("/handle", (Practice practice) => handled.Enqueue(practice.Title)).WithTopic("pubsub", _topic);
        });
        await node.StartAsync();
        using var dapr = node.Client(app);
        await dapr.PublishEventAsync("pubsub", _topic, new Practice("Cantine bio"), TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => handled.Contains("Cantine bio"), "the handler gets the event");
    }

    public sealed record Practice(string Title);
}

public sealed class SidecarInMemory : SidecarSuite
{
    /// <summary>The component files that a node without RabbitMQ runs with.</summary>
    public static string Components { get; } = Path.Combine(AppContext.BaseDirectory, "components", "in-memory");

    protected override Task<(string Resources, string[] Arguments)> BrokerAsync() => Task.FromResult((Components, Array.Empty<string>()));
}
