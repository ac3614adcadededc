using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Site;

/// <summary>
/// What the services that show pages have in common: one look, languages by address, forms that prove where they come from, errors as
/// pages.
/// </summary>
public static class SiteHosting
{
    /// <param name="builder">The service.</param>
    /// <param name="name">Names its cookie of forms and its folder of keys.</param>
    public static void AddSite(this WebApplicationBuilder builder, string name)
    {
        // Finds the compressed and fingerprinted files when running from a build as well as from a published folder.
        builder.WebHost.UseStaticWebAssets();
        // A node runs from a build; without this the framework takes every build for a developer's and forbids caching.
        builder.Configuration["EnableStaticAssetsDevelopmentCaching"] = "true";
        // And sends them as it finds them changed, which is uncompressed.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";

        builder.Services.AddLanguages();
        builder.Services.AddRazorComponents();
        // Accents stay letters: French pages are a tenth lighter. What has a meaning in HTML is still escaped.
        builder.Services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        builder
            .Services.AddDataProtection()
            .SetApplicationName($"Fabrique.{name}")
            .PersistKeysToFileSystem(OwnerFile.Folder(Path.Combine(builder.Configuration["Data"] ?? "data", $"{name}-keys")));
        builder.Services.AddAntiforgery(options =>
        {
            // Each service has keys of its own: with one name they would overwrite each other's cookie.
            options.Cookie = SiteCookie.ForForms(builder.Configuration, $"fabrique-form-{name}");
            options.SuppressXFrameOptionsHeader = true;
        });
    }

    /// <summary>Everything that stands before the pages: to be called before they are mapped.</summary>
    public static void UseSite(this WebApplication app)
    {
        // The gateway is on the same machine: only loopback is believed, which is the default.
        app.UseForwardedHeaders(
            new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost }
        );
        app.UseLanguages();
        app.UseExceptionHandler("/erreur/500", createScopeForErrors: true);
        app.UseStatusCodePagesWithReExecute("/erreur/{0}", createScopeForStatusCodePages: true);
        app.Use(ShowErrorsAsPagesAsync);
        app.UseRouting();
        app.Use(RefuseUnreadableFormsAsync);
        app.UseAuthentication();
        app.Use(
            (context, next) =>
            {
                // What a session sees is for it alone, in the browser's memory too.
                if (context.User.Identity?.IsAuthenticated == true && !Path.HasExtension(context.Request.Path))
                {
                    context.Response.Headers.CacheControl = "no-store, private";
                }
                return next(context);
            }
        );
        app.UseAntiforgery();
        app.MapStaticAssets();
    }

    /// <summary>
    /// A form is read whole before anybody looks into it: what cannot be read is refused here, and is no failure of the page that it was
    /// sent to.
    /// </summary>
    private static async Task RefuseUnreadableFormsAsync(HttpContext context, RequestDelegate next)
    {
        if (HttpMethods.IsPost(context.Request.Method) && context.Request.HasFormContentType)
        {
            try
            {
                await context.Request.ReadFormAsync(context.RequestAborted);
            }
            catch (Exception unreadable)
                when (unreadable is InvalidDataException or IOException && !context.RequestAborted.IsCancellationRequested)
            {
                context.Response.StatusCode = (unreadable as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
                return;
            }
        }
        await next(context);
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
}
