using Fabrique.Records;

namespace Fabrique.Territories;

/// <summary>What memberships, cohorts, perimeters and assessments need beside the store.</summary>
internal static class MembershipHosting
{
    public static void AddMemberships(this WebApplicationBuilder builder)
    {
        builder.Services.AddNotices<TerritoriesDb>();
        builder.Services.AddSingleton<Charters>().AddHostedService<ShippedMemberships>().AddHostedService<Dormancy>();
        builder.Services.AddSingleton<Questionnaires>().AddHostedService<ShippedAssessments>().AddHostedService<ShippedSnapshots>();
    }

    public static void MapMemberships(this WebApplication app)
    {
        app.MapGrpcService<MembershipsGrpc>();
        app.MapGrpcService<CohortsGrpc>();
        app.MapGrpcService<AssessmentsGrpc>();
        app.MapGrpcService<PerimetersGrpc>();
    }
}
