using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Fabrique.Identity.V1;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fabrique.Tests;

/// <summary>What the identity service answers about delegations, said by a test.</summary>
public sealed class IdentityFake() : IdentityService.IdentityServiceClient(new Nowhere())
{
    public ConcurrentDictionary<string, string[]> Families { get; } = [];

    /// <summary>When somebody of a territory last signed in.</summary>
    public ConcurrentDictionary<string, string> SeenOn { get; } = [];

    public bool IsAway { get; set; }

    public override AsyncUnaryCall<GetDelegationResponse> GetDelegationAsync(
        GetDelegationRequest request,
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default
    )
    {
        var answer = new GetDelegationResponse { SeenOn = SeenOn.GetValueOrDefault(request.Territory, "") };
        foreach (var family in Families.GetValueOrDefault(request.Territory, []))
        {
            answer.Families[family] = 1;
        }
        var said = IsAway
            ? Task.FromException<GetDelegationResponse>(new RpcException(new(StatusCode.Unavailable, "away")))
            : Task.FromResult(answer);
        return new(said, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    /// <summary>What services told, in order.</summary>
    public ConcurrentQueue<NotifyRequest> Told { get; } = [];

    public override AsyncUnaryCall<NotifyResponse> NotifyAsync(
        NotifyRequest request,
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default
    )
    {
        if (!IsAway)
        {
            Told.Enqueue(request);
        }
        var said = IsAway
            ? Task.FromException<NotifyResponse>(new RpcException(new(StatusCode.Unavailable, "away")))
            : Task.FromResult(new NotifyResponse());
        return new(said, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }
}

/// <summary>
/// What the territories service answers about a place: those of Finistère are in Brittany. It knows every code that a commune could have.
/// </summary>
public sealed partial class DirectoryFake() : TerritoryService.TerritoryServiceClient(new Nowhere())
{
    /// <summary>Asked for this one, it never answers.</summary>
    public const string Away = "99999";

    public override AsyncUnaryCall<GetTerritoryResponse> GetTerritoryAsync(
        GetTerritoryRequest request,
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default
    )
    {
        var said =
            request.Id == Away ? Task.FromException<GetTerritoryResponse>(new RpcException(new(StatusCode.DeadlineExceeded, "")))
            : Communes().IsMatch(request.Id)
                ? Task.FromResult(
                    new GetTerritoryResponse
                    {
                        Territory = new()
                        {
                            Id = request.Id,
                            Name = request.Id,
                            Region = request.Id.StartsWith("29", StringComparison.Ordinal)
                                ? new() { Code = "53", Name = "Bretagne" }
                                : null,
                        },
                    }
                )
            : Task.FromException<GetTerritoryResponse>(new RpcException(new(StatusCode.NotFound, "unknown")));
        return new(said, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    [GeneratedRegex("^(ZZ|[0-9][0-9AB])[0-9]{3}$")]
    private static partial Regex Communes();
}

/// <summary>A service of the node that is asked what it keeps of people, and that may be away.</summary>
/// <param name="keepsSomething">Otherwise it does not have the calls.</param>
public sealed class PeopleFake(bool keepsSomething) : PeopleService.PeopleServiceClient(new Nowhere())
{
    public bool IsAway { get; set; }

    /// <summary>Who was erased, once for each answer.</summary>
    public ConcurrentQueue<EraseRequest> Erased { get; } = [];

    public override AsyncUnaryCall<TellResponse> TellAsync(
        TellRequest request,
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default
    ) =>
        Answer(
            new TellResponse
            {
                Data =
                {
                    new PersonalData
                    {
                        Purpose = Purposes.Remarks.Code,
                        Content = new() { Fields = { ["texts"] = Value.ForString($"écrivez à {request.Email}") } },
                    },
                },
            }
        );

    public override AsyncUnaryCall<EraseResponse> EraseAsync(
        EraseRequest request,
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default
    )
    {
        if (!IsAway)
        {
            Erased.Enqueue(request);
        }
        return Answer(new EraseResponse());
    }

    private AsyncUnaryCall<T> Answer<T>(T answer)
    {
        var said = (keepsSomething, IsAway) switch
        {
            (false, _) => Task.FromException<T>(new RpcException(new(StatusCode.Unimplemented, "no such calls"))),
            (_, true) => Task.FromException<T>(new RpcException(new(StatusCode.Unavailable, "away"))),
            _ => Task.FromResult(answer),
        };
        return new(said, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }
}

internal sealed class Nowhere : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => throw new NotSupportedException();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => throw new NotSupportedException();

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options
    ) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options
    ) => throw new NotSupportedException();
}
