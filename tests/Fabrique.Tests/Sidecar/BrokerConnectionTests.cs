using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using CsCheck;
using Fabrique.Sidecar;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Fabrique.Tests;

/// <summary>What the sidecar puts between the client and the broker to speak less often: it must say the same.</summary>
public sealed class BrokerConnectionTests(RabbitMqServer server)
{
    private const int Messages = 40;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private enum Fate
    {
        Done,
        Refused,
        Unfinished,
    }

    /// <summary>
    /// Whatever order they end in, and however many at once, the broker forgets those that are done, puts the refused aside, and gives the
    /// others again.
    /// </summary>
    [Fact]
    public async Task Messages_that_end_in_any_order_are_settled_each_as_it_must_be()
    {
        await server.StartAsync();
        await using var connection = await server.ConnectAsync();
        await Gen.Select(Gen.Enum<Fate>().Array[Messages], Gen.Shuffle(Enumerable.Range(0, Messages).ToArray()), Gen.Int[1, Messages])
            .SampleAsync(async (fates, order, together) => await SettleAsync(connection, fates, order, together), iter: 40, threads: 1);
    }

    private static async Task SettleAsync(IConnection connection, Fate[] fates, int[] order, int together)
    {
        await using var publishing = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Cancellation);
        var aside = (await publishing.QueueDeclareAsync(autoDelete: false, cancellationToken: Cancellation)).QueueName;
        var arguments = new Dictionary<string, object?> { ["x-dead-letter-exchange"] = "", ["x-dead-letter-routing-key"] = aside };
        var queue = (
            await publishing.QueueDeclareAsync(autoDelete: false, arguments: arguments, cancellationToken: Cancellation)
        ).QueueName;
        for (var number = 0; number < Messages; number++)
        {
            await publishing.BasicPublishAsync("", queue, mandatory: true, new byte[] { (byte)number }, Cancellation);
        }

        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation))
        {
            var tags = new ulong[Messages];
            var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var (came, lost) = (0, (string?)null);
            channel.ChannelShutdownAsync += (_, reason) =>
            {
                lost = reason.ReplyText;
                return Task.CompletedTask;
            };
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += (_, message) =>
            {
                tags[message.Body.Span[0]] = message.DeliveryTag;
                if (++came == Messages)
                {
                    all.SetResult();
                }

                return Task.CompletedTask;
            };
            await channel.BasicConsumeAsync(queue, autoAck: false, consumer, Cancellation);
            await all.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

            var acknowledgements = new Acknowledgements(channel);
            foreach (var some in order.Chunk(together))
            {
                await Task.WhenAll(
                    some.Select(async number =>
                    {
                        if (fates[number] == Fate.Done)
                        {
                            await acknowledgements.AcknowledgeAsync(tags[number]);
                        }
                        else if (fates[number] == Fate.Refused)
                        {
                            await channel.BasicNackAsync(tags[number], multiple: false, requeue: false, Cancellation);
                            acknowledgements.Pass(tags[number]);
                        }
                    })
                );
            }

            // The answer to a question on the same channel comes after all that was said before.
            await channel.QueueDeclarePassiveAsync(queue, Cancellation);
            Assert.Null(lost);
        }

        Assert.Equal(Numbers(Fate.Unfinished), await TakeAllAsync(queue));
        Assert.Equal(Numbers(Fate.Refused), await TakeAllAsync(aside));

        List<int> Numbers(Fate fate) => [.. Enumerable.Range(0, Messages).Where(number => fates[number] == fate)];

        async Task<List<int>> TakeAllAsync(string from)
        {
            var numbers = new List<int>();
            while (await publishing.BasicGetAsync(from, autoAck: true, Cancellation) is { } message)
            {
                numbers.Add(message.Body.Span[0]);
            }

            return [.. numbers.Order()];
        }
    }

    [Fact]
    public async Task What_is_written_in_pieces_arrives_whole_and_in_order_and_the_end_is_seen()
    {
        var (socket, other) = await ConnectAsync();
        using var here = socket;
        using var there = other;
        var sent = RandomNumberGenerator.GetBytes(2_000_000);
        var receiving = ReceiveAsync();
        await using (var stream = socket.GetStream())
        {
            for (var at = 0; at < sent.Length; )
            {
                var size = Math.Min(sent.Length - at, at % 7 == 0 ? 100_000 : 1 + (at % 3_000));
                await stream.WriteAsync(sent.AsMemory(at, size), Cancellation);
                at += size;
            }

            await stream.FlushAsync(Cancellation);
            await receiving;
        }

        Assert.Equal(sent, await receiving);

        async Task<byte[]> ReceiveAsync()
        {
            var received = new byte[sent.Length];
            await other.GetStream().ReadExactlyAsync(received, Cancellation);
            return received;
        }
    }

    [Fact]
    public async Task Whoever_writes_to_a_connection_that_was_lost_is_told()
    {
        var (socket, other) = await ConnectAsync();
        using var here = socket;
        await using var stream = socket.GetStream();
        other.LingerState = new LingerOption(enable: true, seconds: 0);
        other.Dispose();
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (true)
            {
                limit.Token.ThrowIfCancellationRequested();
                await stream.WriteAsync(new byte[1_000], limit.Token);
            }
        });
    }

    /// <summary>Both ends of a connection.</summary>
    private static async Task<(GatheringSocket Socket, TcpClient Other)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new GatheringSocket(AddressFamily.InterNetwork);
        await socket.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port, Cancellation);
        return (socket, await listener.AcceptTcpClientAsync(Cancellation));
    }
}
