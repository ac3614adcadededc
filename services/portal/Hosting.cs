using Fabrique.Portal.Api;
using Fabrique.Portal.Legal;
using Fabrique.Portal.Maps;
using Fabrique.Portal.Shell;
using Grpc.Core.Interceptors;

namespace Fabrique.Portal;

/// <summary>How the portal is put together: pages, the tokens of who is signed in, calls to the services.</summary>
public static class Hosting
{
    public static void AddPortal(this WebApplicationBuilder builder)
    {
        builder.AddSite("portal");
        builder.Services.AddMemoryCache().AddHttpContextAccessor().AddSingleton<Interceptor, VisitorInterceptor>();
        builder.Services.AddSingleton<Regions>().AddSingleton<TerritoryPlaces>().AddSingleton<BaseMapSvg>();
        foreach (var area in Areas.All)
        {
            area.AddServices(builder.Services);
        }
        builder.AddPeople();
    }

    public static void UsePortal(this WebApplication app)
    {
        app.UseSite();
        app.MapApiDocument();
        app.MapRegister();
        app.MapRecords();
        foreach (var area in Areas.All)
        {
            area.Map(app);
        }
        app.MapRazorComponents<App>().AddAdditionalAssemblies(typeof(SiteHosting).Assembly);
    }
}
