using Grpc.Core;
using Microsoft.AspNetCore.Builder;

namespace Fabrique.Tests;

/// <summary>The broker inside the sidecar.</summary>
public sealed class SidecarInMemory : SidecarStrictSuite
{
    /// <summary>The component files that a node without RabbitMQ runs with.</summary>
    public static string Components { get; } = Path.Combine(AppContext.BaseDirectory, "components", "in-memory");

    protected override async Task<(string Component, string[] Arguments)> BrokerAsync() =>
        (await File.ReadAllTextAsync(Path.Combine(Components, "pubsub.yaml")), []);
}

/// <summary>
/// The broker inside the sidecar with room for three messages in a queue: its publishers wait, and nothing is thrown away.
/// </summary>
public sealed class SidecarInMemoryFull : SidecarTest
{
    protected override Task<(string Component, string[] Arguments)> BrokerAsync() =>
        Task.FromResult(
            (
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
                Array.Empty<string>()
            )
        );

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
                })
                .WithTopic("pubsub", Topic));
        await Node.StartAsync();
        await portal.StopAsync();
        using var dapr = Node.Client(portal);
        for (var n = 0; n < 3; n++)
        {
            await dapr.PublishEventAsync("pubsub", Topic, new Practice($"n{n}"), Cancellation);
        }

        Assert.Equal(
            StatusCode.ResourceExhausted,
            (await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("refused"), Cancellation))).StatusCode
        );

        var held = dapr.PublishEventAsync("pubsub", Topic, new Practice("held"), Cancellation);
        open.SetResult();
        await portal.StartAsync();
        await held;
        await ArrivedAsync("n0", "n1", "n2", "held");
    }

    [Fact]
    public async Task A_bulk_publish_names_what_a_full_queue_did_not_take()
    {
        var portal = Recorder("portal");
        await Node.StartAsync();
        await portal.StopAsync();
        using var dapr = Node.Client(portal);
        var answer = await dapr.BulkPublishEventAsync(
            "pubsub",
            Topic,
            Enumerable.Range(0, 5).Select(n => new Practice($"n{n}")).ToList(),
            cancellationToken: Cancellation
        );
        Assert.Equal(2, answer.FailedEntries.Count);
        Assert.All(answer.FailedEntries, entry => Assert.Contains("is full", entry.ErrorMessage, StringComparison.Ordinal));
        await portal.StartAsync();
        var failed = answer.FailedEntries.Select(entry => ((Practice)(object)entry.Entry.EventData!).Title);
        await ArrivedAsync([.. Enumerable.Range(0, 5).Select(n => $"n{n}").Except(failed).Select(title => $"portal: {title}")]);
    }

    [Fact]
    public async Task What_waits_longer_than_its_time_to_live_is_not_delivered()
    {
        Resource(
            "pubsub.yaml",
            """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: pubsub
            spec:
              type: pubsub.in-memory
              version: v1
              metadata:
                - name: prefetchCount
                  value: "1"
            """
        );
        var open = new TaskCompletionSource();
        var portal = Subscriber("portal", web => web.MapPost("/handle", async (Practice practice) =>
                {
                    await open.Task;
                    Arrived.Enqueue(practice.Title);
                })
                .WithTopic("pubsub", Topic));
        await Node.StartAsync();
        using var dapr = Node.Client(portal);
        await PublishAsync("held", 60);
        await PublishAsync("too late", 1);
        await PublishAsync("in time", 60);
        var start = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(
            () => TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(1.1),
            "the time to live of the second is over"
        );
        open.SetResult();
        await ArrivedAsync("held", "in time");

        Task PublishAsync(string title, int seconds) =>
            dapr.PublishEventAsync(
                "pubsub",
                Topic,
                new Practice(title),
                new Dictionary<string, string> { ["ttlInSeconds"] = $"{seconds}" },
                Cancellation
            );
    }
}
