using Microsoft.AspNetCore.Builder;

namespace Fabrique.Site.Exports;

/// <summary>What pages of other sites may read (https://fetch.spec.whatwg.org/#http-cors-protocol).</summary>
public static class OtherSites
{
    /// <summary>
    /// Open data are read by the pages of any site, without the visitor's cookies: a browser gives an answer with "*" to no request that
    /// carries them.
    /// </summary>
    public static RouteHandlerBuilder ReadByOtherSites(this RouteHandlerBuilder endpoint) =>
        endpoint.AddEndpointFilter(
            (context, next) =>
            {
                context.HttpContext.Response.Headers.AccessControlAllowOrigin = "*";
                return next(context);
            }
        );
}
