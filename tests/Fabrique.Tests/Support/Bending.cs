using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fabrique.Tests;

/// <summary>Stands before every call of the services of a node, and answers in their place what a test wants to see answered.</summary>
public sealed class Bending : Interceptor
{
    /// <summary>Methods that answer UNAVAILABLE, as "ListPractices"; "*" for all.</summary>
    public ConcurrentDictionary<string, bool> Away { get; } = [];

    /// <summary>No room is left to write anything.</summary>
    public bool IsFull { get; set; }

    /// <summary>What every write refuses, by JSON path.</summary>
    public ConcurrentDictionary<string, FormattableString> Refused { get; } = [];

    /// <summary>The tokens that came with the calls, the latest last.</summary>
    public ConcurrentQueue<string> Tokens { get; } = [];

    /// <summary>Everything is as it is again.</summary>
    public void Straighten()
    {
        Away.Clear();
        Refused.Clear();
        Tokens.Clear();
        IsFull = false;
    }

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation
    )
    {
        Bend(context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        Bend(context);
        return continuation(request, responseStream, context);
    }

    private void Bend(ServerCallContext context)
    {
        var method = context.Method.Split('/')[^1];
        Tokens.Enqueue(context.RequestHeaders.GetValue("authorization") ?? "");
        if (Away.ContainsKey("*") || Away.ContainsKey(method))
        {
            throw new RpcException(new(StatusCode.Unavailable, "away"));
        }
        // As the contracts name what only reads.
        if (method.StartsWith("Get", StringComparison.Ordinal) || method.StartsWith("List", StringComparison.Ordinal) || method is "Read")
        {
            return;
        }
        if (IsFull)
        {
            throw new Refusal(StatusCode.Unavailable, "STORAGE_FULL", $"Le disque du serveur est plein.");
        }
        if (!Refused.IsEmpty)
        {
            throw Refusal.Invalid(Refused.Select(field => new FieldError(field.Key, field.Value)));
        }
    }
}
