using Fabrique.Practices.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Portal.Practices;

/// <summary>The catalogue of practices: finding, reading, writing, reporting, reading again.</summary>
internal sealed class PracticesArea : Area
{
    // Of the texts that peers are reading, those whose remarks are counted for the desk.
    private const int MostRead = 5;

    public override AreaSign Sign => AreaSign.Practices;

    public override IEnumerable<Part> Parts =>
        [
            new(Spot.HomeFigures, 10, typeof(HomeFigure)),
            new(Spot.Home, 20, typeof(HomePractices)),
            new(Spot.Territory, 10, typeof(TerritoryPractices)),
            new(Spot.StyleCards, 10, typeof(StylePractices)),
        ];

    public override IEnumerable<MapLink> SiteMap =>
        [
            new("/pratiques", T["Pratiques"], 10),
            .. Vocabulary.Theme.Codes.Select(theme => new MapLink(
                $"/pratiques?theme={theme}",
                Show.Capital(Vocabulary.Theme.Label(theme)),
                10,
                "/pratiques"
            )),
            new("/pratiques/nouvelle", T["Raconter une pratique"], 10, Writes: true),
            new("/brouillons", T["Mes brouillons"], 20, Writes: true),
        ];

    public override void AddServices(IServiceCollection services)
    {
        services.AddAppClient<PracticeService.PracticeServiceClient>("practices");
        services.AddScoped<LatestPractices>();
    }

    public override void Map(WebApplication app) => app.MapPracticeExports();

    public override IEnumerable<Link> Desks => [new("/facilitation/recherches", T["Recherches"], 50)];

    public override IEnumerable<Button> Actions(string territory) =>
        [
            new(To("/pratiques/nouvelle"), T["Raconter une pratique"], 10, "button"),
            new(To("/brouillons"), T["Mes brouillons"], 20, "button quiet"),
        ];

    public override IEnumerable<Link> Chapters(Territory territory) =>
        territory.Practices.Count > 0 ? [new("#pratiques", T["Les pratiques"], 50)] : [];

    public override async Task<IEnumerable<Link>> WaitingAsync(IServiceProvider services, Seat seat)
    {
        if (seat.Territory.Length == 0)
        {
            return [];
        }
        var practices = services.GetRequiredService<PracticeService.PracticeServiceClient>();
        var reports = await practices.ListPracticeReportsAsync(new() { Territory = seat.Territory }).Answer();
        var open = reports.Value?.Reports.Count(report => report.ClosedOn.Length == 0) ?? 0;
        IEnumerable<Link> waiting =
            open > 0
                ?
                [
                    new(
                        "/brouillons",
                        T.Plural("{1} : {0} signalement de lecteur", "{1} : {0} signalements de lecteurs", open, seat.Name),
                        30
                    ),
                ]
                : [];
        return [.. waiting, .. await RemarksAsync(practices, seat.Territory)];
    }

    // Peers have said something of a text that they were given to read: it waits until the territory takes its text back or publishes it.
    private static async Task<IEnumerable<Link>> RemarksAsync(PracticeService.PracticeServiceClient practices, string territory)
    {
        var read = await practices
            .ListPracticesAsync(
                new()
                {
                    Territory = territory,
                    Status = PracticeStatus.PeerReview,
                    PageSize = MostRead,
                }
            )
            .Answer();
        var links = await Task.WhenAll(
            (read.Value?.Practices ?? []).Select(async practice =>
                (await practices.ListPracticeCommentsAsync(new() { Id = practice.Id }).Answer()).Value?.Comments.Count is > 0 and var count
                    ? new Link(
                        $"/pratiques/{practice.Id}#remarques",
                        T.Plural("« {1} » : {0} remarque de pairs", "« {1} » : {0} remarques de pairs", count, practice.Title),
                        40
                    )
                    : null
            )
        );
        return links.OfType<Link>();
    }

    public override async Task<Found> SearchAsync(IServiceProvider services, string words)
    {
        var practices = services.GetRequiredService<PracticeService.PracticeServiceClient>();
        var answer = await practices.ListPracticesAsync(new() { Query = words, PageSize = 12 }).Answer();
        return new(
            typeof(PracticesFound),
            new() { [nameof(PracticesFound.Answer)] = answer, [nameof(PracticesFound.Query)] = words },
            answer.Value?.TotalSize,
            // A slip in one word is one in a word of the catalogue; in several words, it is rather one in the name of a town.
            answer.Value?.Help
                is { AnyWord: false } help
            && (help.Understood.Length == 0 || words.All(char.IsLetter))
                ? Relevance.Right
                : Relevance.Near
        );
    }

    public override string? PathOf(string kind, string id) =>
        kind == Practice.Descriptor.FullName ? $"/pratiques/{id}"
        : kind == RevisePracticeRequest.Descriptor.FullName ? $"/pratiques/{id}/modifier"
        : kind == ListPracticeReportsRequest.Descriptor.FullName ? $"/brouillons?territoire={id}"
        : null;
}
