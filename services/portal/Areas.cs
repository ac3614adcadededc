using Fabrique.Portal.Assessments;
using Fabrique.Portal.Memberships;
using Fabrique.Portal.Practices;
using Fabrique.Portal.Territories;
using Fabrique.Territories.V1;

namespace Fabrique.Portal;

/// <summary>
/// An area of the site: a folder of the portal that uses no other area, and this description, which is all that the rest of the site knows
/// of it. Whatever several areas show together (header, map of the site, home, search, the page of a territory) is put together from these.
/// </summary>
public abstract class Area
{
    /// <summary>Its name, its label, its links in the header.</summary>
    public abstract AreaSign Sign { get; }

    /// <summary>The clients of its services, and what its pages share.</summary>
    public abstract void AddServices(IServiceCollection services);

    /// <summary>Addresses that are no pages: exports, feeds.</summary>
    public virtual void Map(WebApplication app) { }

    /// <summary>What it shows on pages that are not its own.</summary>
    public virtual IEnumerable<Part> Parts => [];

    /// <summary>Its links on the map of the site.</summary>
    public virtual IEnumerable<MapLink> SiteMap => [];

    /// <summary>Its pages for facilitators.</summary>
    public virtual IEnumerable<Link> Desks => [];

    /// <summary>What a member of the delegation of a territory may start.</summary>
    public virtual IEnumerable<Button> Actions(string territory) => [];

    /// <summary>The titles of its parts on the page of a territory, for the contents of that page.</summary>
    public virtual IEnumerable<Link> Chapters(Territory territory) => [];

    /// <summary>What waits for the visitor. What cannot be had now is left out: the page it leads to says so.</summary>
    public virtual Task<IEnumerable<Link>> WaitingAsync(IServiceProvider services, Seat seat) => Task.FromResult<IEnumerable<Link>>([]);

    /// <summary>What it has for the words of the common search; null when it has nothing to search in.</summary>
    public virtual Task<Found>? SearchAsync(IServiceProvider services, string words) => null;

    /// <summary>
    /// Where people read a record, without the language; null when that is not this area's to say. <c>/vers/{kind}/{id}</c> leads there:
    /// what is written outside the portal, such as a mail, names the record and never a page.
    /// </summary>
    /// <param name="kind">The whole name of the message in the contract: "fabrique.practices.v1.Practice".</param>
    /// <param name="id">Of the record, as it stands in an address.</param>
    public virtual string? PathOf(string kind, string id) => null;
}

/// <summary>
/// The areas of this site. A new one has its line here, its sign in <see cref="AreaSign"/>, and everything else in its folder.
/// </summary>
public static class Areas
{
    public static IReadOnlyList<Area> All { get; } =
    [new TerritoriesArea(), new PracticesArea(), new MembershipsArea(), new AssessmentsArea()];

    /// <summary>What the areas show at a spot, in order.</summary>
    public static IEnumerable<Type> At(Spot spot) =>
        All.SelectMany(area => area.Parts).Where(part => part.Spot == spot).OrderBy(part => part.Rank).Select(part => part.Component);

    /// <summary>
    /// Leads from <c>/vers/{kind}/{id}</c> to the page of the record, in the language of the address (302); 404 for what no area shows.
    /// </summary>
    public static void MapRecords(this WebApplication app) =>
        app.MapGet("/vers/{kind}/{id}", (string kind, string id) =>
            All.Select(area => area.PathOf(kind, Uri.EscapeDataString(id))).FirstOrDefault(path => path is not null) is { } path
                ? Results.Redirect(To(path))
                : Results.NotFound()
        );
}
