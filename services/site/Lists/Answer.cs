using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace Fabrique.Site.Lists;

/// <summary>What a service said: a value, or the reason why there is none. A page shows either.</summary>
public readonly record struct Answer<T>(T? Value, RpcException? Error)
    where T : class
{
    /// <summary>The HTTP status of a page that has nothing to show without this answer.</summary>
    public int StatusCode =>
        Error?.StatusCode switch
        {
            null => StatusCodes.Status200OK,
            Grpc.Core.StatusCode.NotFound => StatusCodes.Status404NotFound,
            Grpc.Core.StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
            Grpc.Core.StatusCode.Unauthenticated or Grpc.Core.StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
            Grpc.Core.StatusCode.Aborted or Grpc.Core.StatusCode.FailedPrecondition or Grpc.Core.StatusCode.AlreadyExists =>
                StatusCodes.Status409Conflict,
            _ => StatusCodes.Status503ServiceUnavailable,
        };

    public bool IsStale => Detail<ErrorInfo>()?.Reason == "STALE_VERSION";

    /// <summary>The service has no room left to store anything.</summary>
    public bool IsFull => Detail<ErrorInfo>()?.Reason == "STORAGE_FULL";

    /// <summary>The service itself said no, with a sentence for people; otherwise nobody could be asked.</summary>
    public bool IsRefusal => Detail<ErrorInfo>() is not null;

    /// <summary>Why the service refused, in the language of the page; empty when it gave no reason of its own.</summary>
    public string Reason =>
        Error?.StatusCode is Grpc.Core.StatusCode.FailedPrecondition or Grpc.Core.StatusCode.Unavailable && Detail<ErrorInfo>() is not null
            ? Error.Status.Detail
            : "";

    /// <summary>The territory has to be an active member for what was asked.</summary>
    public bool IsForMembers => Detail<ErrorInfo>()?.Reason.StartsWith("MEMBERSHIP_", StringComparison.Ordinal) == true;

    /// <summary>The fields that the service refused: JSON path in the request, message in the language of the page.</summary>
    public IEnumerable<(string Path, string Message)> Violations =>
        Detail<BadRequest>()?.FieldViolations.Select(violation => (violation.Field, violation.Description)) ?? [];

    private TDetail? Detail<TDetail>()
        where TDetail : class, Google.Protobuf.IMessage<TDetail>, new() =>
        Error?.GetRpcStatus() is RpcStatus status ? status.GetDetail<TDetail>() : null;
}

public static class Answers
{
    /// <summary>Waits for the call; a refusal or an absent service becomes an answer instead of an exception.</summary>
    public static async Task<Answer<T>> Answer<T>(this AsyncUnaryCall<T> call)
        where T : class
    {
        try
        {
            return new(await call, null);
        }
        catch (RpcException error)
        {
            return new(null, error);
        }
    }
}
