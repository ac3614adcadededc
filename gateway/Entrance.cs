using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Fabrique.Gateway;

/// <summary>
/// What a node answers itself, in words, before anybody behind it is asked: a name that is not its own, an address or headers longer than
/// any of its own, a form of address or a method that no part of it has.
/// </summary>
internal static class Entrance
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    public static void UseEntrance(this WebApplication app) =>
        app.Use(
            (http, next) =>
            {
                if (Refused(http) is { } status)
                {
                    http.Response.StatusCode = status;
                    if (status == StatusCodes.Status405MethodNotAllowed)
                    {
                        http.Response.Headers.Allow = string.Join(", ", Methods);
                    }
                    // Nobody is to wait for what it sends on.
                    http.SetEndpoint(null);
                    return Task.CompletedTask;
                }
                // Nothing here speaks another protocol than HTTP: to go on as before is what the standard offers.
                http.Request.Headers.Remove(HeaderNames.Upgrade);
                return next(http);
            }
        );

    private static int? Refused(HttpContext http) =>
        Target(http).Length > Limits.MaxAddress ? StatusCodes.Status414UriTooLong
        : IsLong(http.Request.Headers) ? StatusCodes.Status431RequestHeaderFieldsTooLarge
        : !Methods.Contains(http.Request.Method) ? StatusCodes.Status405MethodNotAllowed
        : !IsOurs(http) ? StatusCodes.Status421MisdirectedRequest
        : !IsPlain(http.Request.Path.Value!) ? StatusCodes.Status404NotFound
        : null;

    private static string Target(HttpContext http) => http.Features.Get<IHttpRequestFeature>()!.RawTarget;

    private static bool IsLong(IHeaderDictionary headers) =>
        headers.Sum(header => header.Value.Sum(value => header.Key.Length + Encoding.UTF8.GetByteCount(value ?? ""))) > Limits.MaxHeaders;

    /// <summary>
    /// Once the site has a name, it answers to no other: pages, redirects and feeds repeat what they were called by. What asks from this
    /// machine by the machine's own name leads nobody elsewhere, and whoever watches over the node may know but its number.
    /// </summary>
    private static bool IsOurs(HttpContext http)
    {
        var site = http.RequestServices.GetRequiredService<IdentityAddress>().Public;
        var host = http.Request.Host;
        return site.IsLoopback
            || IsLoopback(host.Host)
            || (host.Host.Equals(site.Host, StringComparison.OrdinalIgnoreCase) && (host.Port is null || host.Port == site.Port))
            || http.Request.Path.Value is "/health" or "/alive";
    }

    private static bool IsLoopback(string host) => host is "localhost" or "127.0.0.1" or "[::1]";

    /// <summary>
    /// No page has an address with an empty part, a backslash or a control character; to a browser that is sent to it, it may be another
    /// site.
    /// </summary>
    private static bool IsPlain(string path) =>
        path.StartsWith('/')
        && !path.Contains("//", StringComparison.Ordinal)
        && !path.Any(letter => letter == '\\' || char.IsControl(letter));
}
