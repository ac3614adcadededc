using Fabrique.Identity.V1;
using Fabrique.Storage;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fabrique.Runner;

/// <summary>Invites a person in the name of the node: for the first people of a node, and where no mail server is set.</summary>
internal sealed class InviteCommand(string data, TextWriter output, TimeProvider clock)
{
    /// <param name="scope">A territory or a region; null for everywhere, or this node.</param>
    public async Task<int> RunAsync(string mail, string role, string? scope, string family, CancellationToken cancellation)
    {
        var territorial = role is Grant.Delegate or Grant.Referent;
        if (territorial && scope is null)
        {
            throw new PlainError($"A {role} acts for a territory: name it with --territory");
        }
        if (RunFile.Read(data) is not { IsRunning: true } node)
        {
            throw new PlainError($"No node runs on {data}: './fabrique up' starts it");
        }
        var address = node.Processes.FirstOrDefault(process => process.Service == Tokens.Issuer)?.Address
            ?? throw new PlainError($"This node has no service named {Tokens.Issuer}");
        using var key = NodeKey.OpenOrCreate(data);
        using var http = new SocketsHttpHandler { UseProxy = false };
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = http });
        var headers = new Metadata
        {
            { "authorization", $"Bearer {NodeToken.Issue(key, [new(Grant.Steward, key.Node)], TimeSpan.FromMinutes(5), clock)}" },
            { "accept-language", "fr" },
        };
        var request = new CreateInvitationRequest
        {
            Email = mail,
            ReturnLink = true,
            Grant = new()
            {
                Role = role,
                Scope = scope ?? (role == Grant.Steward ? key.Node : Grant.Everywhere),
                Family = territorial ? family : "",
            },
        };
        try
        {
            output.WriteLine(
                (
                    await new IdentityService.IdentityServiceClient(channel).CreateInvitationAsync(
                        request,
                        headers,
                        cancellationToken: cancellation
                    )
                ).Link
            );
            return 0;
        }
        catch (RpcException error) when (error.StatusCode != StatusCode.Cancelled)
        {
            throw new PlainError(
                $"{Tokens.Issuer} refuses or does not answer ({error.StatusCode}): {error.Status.Detail.ReplaceLineEndings(" ")}"
            );
        }
    }
}
