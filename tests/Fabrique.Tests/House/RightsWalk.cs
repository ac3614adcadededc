using System.Security.Claims;
using Fabrique.Identity;
using Fabrique.Practices;
using Fabrique.Territories;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique.Tests;

public sealed class RightsOfPracticesTests(ServiceOnSqlite<PracticesDb> service)
    : RightsWalk<PracticesDb>(service),
        IClassFixture<ServiceOnSqlite<PracticesDb>>;

public sealed class RightsOfTerritoriesTests(ServiceOnSqlite<TerritoriesDb> service)
    : RightsWalk<TerritoriesDb>(service),
        IClassFixture<ServiceOnSqlite<TerritoriesDb>>;

public sealed class RightsOfIdentityTests(ServiceOnSqlite<IdentityDb> service)
    : RightsWalk<IdentityDb>(service),
        IClassFixture<ServiceOnSqlite<IdentityDb>>;

/// <summary>
/// Every call of a service, asked by somebody of every role: who has none of a call's roles never reaches it, and who has one does.
/// </summary>
public abstract class RightsWalk<TEntry>(ServiceUnderTest<TEntry> service)
    where TEntry : class
{
    private const string Elsewhere = "99999";

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    [Fact]
    public async Task Each_call_is_for_the_roles_that_the_table_gives_it_and_for_no_other()
    {
        var asked = 0;
        foreach (var method in ContractFiles.All.SelectMany(file => file.Services).SelectMany(contract => contract.Methods))
        {
            foreach (var role in Grant.Roles.Prepend(""))
            {
                if (await AskAsync(method, role) is not { } answer)
                {
                    continue;
                }
                asked++;
                var roles = Rights.Table[$"{method.Service.FullName}/{method.Name}"];
                var mayTry = roles is [Rights.Anyone] || (roles is [Rights.Account] ? role.Length > 0 : roles.Contains(role));
                var turnedAway = answer.Reason is "TOKEN_REQUIRED" or "NOT_YOUR_TERRITORY" or "NOT_A_STEWARD" or "NODE_ONLY" or "NO_RIGHT";
                // An empty question about no place is denied to nobody at the door; what it lacks is said behind it, where the place is
                // asked too.
                Assert.True(mayTry || turnedAway, $"{method.FullName} as {(role.Length > 0 ? role : "nobody")}: {answer}");
                Assert.True(
                    !mayTry || answer.Code != StatusCode.Unauthenticated,
                    $"{method.FullName} as {(role.Length > 0 ? role : "nobody")}: {answer}"
                );
            }
        }
        Assert.True(asked > 20, "the service has more calls than that");
    }

    [Fact]
    public async Task A_right_in_one_territory_is_none_in_another()
    {
        // Every write that names its territory in the question; what names it by an id has tests of its own.
        foreach (var method in ContractFiles.All.SelectMany(file => file.Services).SelectMany(contract => contract.Methods))
        {
            var roles = Rights.Table[$"{method.Service.FullName}/{method.Name}"];
            var place = method.InputType.FindFieldByName("territory");
            if (place is null || roles is [Rights.Anyone] or [Rights.Account])
            {
                continue;
            }
            foreach (var role in roles.Intersect([Grant.Delegate, Grant.Referent]))
            {
                byte[] question = [(byte)((place.FieldNumber << 3) | 2), 5, .. "62528"u8];
                if (await AskAsync(method, role, question) is { } answer)
                {
                    Assert.True(answer.Code == StatusCode.PermissionDenied, $"{method.FullName} as {role}: {answer}");
                }
            }
        }
    }

    [Fact]
    public async Task A_token_that_only_reads_reaches_no_call_that_writes_whatever_its_roles()
    {
        var turnedAway = 0;
        foreach (var method in ContractFiles.All.SelectMany(file => file.Services).SelectMany(contract => contract.Methods))
        {
            var line = $"{method.Service.FullName}/{method.Name}";
            // What has an address of the REST API says there too whether it changes anything.
            if (method.GetOptions()?.GetExtension(Google.Api.AnnotationsExtensions.Http) is { } address)
            {
                Assert.True(Rights.IsRead(line) == (address.PatternCase == Google.Api.HttpRule.PatternOneofCase.Get), line);
            }
            foreach (var role in Grant.Roles.Except([Grant.Steward]))
            {
                if (!Rights.IsRead(line) && await AskAsync(method, role, readsOnly: true) is { } answer)
                {
                    Assert.Equal((StatusCode.PermissionDenied, "READ_ONLY_TOKEN"), answer);
                    turnedAway++;
                }
            }
        }
        Assert.True(turnedAway > 3, "the service has more writes than that");
    }

    /// <summary>What the service says; null when the call is none of its.</summary>
    private async Task<(StatusCode Code, string Reason)?> AskAsync(
        MethodDescriptor method,
        string role,
        byte[]? question = null,
        bool readsOnly = false
    )
    {
        var key = service.Services.GetRequiredService<NodeKey>();
        var headers =
            role.Length == 0
                ? []
                : new Metadata
                {
                    { "authorization", $"Bearer {Token(key, new Grant(role, role == Grant.Steward ? key.Node : Elsewhere), readsOnly)}" },
                };
        var options = new CallOptions(
            headers,
            deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(60),
            cancellationToken: TestContext.Current.CancellationToken
        );
        var kind = method.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary;
        var call = new Method<byte[], byte[]>(kind, method.Service.FullName, method.Name, Bytes, Bytes);
        var invoker = service.Channel.CreateCallInvoker();
        try
        {
            if (method.IsServerStreaming)
            {
                using var stream = invoker.AsyncServerStreamingCall(call, null, options, question ?? []);
                await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
            }
            else
            {
                await invoker.AsyncUnaryCall(call, null, options, question ?? []).ResponseAsync;
            }
            return (StatusCode.OK, "");
        }
        catch (RpcException refused)
        {
            return refused.StatusCode == StatusCode.Unimplemented
                ? null
                : (refused.StatusCode, refused.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason ?? "");
        }
    }

    private static string Token(NodeKey key, Grant grant, bool readsOnly)
    {
        if (!readsOnly)
        {
            return NodeToken.Issue(key, [grant], TimeSpan.FromMinutes(5), TimeProvider.System);
        }
        return key.Sign(ecdsa =>
            new JsonWebTokenHandler().CreateToken(
                new SecurityTokenDescriptor
                {
                    Issuer = key.Node,
                    Audience = Tokens.Audience,
                    Subject = new ClaimsIdentity([new Claim(Grant.Claim, grant.ToString()), Tokens.ReadsOnly]),
                    SigningCredentials = new(new ECDsaSecurityKey(ecdsa) { KeyId = key.KeyId }, SecurityAlgorithms.EcdsaSha256)
                    {
                        CryptoProviderFactory = new() { CacheSignatureProviders = false },
                    },
                }
            )
        );
    }
}
