using System.Collections;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fabrique;

/// <summary>
/// No list of a request is longer than any of the contracts: what came by gRPC is looked at here as <see cref="JsonBody"/> looks at JSON,
/// so that no rule walks through what it will refuse.
/// </summary>
internal sealed class BoundedLists : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation
    )
    {
        await CheckAsync(request, context);
        return await continuation(request, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responses,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        await CheckAsync(request, context);
        await continuation(request, responses, context);
    }

    private static async Task CheckAsync<TRequest>(TRequest request, ServerCallContext context)
    {
        var values = 0;
        if (request is IMessage message && TooLong(message, "", ref values) is { } path && !await context.IsOfThisNodeAsync())
        {
            var most = values > Limits.MostValues ? Limits.MostValues : Limits.MostItems;
            throw Refusal.Invalid(path, $"C’est trop long : {most} éléments au plus.");
        }
    }

    /// <summary>Where the first list is that is too long; null when there is none.</summary>
    private static string? TooLong(IMessage message, string path, ref int values)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            switch (field.Accessor.GetValue(message))
            {
                case IList items:
                    values += items.Count;
                    if (items.Count > Limits.MostItems || values > Limits.MostValues)
                    {
                        return path + field.JsonName;
                    }
                    foreach (var item in items.OfType<IMessage>())
                    {
                        if (TooLong(item, $"{path}{field.JsonName}.", ref values) is { } found)
                        {
                            return found;
                        }
                    }
                    break;
                case IMessage inner when TooLong(inner, $"{path}{field.JsonName}.", ref values) is { } found:
                    return found;
            }
        }
        return null;
    }
}
