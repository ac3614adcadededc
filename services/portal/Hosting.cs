using Fabrique.Identity.V1;
using Fabrique.Portal.Components;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Grpc.Core.Interceptors;

namespace Fabrique.Portal;

/// <summary>How the portal is put together: pages, the tokens of who is signed in, calls to the services.</summary>
public static class Hosting
{
    public static void AddPortal(this WebApplicationBuilder builder)
    {
        builder.AddSite("portal");
        builder.Services.AddMemoryCache().AddHttpContextAccessor().AddSingleton<Interceptor, InTheNameOfTheVisitor>();
        builder.Services.AddAppClient<IdentityService.IdentityServiceClient>("identity");
        builder.Services.AddAppClient<PracticeService.PracticeServiceClient>("practices");
        builder.Services.AddAppClient<TerritoryService.TerritoryServiceClient>("territories");
        builder.Services.AddAppClient<MembershipService.MembershipServiceClient>("territories");
        builder.Services.AddAppClient<CohortService.CohortServiceClient>("territories");
        builder.Services.AddAppClient<AssessmentService.AssessmentServiceClient>("territories");
        builder.Services.AddAppClient<PerimeterService.PerimeterServiceClient>("territories");
        builder.Services.AddSingleton<Regions>().AddSingleton<TerritoryPlaces>().AddSingleton<BaseMapSvg>();
        builder.AddPeople();
    }

    public static void UsePortal(this WebApplication app)
    {
        app.UseSite();
        app.MapOpenData();
        app.MapApiDocument();
        app.MapPracticeExports();
        app.MapSnapshotExports();
        app.MapRazorComponents<App>().AddAdditionalAssemblies(typeof(SiteHosting).Assembly);
    }
}
