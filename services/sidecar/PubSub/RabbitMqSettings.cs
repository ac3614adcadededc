using RabbitMQ.Client;

namespace Fabrique.Sidecar;

/// <summary>
/// Metadata of a <c>pubsub.rabbitmq</c> component. Values with which messages get lost are refused, and where daprd's default is
/// such a value it must be written out: the same file is then safe with either sidecar.
/// <c>InOrder</c> is <c>concurrencyMode: single</c>; <c>ReconnectWait</c> the longest pause between two tries to connect.
/// </summary>
internal sealed record RabbitMqSettings(ConnectionFactory Factory, ushort PrefetchCount, bool InOrder, TimeSpan ReconnectWait)
{
    public static RabbitMqSettings Read(Component component)
    {
        var metadata = component.Metadata;
        Must(metadata, "durable", "true", byDefault: "true", "queues and exchanges survive a restart of the broker");
        Must(metadata, "deletedWhenUnused", "false", byDefault: "true", "a queue stays while its app or the sidecar is away");
        Must(metadata, "deliveryMode", "2", byDefault: "0", "messages are written to the broker's disk");
        Must(metadata, "publisherConfirm", "true", byDefault: "false", "success is answered only once the broker has the message");
        Must(metadata, "autoAck", "false", byDefault: "false", "a message is done only once the app handled it");
        Must(metadata, "requeueInFailure", "false", byDefault: "false", "a message nobody can handle would come back at once, for ever");
        Must(metadata, "enableDeadLetter", "true", byDefault: "false", "a message nobody can handle is kept");
        Must(metadata, "exchangeKind", "fanout", byDefault: "fanout", "every app that subscribes gets every message");
        metadata.Required("prefetchCount");
        var prefetchCount = metadata.Number("prefetchCount", byDefault: 1, least: 1, most: 255);
        var mode = metadata.Text("concurrencyMode") ?? "parallel";
        if (mode is not ("parallel" or "single"))
        {
            metadata.Fail("concurrencyMode", $"'{mode}' must be parallel or single");
        }
        var connectionString = metadata.Required("connectionString");
        var factory = new ConnectionFactory
        {
            // The sidecar makes connection, topology and consumers anew by itself: there is one way back, also after an empty broker.
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
            RequestedHeartbeat = metadata.Duration("heartBeat") ?? TimeSpan.FromSeconds(10),
            SocketFactory = family => new GatheringSocket(family),
            ClientProvidedName = metadata.Text("clientName") ?? $"fabrique-sidecar/{component.Name}",
        };
        try
        {
            if (connectionString.Length > 0)
            {
                factory.Uri = new Uri(connectionString);
            }
        }
        catch (Exception error) when (error is UriFormatException or ArgumentException)
        {
            // The value holds a password: it is not repeated.
            metadata.Fail("connectionString", "must look like amqp://user:password@host:5672/vhost");
        }
        RabbitMqTls.Read(metadata, factory);
        var reconnectWait = TimeSpan.FromSeconds(metadata.Number("reconnectWaitSeconds", byDefault: 3, least: 1, most: 60));
        metadata.RejectOthers();
        return new RabbitMqSettings(factory, (ushort)prefetchCount, mode == "single", reconnectWait);
    }

    private static void Must(YamlMap metadata, string key, string expected, string byDefault, string why)
    {
        var value = metadata.Text(key);
        if (!string.Equals(value ?? byDefault, expected, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Fail(
                key,
                value is null
                    ? $"missing, and Dapr's default is {byDefault}; write {expected}: {why}"
                    : $"'{value}' must be {expected}: {why}"
            );
        }
    }
}
