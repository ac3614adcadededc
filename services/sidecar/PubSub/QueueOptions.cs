using System.Globalization;

namespace Fabrique.Sidecar;

/// <summary>
/// What a subscription asks of its queue, in its metadata and with daprd's names. The in-memory broker, which has one kind of queue
/// and one consumer, knows only <see cref="MaxLength"/>.
/// </summary>
/// <param name="Name"><c>queueName</c>; null: <c>{app}-{topic}</c>.</param>
/// <param name="IsQuorum"><c>queueType: quorum</c>: the queue is kept by several nodes of a cluster.</param>
/// <param name="SingleActiveConsumer">
/// One sidecar reads the queue, and another only once that one is gone: order with several replicas of a node.
/// </param>
/// <param name="MaxLength"><c>maxLen</c>, messages; beyond it publishers hear that the queue is full.</param>
/// <param name="MaxBytes"><c>maxLenBytes</c>, likewise.</param>
internal sealed record QueueOptions(string? Name, bool IsQuorum, bool SingleActiveConsumer, long? MaxLength, long? MaxBytes)
{
    public static readonly IReadOnlyList<string> Keys =
    [
        "queueName",
        "queueType",
        "singleActiveConsumer",
        "maxLen",
        "maxLenBytes",
        "maxPriority",
        "routingKey",
    ];

    /// <summary>
    /// The arguments of RabbitMQ's queue: daprd's, and where a length is asked one more, without which the broker would throw away the
    /// oldest.
    /// </summary>
    public Dictionary<string, object?> Arguments(string deadLetterExchange)
    {
        var arguments = new Dictionary<string, object?>
        {
            ["x-queue-type"] = IsQuorum ? "quorum" : "classic",
            ["x-dead-letter-exchange"] = deadLetterExchange,
        };
        if (SingleActiveConsumer)
        {
            arguments["x-single-active-consumer"] = true;
        }
        if (MaxLength is { } length)
        {
            arguments["x-max-length"] = length;
        }
        if (MaxBytes is { } bytes)
        {
            arguments["x-max-length-bytes"] = bytes;
        }
        if (MaxLength is not null || MaxBytes is not null)
        {
            arguments["x-overflow"] = "reject-publish";
        }
        return arguments;
    }

    public static QueueOptions Read(IReadOnlyDictionary<string, string> metadata, List<(string Key, string Reason)> problems)
    {
        var type = metadata.GetValueOrDefault("queueType", "classic");
        if (type is not ("classic" or "quorum"))
        {
            Fail("queueType", $"'{type}' must be classic or quorum");
        }
        if (metadata.ContainsKey("maxPriority"))
        {
            Fail(
                "maxPriority",
                type == "quorum" ? "a quorum queue has no priorities: RabbitMQ refuses it" : "priorities are not supported"
            );
        }
        if (metadata.ContainsKey("routingKey"))
        {
            Fail("routingKey", "exchanges are of the kind fanout, where a key selects nothing; select by routes.rules");
        }
        var single = metadata.GetValueOrDefault("singleActiveConsumer", "false");
        if (!bool.TryParse(single, out var isSingle))
        {
            Fail("singleActiveConsumer", $"'{single}' must be true or false");
        }
        return new QueueOptions(
            metadata.GetValueOrDefault("queueName"),
            type == "quorum",
            isSingle,
            Number("maxLen"),
            Number("maxLenBytes")
        );

        void Fail(string key, string reason) => problems.Add(($"metadata.{key}", reason));

        long? Number(string key)
        {
            if (!metadata.TryGetValue(key, out var text))
            {
                return null;
            }
            if (!long.TryParse(text, CultureInfo.InvariantCulture, out var number) || number < 1)
            {
                Fail(key, $"'{text}' must be a whole number from 1");
            }
            return number;
        }
    }
}
