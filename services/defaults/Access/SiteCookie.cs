using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Fabrique;

/// <summary>
/// The cookies with which a node recognises browsers: no script reads them, and on a site that is reached by HTTPS (setting
/// <c>Site:Address</c>) they travel by nothing else, and by their name (<c>__Host-</c>, RFC 6265bis) no other host or page below it can
/// have set them.
/// </summary>
public static class SiteCookie
{
    /// <param name="cookie">Of a framework.</param>
    /// <param name="configuration">Of the process.</param>
    /// <param name="name">What it is called on a site without HTTPS.</param>
    /// <param name="sameSite">Whether it goes along when another site leads here.</param>
    /// <param name="path">Below which it is sent; <c>__Host-</c> is for whole sites, what is for a part of one is called
    /// <c>__Secure-</c>.</param>
    public static void Protect(
        CookieBuilder cookie,
        IConfiguration configuration,
        string name,
        SameSiteMode sameSite = SameSiteMode.Lax,
        string path = "/"
    )
    {
        cookie.Name = NameOf(configuration, name, path);
        cookie.Path = path;
        cookie.HttpOnly = true;
        cookie.SameSite = sameSite;
        cookie.SecurePolicy =
            IsHttps(configuration) && cookie is not FormCookie ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
    }

    /// <summary>What such a cookie is called here.</summary>
    public static string NameOf(IConfiguration configuration, string name, string path = "/") =>
        $"{(!IsHttps(configuration) ? "" : path == "/" ? "__Host-" : "__Secure-")}{name}";

    /// <summary>The cookie of forms: the framework fails where it is to be secure and a proxy did not say that it speaks HTTPS.</summary>
    public static CookieBuilder ForForms(IConfiguration configuration, string name)
    {
        var cookie = new FormCookie(IsHttps(configuration)) { IsEssential = true };
        Protect(cookie, configuration, name, SameSiteMode.Strict);
        return cookie;
    }

    private static bool IsHttps(IConfiguration configuration) =>
        configuration["Site:Address"]?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true;

    private sealed class FormCookie(bool isSecure) : CookieBuilder
    {
        public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
        {
            var options = base.Build(context, expiresFrom);
            options.Secure |= isSecure;
            return options;
        }
    }
}
