using System.Security.Claims;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Fabrique.Tests;

/// <summary>A call as the desk of writes sees it: which method, and who.</summary>
public sealed class WritingCall : ServerCallContext
{
    private readonly string _method;

    /// <param name="method">Full name, as in the table of rights.</param>
    /// <param name="grants">None: nobody is signed in.</param>
    public WritingCall(string method, params IEnumerable<Grant> grants)
    {
        _method = method;
        var claims = grants.Select(grant => new Claim(Grant.Claim, grant.ToString())).ToList();
        UserState["__HttpContext"] = new DefaultHttpContext { User = new(new ClaimsIdentity(claims, claims.Count > 0 ? "test" : null)) };
    }

    protected override string MethodCore => $"/{_method}";
    protected override string HostCore => "";
    protected override string PeerCore => "";
    protected override DateTime DeadlineCore => DateTime.MaxValue;
    protected override Metadata RequestHeadersCore { get; } = [];
    protected override CancellationToken CancellationTokenCore => TestContext.Current.CancellationToken;
    protected override Metadata ResponseTrailersCore { get; } = [];
    protected override Status StatusCore { get; set; }
    protected override WriteOptions? WriteOptionsCore { get; set; }
    protected override AuthContext AuthContextCore { get; } = new("", []);
    protected override IDictionary<object, object> UserStateCore { get; } = new Dictionary<object, object>();

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException();

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
}
