using Fabrique.Identity.V1;
using Fabrique.Records;
using Fabrique.Territories.V1;

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

    /// <summary>Keeps, with a membership that is about to be written, what its delegation is told of it.</summary>
    /// <param name="notices">Where.</param>
    /// <param name="db">The context of the write.</param>
    /// <param name="membership">As it will be.</param>
    /// <param name="before">The status it had.</param>
    /// <param name="actor">Whoever did it, as tokens name people; empty for the node itself.</param>
    public static void Tell(
        this Notices<TerritoriesDb> notices,
        TerritoriesDb db,
        Membership membership,
        MembershipStatus before,
        string actor
    )
    {
        if (membership.Status == before || membership.Status is MembershipStatus.Submitted or MembershipStatus.Examined)
        {
            return;
        }
        notices.Add(
            db,
            new NotifyRequest
            {
                Topic = NoticeTopic.Membership,
                Audience = NoticeAudience.Delegation,
                Territory = membership.Territory,
                Subject = membership.Territory,
                State = $"{membership.Status}",
                Path = $"/mon-territoire?territoire={membership.Territory}",
                ExceptPerson = actor,
            }
        );
    }

    public static void MapMemberships(this WebApplication app)
    {
        app.MapGrpcService<MembershipsGrpc>();
        app.MapGrpcService<CohortsGrpc>();
        app.MapGrpcService<AssessmentsGrpc>();
        app.MapGrpcService<PerimetersGrpc>();
    }
}
