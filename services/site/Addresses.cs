using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Localization;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Site;

/// <summary>
/// A page speaks the language of its address: /pratiques is French, /en/pratiques English. So an address always gives the same page, to
/// a cache and to whoever receives it from somebody else. Only the bare "/" looks at what the visitor prefers.
/// </summary>
public static class Addresses
{
    private const string Choice = "langue";
    private const string Cookie = "fabrique-langue";

    /// <summary>
    /// The address of a page of this site in the language of the page that leads there. Every link and form goes through here.
    /// </summary>
    public static string To(string path) => Language.Current.Path + path;

    /// <summary>The door to a session, which leads back to a page of this site.</summary>
    public static string SignIn(string back) => $"/session/ouvrir?retour={Uri.EscapeDataString(back)}";

    /// <summary>How this site is called from elsewhere: whole addresses begin with it.</summary>
    public static string Site(this HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}";

    /// <summary>The page that was asked for, in another language.</summary>
    public static string In(this HttpContext http, Language language) => language.Path + Asked(http);

    /// <summary>The same, and the visitor's choice is remembered.</summary>
    public static string Choose(this HttpContext http, Language language) =>
        http.In(language) is var page && page.Contains('?', StringComparison.Ordinal)
            ? $"{page}&{Choice}={language.Code}"
            : $"{page}?{Choice}={language.Code}";

    public static void AddLanguages(this IServiceCollection services) =>
        services.Configure<RequestLocalizationOptions>(localization =>
        {
            localization.SupportedCultures = [.. Language.All.Select(language => language.Culture)];
            localization.RequestCultureProviders =
            [
                new CustomRequestCultureProvider(http =>
                    Task.FromResult<ProviderCultureResult?>(new(Spoken(http).Culture.Name, Spoken(http).Code))
                ),
            ];
        });

    /// <summary>Takes the language off the address. Stands before routing.</summary>
    public static void UseLanguages(this WebApplication app)
    {
        foreach (var language in Language.All.Where(language => language.Path.Length > 0))
        {
            app.UsePathBase(language.Path);
        }
        app.Use(FollowPreferenceAsync);
    }

    private static Task FollowPreferenceAsync(HttpContext http, RequestDelegate next)
    {
        var (request, response) = (http.Request, http.Response);
        if (!HttpMethods.IsGet(request.Method))
        {
            return next(http);
        }
        if (Language.Find(request.Query[Choice].ToString()) is { } chosen)
        {
            response.Cookies.Append(
                Cookie,
                chosen.Code,
                new()
                {
                    HttpOnly = true,
                    Secure = request.IsHttps,
                    SameSite = SameSiteMode.Lax,
                    IsEssential = true,
                    MaxAge = TimeSpan.FromDays(365),
                }
            );
            response.Headers.CacheControl = "no-store";
            var page = chosen.Path + request.Path + new QueryBuilder(request.Query.Where(part => part.Key != Choice)).ToQueryString();
            response.Redirect(LocalAddress.Of(page) ?? chosen.Path + "/");
            return Task.CompletedTask;
        }
        if (request.PathBase.HasValue || request.Path != "/")
        {
            return next(http);
        }
        response.Headers.Vary = "Accept-Language, Cookie";
        if (Preferred(request) is { Path.Length: > 0 } preferred)
        {
            response.Redirect(LocalAddress.Of(http.In(preferred)) ?? preferred.Path + "/");
            return Task.CompletedTask;
        }
        return next(http);
    }

    private static Language Preferred(HttpRequest request) =>
        Language.Find(request.Cookies[Cookie] ?? "") ?? request.Accepted() ?? Language.French;

    private static Language Spoken(HttpContext http) =>
        Language.All.FirstOrDefault(language => http.Request.PathBase == language.Path) ?? Language.French;

    // An error is shown by another page than the one that was asked for.
    private static string Asked(HttpContext http) =>
        http.Features.Get<IStatusCodeReExecuteFeature>() is { } failed ? failed.OriginalPath + failed.OriginalQueryString
        : http.Features.Get<IExceptionHandlerPathFeature>()?.Path is { } path ? path
        : http.Request.Path + http.Request.QueryString;
}
