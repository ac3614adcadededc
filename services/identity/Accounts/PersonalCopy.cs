using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;

namespace Fabrique.Identity;

/// <summary>What the other services of the node keep of a person, for the copy.</summary>
internal sealed class PersonalCopy(DataHolders holders, TimeProvider clock)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>By application id, what each told; null for one that did not answer, whose part is missing in this copy.</summary>
    public async Task<IReadOnlyDictionary<string, JsonArray?>> TellAsync(Person person, CancellationToken cancellation)
    {
        var told = await Task.WhenAll(holders.Names.Select(name => TellAsync(name, person, cancellation)));
        return holders.Names.Zip(told).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    private async Task<JsonArray?> TellAsync(string name, Person person, CancellationToken cancellation)
    {
        try
        {
            var answer = await holders
                .Client(name)
                .TellAsync(
                    new() { Person = person.Id, Email = EmailAddress.Show(person.Email!).ToLowerInvariant() },
                    deadline: clock.GetUtcNow().UtcDateTime + Timeout,
                    cancellationToken: cancellation
                );
            return [.. answer.Data.Select(data => JsonNode.Parse(JsonFormatter.Default.Format(data)))];
        }
        catch (RpcException none) when (none.StatusCode == StatusCode.Unimplemented)
        {
            return [];
        }
        catch (RpcException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
