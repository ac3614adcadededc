using System.Security.Cryptography;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Net.Http.Headers;

namespace Fabrique.Gateway;

/// <summary>
/// Gives what is read a tag made of its bytes, and says "not modified" to who has them already: a page that did not change costs no
/// bandwidth.
/// </summary>
internal static class EntityTags
{
    /// <summary>In bytes, more than any page: longer answers are sent as they come, have no tag and are not kept.</summary>
    public const int Longest = 1 << 20;

    public static async Task TagAsync(HttpContext context, RequestDelegate next)
    {
        if (
            !HttpMethods.IsGet(context.Request.Method)
            || context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true
        )
        {
            await next(context);
            return;
        }
        var response = context.Response;
        var body = response.Body;
        await using var buffer = new HeldAnswer(
            body,
            () => response is { StatusCode: StatusCodes.Status200OK, Headers: { ETag.Count: 0, ContentDisposition.Count: 0 } },
            Longest
        );
        response.Body = buffer;
        try
        {
            await next(context);
        }
        finally
        {
            response.Body = body;
        }
        await EndAsync(context, buffer);
    }

    private static async Task EndAsync(HttpContext context, HeldAnswer held)
    {
        var response = context.Response;
        if (!held.IsHeld || response.HasStarted)
        {
            return;
        }
        // Weak: the same page, whatever its encoding.
        var digest = SHA256.HashData(held.Held);
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(digest.AsSpan(0, 16))}\"", isWeak: true);
        response.Headers.ETag = tag.ToString();
        if (response.Headers.CacheControl.Count == 0)
        {
            response.Headers.CacheControl = "no-cache";
        }
        // What is about to be kept must be whole; from then on the cache compares the tags.
        if (
            context.Features.Get<IOutputCacheFeature>()?.Context.AllowCacheStorage != true
            && context
                .Request.GetTypedHeaders()
                .IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false) || known == EntityTagHeaderValue.Any)
        )
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            response.ContentLength = null;
            response.Headers.Remove(HeaderNames.ContentType);
            return;
        }
        await held.ReleaseAsync(context.RequestAborted);
    }
}
