using System.Globalization;
using Grpc.Core;

namespace Fabrique.Sidecar;

/// <summary>What the sidecar answers when it cannot do what was asked.</summary>
internal static class DaprError
{
    /// <summary>
    /// Answers an error in the caller's own protocol: a gRPC status, or Dapr's JSON error with the HTTP status of that code.
    /// </summary>
    public static Task WriteAsync(HttpContext context, StatusCode code, string errorCode, string message)
    {
        if (IsGrpc(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
            context.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
            return Task.CompletedTask;
        }
        context.Response.StatusCode = code switch
        {
            StatusCode.InvalidArgument or StatusCode.FailedPrecondition => StatusCodes.Status400BadRequest,
            StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
            StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
            StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
            StatusCode.NotFound or StatusCode.Unimplemented => StatusCodes.Status404NotFound,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
        return context.Response.WriteAsJsonAsync(new { errorCode, message }, context.RequestAborted);
    }

    private static bool IsGrpc(HttpRequest request) =>
        request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
}
