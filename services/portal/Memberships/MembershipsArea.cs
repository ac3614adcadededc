using Fabrique.Identity.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Portal.Memberships;

/// <summary>How a territory enters the network and stays in it: requests, the charter, the delegation, cohorts, leaving.</summary>
internal sealed class MembershipsArea : Area
{
    public override AreaSign Sign => AreaSign.Memberships;

    public override IEnumerable<Part> Parts => [new(Spot.TerritoryTop, 10, typeof(NotJoined))];

    public override IEnumerable<MapLink> SiteMap =>
        [new("/rejoindre", T["Rejoindre le réseau"], 30, "/territoires"), new("/charte", T["La charte du réseau"], 50, "/territoires")];

    public override IEnumerable<Link> Desks =>
        [
            new("/facilitation/demandes", T["Demandes"], 10),
            new("/facilitation/territoires", T["Territoires"], 20),
            new("/facilitation/cohortes", T["Cohortes"], 40),
        ];

    public override void AddServices(IServiceCollection services)
    {
        services.AddAppClient<IdentityService.IdentityServiceClient>("identity");
        services.AddAppClient<MembershipService.MembershipServiceClient>("territories");
        services.AddAppClient<CohortService.CohortServiceClient>("territories");
    }

    public override void Map(WebApplication app) => app.MapCharterExport();

    public override IEnumerable<Button> Actions(string territory) =>
        [new(To($"/mon-territoire/passation?territoire={territory}"), T["La passation"], 50)];

    public override async Task<IEnumerable<Link>> WaitingAsync(IServiceProvider services, Seat seat)
    {
        if (seat.Territory.Length == 0)
        {
            return await RequestsAsync(services, "", T["Facilitation"], "/facilitation/demandes");
        }
        var page = $"/mon-territoire?territoire={seat.Territory}";
        var memberships = services.GetRequiredService<MembershipService.MembershipServiceClient>();
        var requests = seat.Leads ? RequestsAsync(services, seat.Territory, seat.Name, page) : null;
        var standing = (await memberships.GetMembershipAsync(new() { Territory = seat.Territory }).Answer()).Value?.Membership.Status switch
        {
            MembershipStatus.CharterToSign => T["{0} : la charte est à signer, ou la délégation à compléter", seat.Name],
            MembershipStatus.Asleep => T["{0} : l’adhésion est en sommeil, réveillez-la", seat.Name],
            _ => "",
        };
        return [.. standing.Length > 0 ? [new Link(page, standing, 10)] : Array.Empty<Link>(), .. requests is null ? [] : await requests];
    }

    public override string? PathOf(string kind, string id) =>
        kind == Membership.Descriptor.FullName ? $"/mon-territoire?territoire={id}"
        : kind == Cohort.Descriptor.FullName ? $"/cohortes/{id}"
        : kind == JoinRequest.Descriptor.FullName ? "/facilitation/demandes"
        : null;

    private static async Task<IEnumerable<Link>> RequestsAsync(IServiceProvider services, string territory, string name, string page)
    {
        var identity = services.GetRequiredService<IdentityService.IdentityServiceClient>();
        var found = (await identity.ListJoinRequestsAsync(new() { Territory = territory, PageSize = 20 }).Answer()).Value;
        return found is { Requests.Count: > 0 and var count }
            ?
            [
                new(
                    page,
                    found.NextPageToken.Length > 0
                        ? T["{0} : plus de {1} demandes à examiner", name, count]
                        : T.Plural("{1} : {0} demande à examiner", "{1} : {0} demandes à examiner", count, name),
                    20
                ),
            ]
            : [];
    }
}
