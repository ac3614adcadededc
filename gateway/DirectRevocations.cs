using Grpc.Core;
using Grpc.Net.Client;

namespace Fabrique.Gateway;

/// <summary>The gateway has no sidecar: it hears of revocations from the identity service itself.</summary>
internal sealed class DirectRevocations(
    IdentityAddress identity,
    IConfiguration configuration,
    TimeProvider clock,
    ILogger<Revocations> log
) : Revocations(configuration, clock, log)
{
    protected override CallInvoker Invoker(IConfiguration configuration) =>
        GrpcChannel
            .ForAddress(identity.Internal, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false } })
            .CreateCallInvoker();

    protected override Metadata Headers(IConfiguration configuration) =>
        new() { { "dapr-api-token", configuration["APP_API_TOKEN"] ?? "" } };
}
