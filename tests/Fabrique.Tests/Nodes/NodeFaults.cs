using System.Text;
using System.Text.Json.Nodes;
using Fabrique.Records;
using RabbitMQ.Client;

namespace Fabrique.Tests;

/// <summary>A node on a RabbitMQ that the tests may harm.</summary>
public sealed class NodeOnFaultyBroker() : WholeNode()
{
    private readonly Dictionary<string, string> _environment = new() { ["Feed__IntervalSeconds"] = "5" };

    public RabbitMqServer Broker { get; } = new();

    protected override IReadOnlyDictionary<string, string> Environment => _environment;

    public override async ValueTask InitializeAsync()
    {
        _environment["FABRIQUE_BROKER"] = await Broker.StartAsync();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Broker.DisposeAsync();
    }
}

/// <summary>
/// A broker that is stopped, emptied, cut off, out of disk or memory, or given nonsense, while people write: they notice nothing, and the
/// page of their territory soon counts all that they wrote.
/// </summary>
public sealed class NodeFaults(NodeOnFaultyBroker node) : IClassFixture<NodeOnFaultyBroker>
{
    // The relay's longest pause after a long outage is half a minute, give or take a fifth.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broker_killed_and_away_until_everybody_says_so_disturbs_no_writer_and_loses_nothing()
    {
        await using var writers = await PracticeWriters.StartAsync(node, "31555", count: 1);
        await writers.PublishedMoreAsync(10, Limit);
        node.Broker.Kill();
        await WholeNode.EventuallyAsync("degraded", async () => (string?)(await node.HealthAsync("practices"))["status"], Limit);
        await WholeNode.EventuallyAsync("unhealthy", async () => (string?)(await node.HealthAsync("sidecar"))["status"], Limit);
        await writers.PublishedMoreAsync(10, Limit);

        await node.Broker.StartAsync();
        await writers.ConvergedAsync(Limit);
        AssertUndisturbed(writers);
    }

    [Fact]
    public async Task Messages_thrown_away_by_the_broker_are_made_good_by_the_feed()
    {
        await using var writers = await PracticeWriters.StartAsync(node, "33063");
        using (node.Freeze("territories"))
        {
            await writers.PublishedMoreAsync(60, Limit);
            await using var connection = await node.Broker.ConnectAsync();
            await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
            uint lost = 0;
            await WholeNode.EventuallyAsync(
                true,
                async () => (lost += await channel.QueuePurgeAsync("territories-practices", Cancellation)) >= 30,
                Limit
            );
        }
        await writers.ConvergedAsync(Limit);
    }

    [Fact]
    public async Task Connections_that_are_closed_come_back()
    {
        await using var writers = await PracticeWriters.StartAsync(node, "67482");
        for (var cut = 0; cut < 3; cut++)
        {
            await writers.PublishedMoreAsync(10, Limit);
            await node.Broker.ControlAsync("close_all_connections", "maintenance");
        }
        await writers.ConvergedAsync(Limit);
        AssertUndisturbed(writers);
    }

    [Theory]
    [InlineData("34172", "set_disk_free_limit 1000GB", "set_disk_free_limit 10MB")]
    [InlineData("38185", "set_vm_memory_high_watermark absolute 1MB", "set_vm_memory_high_watermark 0.4")]
    public async Task A_broker_that_takes_nothing_for_want_of_disk_or_memory_is_waited_for(string territory, string alarm, string end)
    {
        await using var writers = await PracticeWriters.StartAsync(node, territory);
        await using var connection = await node.Broker.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        try
        {
            using (node.Freeze("territories"))
            {
                await WholeNode.EventuallyAsync(true, async () => await WaitingAsync() >= 60, Limit);
                await node.Broker.ControlAsync(alarm.Split(' '));
                await WholeNode.EventuallyAsync("degraded", async () => (string?)(await node.HealthAsync("practices"))["status"], Limit);
            }
            // What waits at the broker goes out, or it would never get its memory back.
            await WholeNode.EventuallyAsync(0u, WaitingAsync, Limit);
            await writers.PublishedMoreAsync(10, Limit);
        }
        finally
        {
            await node.Broker.ControlAsync(end.Split(' '));
        }
        await writers.ConvergedAsync(Limit);
        AssertUndisturbed(writers);

        Task<uint> WaitingAsync() => channel.MessageCountAsync("territories-practices", Cancellation);
    }

    [Fact]
    public async Task A_poisonous_message_is_put_aside_and_counted_and_the_others_flow_on()
    {
        var (deadLetters, quarantined) = (await DeadLettersAsync(), await QuarantinedAsync());
        await using var writers = await PracticeWriters.StartAsync(node, "21231");
        await writers.PublishedMoreAsync(5, Limit);
        await using var connection = await node.Broker.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        var forged = Envelope.Seal(
            new Records.V1.Record
            {
                Kind = "fabrique.practices.v1.Practice",
                Id = "forged",
                Version = 1,
            },
            NodeKey.OpenOrCreate(Directory.CreateTempSubdirectory("fabrique-forger-").FullName)
        );
        await SendAsync("no JSON at all");
        await SendAsync("""{"specversion":"1.0"}""");
        await SendAsync(CloudEvent(Convert.ToBase64String("no envelope"u8)));
        await SendAsync(CloudEvent(Convert.ToBase64String(forged)));

        await WholeNode.EventuallyAsync(quarantined + 3, QuarantinedAsync, Limit);
        await WholeNode.EventuallyAsync(deadLetters + 1, DeadLettersAsync, Limit);
        await writers.PublishedMoreAsync(5, Limit);
        await writers.ConvergedAsync(Limit);
        AssertUndisturbed(writers);

        ValueTask SendAsync(string message) => channel.BasicPublishAsync("practices", "", Encoding.UTF8.GetBytes(message), Cancellation);

        static string CloudEvent(string data) =>
            new JsonObject
            {
                ["specversion"] = "1.0",
                ["id"] = data[..8],
                ["source"] = "somebody",
                ["type"] = "fabrique.practices.v1.Practice",
                ["datacontenttype"] = "application/octet-stream",
                ["data_base64"] = data,
            }.ToJsonString();
    }

    private static void AssertUndisturbed(PracticeWriters writers) => Assert.Equal((0, 0), (writers.Refusals.Count, writers.Unanswered));

    private async Task<int> QuarantinedAsync() => (int)(await node.HealthAsync("territories"))["checks"]!["relay"]!["quarantined"]!;

    private async Task<int> DeadLettersAsync() =>
        (await node.HealthAsync("sidecar"))["checks"]!["apps"]!["territories"]!["subscriptions"]!
            .AsArray()
            .Sum(subscription => (int)subscription!["deadLettered"]!);
}
