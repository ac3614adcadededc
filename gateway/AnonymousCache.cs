using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Model;

namespace Fabrique.Gateway;

/// <summary>
/// What everybody may read is made once and kept: answers to GET without cookie and without token, of routes whose metadata name, under
/// <c>Kept</c>, the parameters of their addresses; an address with another parameter is asked for each time. Whoever makes the answer sees
/// nothing of the request but what it is kept under: so no two requests share an answer that would have differed. What is kept goes with
/// the <see cref="RecordChanges.Generation"/> in which it was asked for, so that nothing made before a change is shown after it.
/// </summary>
internal sealed class AnonymousCache : IOutputCachePolicy
{
    private const string Kept = "Kept";

    /// <summary>Of all that is kept, in bytes; setting <c>Cache:Bytes</c>.</summary>
    public const long Size = 64 << 20;

    private static readonly string[] Encodings = ["br", "gzip"];
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    // Besides the two that are rewritten: what only decides whether the answer has to be sent at all, and the thread of a trace.
    private static readonly string[] Passed =
    [
        HeaderNames.Host,
        HeaderNames.IfNoneMatch,
        HeaderNames.IfModifiedSince,
        HeaderNames.TraceParent,
        HeaderNames.TraceState,
    ];

    /// <summary>Whether the answer to this request is the same for everybody who asks for the same.</summary>
    public static bool IsForEverybody(HttpContext http)
    {
        var request = http.Request;
        return HttpMethods.IsGet(request.Method)
            && request.Headers is { Cookie.Count: 0, Authorization.Count: 0 }
            && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true
            && RateLimits.KindOf(request) != RateLimits.Kind.Exports
            && http.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.Metadata?.GetValueOrDefault(Kept) is { } names
            && (request.Query.Count == 0 || request.Query.Keys.All(names.Split(' ').Contains));
    }

    /// <summary>
    /// Lets an answer that others wait for be made as fast as the node makes it, and only then sends it as fast as the first of them
    /// reads.
    /// </summary>
    public static async Task MakeThenSendAsync(HttpContext http, RequestDelegate next)
    {
        if (!IsForEverybody(http))
        {
            await next(http);
            return;
        }
        var body = http.Response.Body;
        await using var made = new HeldAnswer(body, () => true);
        http.Response.Body = made;
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = body;
        }
        if (made.IsHeld)
        {
            await made.ReleaseAsync(http.RequestAborted);
        }
    }

    ValueTask IOutputCachePolicy.CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var request = context.HttpContext.Request;
        // Not of the constructor: the proxy reads the policies while it is made, and the changes come from the proxy.
        var changes = context.HttpContext.RequestServices.GetRequiredService<RecordChanges>();
        var anonymous = IsForEverybody(context.HttpContext);
        context.EnableOutputCaching = anonymous;
        context.AllowCacheLookup = context.AllowCacheStorage = anonymous && changes.AreHeard;
        if (!anonymous)
        {
            return ValueTask.CompletedTask;
        }
        // Of a hundred who ask for a page at once, one goes to the portal.
        context.AllowLocking = true;
        context.ResponseExpirationTimeSpan = Longest;
        var (language, encoding) = (request.Accepted()?.Code ?? "", Encoding(request));
        foreach (var header in request.Headers.Keys.Except(Passed, StringComparer.OrdinalIgnoreCase).ToList())
        {
            request.Headers.Remove(header);
        }
        request.Headers.AcceptLanguage = language.Length > 0 ? language : default;
        request.Headers.AcceptEncoding = encoding.Length > 0 ? encoding : default;
        var vary = context.CacheVaryByRules;
        // As it was written: whether order, case or repeats of parameters matter is for whoever reads them to say.
        vary.QueryKeys = "";
        vary.VaryByValues["query"] = request.QueryString.Value ?? "";
        vary.VaryByValues["generation"] = $"{changes.Generation}";
        vary.VaryByValues["language"] = language;
        vary.VaryByValues["encoding"] = encoding;
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
            // Longer than any page. The cache's own limit would give those who wait for such an answer an empty one.
            || response.Headers.ETag.Count == 0
            || response.ContentLength > EntityTags.Longest
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
