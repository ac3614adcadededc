using System.Text.Encodings.Web;
using System.Text.Unicode;
using Fabrique.Portal.Components;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.HttpOverrides;

namespace Fabrique.Portal;

/// <summary>How the site is put together: pages, session cookie, calls to the services, error pages.</summary>
public static class Hosting
{
    public static void AddPortal(this WebApplicationBuilder builder)
    {
        // Finds the compressed and fingerprinted files when running from a build as well as from a published folder.
        builder.WebHost.UseStaticWebAssets();
        // A node runs from a build; without this the framework takes every build for a developer's and forbids caching.
        builder.Configuration["EnableStaticAssetsDevelopmentCaching"] = "true";
        // And sends them as it finds them changed, which is uncompressed.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";

        builder.Services.AddMemoryCache().AddHttpContextAccessor().AddSingleton<Interceptor, InTheNameOfTheVisitor>();
        builder.Services.AddAppClient<PracticeService.PracticeServiceClient>("practices");
        builder.Services.AddAppClient<TerritoryService.TerritoryServiceClient>("territories");
        builder.Services.AddSingleton<Regions>().AddSingleton<BaseMapSvg>();
        builder.Services.AddLanguages();
        builder.Services.AddRazorComponents();
        // Accents stay letters: French pages are a tenth lighter. What has a meaning in HTML is still escaped.
        builder.Services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));

        builder.Services.AddDataProtection()
            .SetApplicationName("Fabrique.Portal")
            .PersistKeysToFileSystem(KeyFolder(builder.Configuration["Data"] ?? "data"));
        builder.Services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "fabrique-form";
            // The same in every language: left alone, a cookie is for what stands below the language of the address.
            options.Cookie.Path = "/";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.SuppressXFrameOptionsHeader = true;
        });
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
        {
            options.Cookie.Name = "fabrique-session";
            options.Cookie.Path = "/";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.SlidingExpiration = false;
        });
    }

    public static void UsePortal(this WebApplication app)
    {
        // The gateway is on the same machine: only loopback is believed, which is the default.
        app.UseForwardedHeaders(new() { ForwardedHeaders = ForwardedHeaders.All });
        app.UseLanguages();
        app.UseExceptionHandler("/erreur/500", createScopeForErrors: true);
        app.UseStatusCodePagesWithReExecute("/erreur/{0}", createScopeForStatusCodePages: true);
        app.Use(ShowErrorsAsPagesAsync);
        app.UseRouting();
        app.UseAuthentication();
        app.Use((context, next) =>
        {
            // What a session sees is for it alone, in the browser's memory too.
            if (context.User.Identity?.IsAuthenticated == true && !Path.HasExtension(context.Request.Path))
            {
                context.Response.Headers.CacheControl = "no-store, private";
            }
            return next(context);
        });
        app.UseAntiforgery();

        app.MapStaticAssets();
        app.MapOpenData();
        app.MapApiDocument();
        app.MapPracticeExports();
        app.MapRazorComponents<App>();
    }

    private static async Task ShowErrorsAsPagesAsync(HttpContext context, RequestDelegate next)
    {
        // An error page is read, whatever was sent to the page that failed.
        if (context.Features.Get<IStatusCodeReExecuteFeature>() is not null || context.Features.Get<IExceptionHandlerFeature>() is not null)
        {
            context.Request.Method = HttpMethods.Get;
        }

        await next(context);

        // A form without its proof is refused with nothing, said to be text: it gets a page like other errors.
        if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status400BadRequest })
        {
            context.Response.ContentType = null;
        }
    }

    private static DirectoryInfo KeyFolder(string data)
    {
        var path = Path.Combine(data, "portal-keys");
        return OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(path)
            : Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
