using Fabrique.Records;
using Fabrique.Records.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fabrique.Tests;

/// <summary>
/// What left a service about one territory, as the other applications of the node are given it: a write that tells more than it should, or
/// nothing at all, is seen. What never leaves, such as a draft, is not in it.
/// </summary>
public sealed class RecordsLeft
{
    private readonly GrpcChannel _channel;
    private readonly Metadata _ofThisNode;
    private readonly string _territory;
    private string _epoch = "";
    private long _after;

    private RecordsLeft(GrpcChannel channel, string token, string territory) =>
        (_channel, _ofThisNode, _territory) = (channel, new() { { "dapr-api-token", token } }, territory);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>From now on.</summary>
    /// <param name="channel">To the service.</param>
    /// <param name="token">By which the applications of the node know each other.</param>
    /// <param name="territory">Its code; what others write meanwhile does not count.</param>
    public static async Task<RecordsLeft> SinceNowAsync(GrpcChannel channel, string token, string territory)
    {
        var left = new RecordsLeft(channel, token, territory);
        await left.ReadAsync(fromEnd: true);
        return left;
    }

    /// <summary>
    /// Exactly these left since the last look, in this order and no others: the last word of the kind and what happened, as "Practice
    /// published", and "Practice redrafted: gone" where the readers are told to forget it. Of a record written twice meanwhile the last
    /// version alone is given to anybody.
    /// </summary>
    public async Task AreAsync(params string[] expected) => Assert.Equal(expected, await ReadAsync(fromEnd: false));

    private async Task<List<string>> ReadAsync(bool fromEnd)
    {
        var request = new ReadRequest
        {
            Epoch = _epoch,
            After = _after,
            FromEnd = fromEnd,
        };
        var left = new List<string>();
        using var call = new FeedService.FeedServiceClient(_channel).Read(request, _ofThisNode, cancellationToken: Cancellation);
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation))
        {
            (_epoch, _after) = (response.Epoch, response.Sequence);
            if (
                !response.Envelope.IsEmpty
                && Envelope.Read(response.Envelope.ToByteArray()) is var record
                && record.Territory == _territory
            )
            {
                left.Add($"{record.Kind.Split('.')[^1]} {record.Change}{(record.Deleted ? ": gone" : "")}");
            }
        }
        return left;
    }
}
