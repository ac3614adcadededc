using Fabrique.Territories.V1;

namespace Fabrique.Portal.Territories;

/// <summary>The directory of the territories of France, and what those of the network tell of themselves.</summary>
internal sealed class TerritoriesArea : Area
{
    public override AreaSign Sign => AreaSign.Territories;

    public override IEnumerable<Part> Parts =>
        [
            new(Spot.HomeView, 10, typeof(HomeMap)),
            new(Spot.HomeFigures, 20, typeof(HomeFigures)),
            new(Spot.Home, 10, typeof(HomeMembers)),
            new(Spot.Home, 30, typeof(HomeFeatured)),
            new(Spot.StyleCards, 20, typeof(StyleTerritories)),
            new(Spot.Style, 10, typeof(StyleDrawings)),
        ];

    public override IEnumerable<MapLink> SiteMap =>
        [
            new("/territoires", T["Territoires"], 20),
            new("/territoires?membres=oui", T["Membres du réseau"], 10, "/territoires"),
            new("/territoires/semblables", T["Des territoires comme le mien"], 20, "/territoires"),
            new("/rejoindre/perimetre", T["Déclarer un territoire"], 40, "/territoires"),
            new("/mon-territoire/profil", T["Raconter le territoire"], 30, Writes: true),
        ];

    public override IEnumerable<Link> Desks => [new("/facilitation/perimetres", T["Périmètres"], 30)];

    public override void AddServices(IServiceCollection services)
    {
        services.AddAppClient<TerritoryService.TerritoryServiceClient>("territories");
        services.AddAppClient<PerimeterService.PerimeterServiceClient>("territories");
        services.AddScoped<Network>();
    }

    public override void Map(WebApplication app) => app.MapOpenData();

    public override IEnumerable<Button> Actions(string territory) =>
        [
            new(ProfilePage.Address(territory), T["Raconter le territoire"], 30, "button quiet"),
            new(To($"/territoires/{territory}"), T["La page publique"], 60),
        ];

    public override async Task<IEnumerable<Link>> WaitingAsync(IServiceProvider services, Seat seat)
    {
        if (seat.Territory.Length > 0)
        {
            return [];
        }
        var perimeters = services.GetRequiredService<PerimeterService.PerimeterServiceClient>();
        return (await perimeters.ListPerimetersAsync(new() { PageSize = 20 }).Answer()).Value is { Perimeters.Count: > 0 and var count }
            ? [new("/facilitation/perimetres", T.Plural("{0} périmètre à confirmer", "{0} périmètres à confirmer", count), 30)]
            : [];
    }

    public override async Task<Found> SearchAsync(IServiceProvider services, string words)
    {
        var territories = services.GetRequiredService<TerritoryService.TerritoryServiceClient>();
        var answer = await territories
            .ListTerritoriesAsync(
                new()
                {
                    Query = words,
                    Pages = true,
                    PageSize = 6,
                }
            )
            .Answer();
        return new(
            typeof(TerritoriesFound),
            new() { [nameof(TerritoriesFound.Answer)] = answer, [nameof(TerritoriesFound.Query)] = words },
            answer.Value?.TotalSize,
            // "Vélosnes" is not what "vélo" means: only a whole name comes before what is told of it.
            answer.Value
                is { Exact: true }
                ? Relevance.Named
                : Relevance.Near
        );
    }

    public override string? PathOf(string kind, string id) =>
        kind == Profile.Descriptor.FullName || kind == Perimeter.Descriptor.FullName ? $"/territoires/{id}" : null;
}
