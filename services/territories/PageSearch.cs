using Fabrique.Search;
using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>What the pages of territories say, as it is searched.</summary>
internal static class PageText
{
    /// <summary>The full text and the words of pages.</summary>
    public static readonly TextTable Table = new("page");

    public static SearchedText Of(Profile profile) => Texts(profile).Aggregate(new SearchedText(), (all, text) => all.Add(text));

    /// <summary>The texts of a page, in the order in which it is read.</summary>
    public static IEnumerable<string> Texts(Profile profile) =>
        [
            profile.Introduction,
            .. profile.InheritedConditions.SelectMany(fact => new[] { fact.Title, fact.Text }),
            profile.Star?.Text ?? "",
            .. profile.Pebbles.Select(pebble => pebble.Title),
            .. profile.Phases.SelectMany(phase => new[] { phase.Title, phase.InhabitantsRole }),
            .. profile.Milestones.SelectMany(milestone => new[] { milestone.Title, milestone.Text }),
            .. profile.Results.SelectMany(fact => new[] { fact.Title, fact.Text }),
            .. profile.Method.SelectMany(element => new[] { element.Title, element.Text }),
            .. profile.Indicators.SelectMany(indicator => new[] { indicator.Label, indicator.Definition }),
        ];
}

/// <summary>A page in memory: whose it is.</summary>
internal sealed record PageEntry(int Number, string Territory) : Document(Number);

/// <summary>The pages in memory.</summary>
internal sealed class PageCatalogue() : Catalogue<ProfileRow, PageEntry>(PageText.Table, [])
{
    protected override bool IsPublic(PageEntry document) => true;

    protected override IQueryable<Loaded<PageEntry>> Load(IQueryable<ProfileRow> rows) =>
        rows.Select(row => new Loaded<PageEntry>(
            row.Number,
            row.Stamp,
            row.Codes,
            row.Id,
            row.IsShown ? new PageEntry(row.Number, row.Id) : null
        ));
}

/// <summary>The search in pages.</summary>
internal sealed partial class Queries
{
    private const int MostPages = 50;

    /// <summary>Adds to the territories that a search found by their names those whose pages hold all its words.</summary>
    /// <param name="db">The index.</param>
    /// <param name="search">What is looked for.</param>
    /// <param name="page">What was found by names from the offset on; names that are only near give way to pages that have the
    /// words.</param>
    /// <returns>The page with them, and where each of their pages says the words.</returns>
    private async Task<(OfficialDirectory.Page Page, List<TerritoryMatch> Matches)> WithPagesAsync(
        TerritoriesDb db,
        DirectorySearch search,
        OfficialDirectory.Page page,
        int offset,
        int size,
        CancellationToken cancellation
    )
    {
        var shelf = await pages.ReadAsync(db, cancellation);
        using var asked = await shelf.AskAsync(db, search.Query, [TextPart.Whole], _ => true, cancellation);
        if (page.Code is not null || asked.Hits is not { AnyWord: false } hits || asked.Understood.Length > 0)
        {
            return (page, []);
        }
        var telling = new Selection<PageEntry>(shelf, [], _ => true, hits)
            .First(MostPages, (entry, score) => new(score, "", 0, entry.Territory))
            .Select(entry => entry.Territory)
            .Where(id => search.OnlyIds?.Contains(id) != false)
            .ToList();
        if (telling.Count == 0)
        {
            return (page, []);
        }
        var named = page.IsNear ? new([], 0) : page;
        if (named.Total > 0)
        {
            var both = await places.SearchAsync(search with { OnlyIds = telling }, 0, MostPages, cancellation);
            telling = both.IsNear ? telling : [.. telling.Except(both.Territories.Select(territory => territory.Id))];
        }
        var after = Math.Max(0, offset - named.Total);
        var rest = await places.SearchAsync(
            search with
            {
                Query = "",
                OnlyIds = telling,
            },
            after,
            size - named.Territories.Count,
            cancellation
        );
        return rest.Total == 0
            ? (page, [])
            : (
                new([.. named.Territories, .. rest.Territories], named.Total + rest.Total, Invented: named.Invented + rest.Invented),
                await PassagesAsync(rest.Territories, new Highlights(asked.Stems), cancellation)
            );
    }

    private async Task<List<TerritoryMatch>> PassagesAsync(
        IEnumerable<Territory> territories,
        Highlights highlights,
        CancellationToken cancellation
    )
    {
        var profiles = await records.FindAsync<Profile>([.. territories.Select(territory => territory.Id)], cancellation);
        return
        [
            .. profiles.Select(profile => new TerritoryMatch
            {
                Territory = profile.Key,
                Kind = TerritoryMatch.Types.Kind.Page,
                Passage = PageText.Texts(profile.Value.Body).Select(highlights.Passage).FirstOrDefault(passage => passage.Length > 0) ?? "",
            }),
        ];
    }
}
