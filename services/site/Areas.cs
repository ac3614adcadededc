using Fabrique.Site.Layout;

namespace Fabrique.Site;

/// <summary>A link to a page of this site.</summary>
/// <param name="Path">In French, without the language: "/pratiques".</param>
/// <param name="Text">In the language of the page.</param>
/// <param name="Rank">Where links of several areas stand together, the lowest comes first.</param>
/// <param name="Within">The pages for which the link stands, where they are not those below its path.</param>
public sealed record Link(string Path, string Text, int Rank = 0, string? Within = null);

/// <summary>
/// What an area is called, and what it adds to the header. It stands here and not with the area's pages, because the pages of accounts,
/// which another process shows, have the same header.
/// </summary>
/// <param name="Name">The folder of its pages in the portal; that of its service too, where it has one of its own.</param>
/// <param name="Label">For people, in the language of the page.</param>
/// <param name="Menu">The links of the header, for who asks.</param>
public sealed record AreaSign(string Name, Func<string> Label, Func<HttpContext, IEnumerable<Link>> Menu)
{
    public static readonly AreaSign Territories = new(
        "territories",
        () => T["Territoires"],
        _ => [new("/territoires", T["Territoires"], 10)]
    );

    public static readonly AreaSign Practices = new("practices", () => T["Pratiques"], _ => [new("/pratiques", T["Pratiques"], 20)]);

    public static readonly AreaSign Memberships = new("memberships", () => T["Adhésion"], ForMembers);

    public static readonly AreaSign Assessments = new("assessments", () => T["Auto-évaluation"], _ => []);

    /// <summary>Of every area whose pages this release has.</summary>
    public static IReadOnlyList<AreaSign> All { get; } = [Territories, Practices, Memberships, Assessments];

    /// <summary>How the service of an area is called for people; null for what is no area.</summary>
    public static string? LabelOf(string name) => All.FirstOrDefault(sign => sign.Name == name)?.Label();

    private static IEnumerable<Link> ForMembers(HttpContext http)
    {
        if (http.User.Identity is { IsAuthenticated: true })
        {
            yield return new("/mon-territoire", T["Mon territoire"], 80);
        }
        else
        {
            yield return new("/rejoindre", T["Rejoindre"], 40);
        }
        if (http.Items.ContainsKey(SiteHeader.Facilitates) || http.User.Grants().Any(grant => grant.Role == Grant.Facilitator))
        {
            yield return new("/facilitation/demandes", T["Facilitation"], 90, "/facilitation");
        }
    }
}
