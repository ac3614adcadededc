using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Model;

namespace Fabrique.Gateway;

/// <summary>
/// What everybody may read is made once and kept: answers to GET without cookie and without token, of routes whose metadata say so. What is
/// kept goes with the <see cref="RecordChanges.Generation"/> in which it was asked for, so that nothing made before a change is shown after
/// it.
/// </summary>
internal sealed class AnonymousCache : IOutputCachePolicy
{
    private const string Kept = "Kept";

    /// <summary>Of all that is kept, in bytes; setting <c>Cache:Bytes</c>.</summary>
    public const long Size = 64 << 20;

    private static readonly string[] Encodings = ["br", "gzip"];
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    ValueTask IOutputCachePolicy.CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var request = context.HttpContext.Request;
        // Not of the constructor: the proxy reads the policies while it is made, and the changes come from the proxy.
        var changes = context.HttpContext.RequestServices.GetRequiredService<RecordChanges>();
        var route = context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config;
        var anonymous =
            route?.Metadata?.ContainsKey(Kept) == true
            && HttpMethods.IsGet(request.Method)
            && request.Headers is { Cookie.Count: 0, Authorization.Count: 0 };
        context.EnableOutputCaching = anonymous;
        context.AllowCacheLookup = context.AllowCacheStorage = anonymous && changes.AreHeard;
        // Of a hundred who ask for a page at once, one goes to the portal.
        context.AllowLocking = true;
        context.ResponseExpirationTimeSpan = Longest;
        var vary = context.CacheVaryByRules;
        vary.QueryKeys = "*";
        vary.VaryByValues["generation"] = $"{changes.Generation}";
        vary.VaryByValues["language"] = request.Accepted()?.Code ?? "";
        vary.VaryByValues["encoding"] = Encoding(request);
        return ValueTask.CompletedTask;
    }

    ValueTask IOutputCachePolicy.ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => ValueTask.CompletedTask;

    ValueTask IOutputCachePolicy.ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var response = context.HttpContext.Response;
        var control = response.GetTypedHeaders().CacheControl;
        if (
            response.StatusCode != StatusCodes.Status200OK
            || response.Headers.SetCookie.Count > 0
            || response.Headers.ContentDisposition.Count > 0
            || control is { NoStore: true } or { Private: true }
        )
        {
            context.AllowCacheStorage = false;
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>The encodings that the gateway writes, so that every spelling of the header does not keep a page of its own.</summary>
    private static string Encoding(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        return Encodings.FirstOrDefault(known => accepted.Any(encoding => Is(encoding, known))) ?? "";

        static bool Is(StringWithQualityHeaderValue encoding, string known) =>
            encoding.Quality != 0 && encoding.Value.Equals(known, StringComparison.OrdinalIgnoreCase);
    }
}
