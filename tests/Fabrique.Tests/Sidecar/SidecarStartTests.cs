using System.Diagnostics;
using Dapr;

namespace Fabrique.Tests;

/// <summary>The start of a node whose services arrive one after the other.</summary>
public sealed class SidecarStartTests : SidecarTest
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    protected override async Task<(string Component, string[] Arguments)> BrokerAsync() =>
        (
            await File.ReadAllTextAsync(Path.Combine(SidecarInMemory.Components, "pubsub.yaml"), Cancellation),
            [$"--subscriptions-wait={Wait.TotalSeconds}"]
        );

    [Fact]
    public async Task An_app_that_arrives_gives_those_that_are_missing_their_time_again()
    {
        var publisher = Node.Add("practices", _ => { });
        var slow = Recorder("territories");
        var missing = Recorder("portal");
        await Node.StartAsync(later: [slow, missing]);
        var begin = Stopwatch.GetTimestamp();
        await slow.StartAsync();
        await Eventually.TrueAsync(async () => await StateAsync("territories") == "up", "the second app arrives");
        Assert.SkipWhen(Stopwatch.GetElapsedTime(begin) > Wait * 0.8, "this machine is too slow to tell");

        using var dapr = Node.Client(publisher);
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await dapr.PublishEventAsync("pubsub", Topic, new Practice("retenue"), Cancellation);
                    return true;
                }
                catch (DaprException)
                {
                    return false;
                }
            },
            "the third app does not hold the others for ever"
        );

        Assert.InRange(Stopwatch.GetElapsedTime(begin), Wait * 1.5, TimeSpan.MaxValue);
        await ArrivedAsync("territories: retenue");
    }
}
