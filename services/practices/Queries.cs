using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Search;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>The reads of the catalogue.</summary>
internal sealed class Queries(
    IDbContextFactory<PracticesDb> databases,
    PracticeCatalogue catalogue,
    RecordStore<PracticesDb> records,
    UnansweredSearches unanswered
)
{
    private const int MaxQuery = 200;
    private const int MaxCodes = 30;
    private const int MostExported = 10_000;
    private const int MostTerritories = 100;

    /// <summary>One page of the practices that answer the request, with the total and the facets.</summary>
    public async Task<ListPracticesResponse> ListAsync(ListPracticesRequest request, CancellationToken cancellation)
    {
        Check(request);
        var size = Paging.Size(request.PageSize);
        var filter = new ListPracticesRequest(request) { PageSize = 0, PageToken = "" };
        var position = Paging.Position<Position>(filter, request.PageToken);

        await using var db = await databases.CreateDbContextAsync(cancellation);
        var shelf = await catalogue.ReadAsync(db, cancellation);
        using var asked = await AskAsync(db, shelf, request, cancellation);
        var selection = Select(shelf, request, asked.Hits);
        var entries = selection.First(size + 1, Standing, position?.Standing);

        var response = new ListPracticesResponse { TotalSize = selection.Total, Facets = { Facets(selection) } };
        response.Practices.AddRange(await CardsAsync(db, entries.Take(size), cancellation));
        if (entries.Count > size)
        {
            var last = entries[size - 1];
            response.NextPageToken = Paging.Token(filter, new Position(Standing(last, selection.ScoreOf(last))));
        }
        if (request.CountTerritories)
        {
            var territories = selection.Owners().ToList();
            response.TerritorySize = territories.Count;
            response.Territories.AddRange(
                territories
                    .Take(MostTerritories)
                    .Select(territory => new TerritoryCount
                    {
                        Territory = territory.Owner,
                        Place = catalogue.PlaceOf(territory.Owner),
                        Count = territory.Count,
                    })
            );
        }
        if (asked.Hits is not null)
        {
            response.Matches.AddRange(await MatchesAsync(response.Practices, asked.Stems, cancellation));
            response.Help = await HelpAsync(shelf, request, asked, selection.Total, cancellation);
        }
        return response;

        Standing Standing(Entry entry, float score) => entry.Standing(request.Sort, score);
    }

    /// <summary>The identifiers of all practices that answer a request, in its order; nothing that was invented goes out.</summary>
    public async Task<IReadOnlyList<string>> AllAsync(ListPracticesRequest request, CancellationToken cancellation)
    {
        Check(request);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var shelf = await catalogue.ReadAsync(db, cancellation);
        using var asked = await AskAsync(db, shelf, request, cancellation);
        return
        [
            .. Select(shelf, request, asked.Hits)
                .First(MostExported, (entry, score) => entry.Standing(request.Sort, score))
                .Where(entry => !Fictional.Is(entry.Territory))
                .Select(entry => entry.Id),
        ];
    }

    /// <summary>Published practices that speak of what this one's title and summary speak of.</summary>
    public async Task<IEnumerable<Practice>> SimilarAsync(Practice practice, int count, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var shelf = await catalogue.ReadAsync(db, cancellation);
        var themes = string.Join('\n', practice.Themes.Select(theme => Vocabulary.Theme.FrenchLabel(theme)));
        using var hits = await shelf.LikeAsync(
            db,
            $"{practice.Title}\n{practice.Summary}\n{themes}",
            PracticeText.Parts(SearchScope.Unspecified),
            cancellation
        );
        if (hits is null)
        {
            return [];
        }
        var nearest = Select(shelf, new ListPracticesRequest(), hits)
            .First(count + 1, (entry, score) => entry.Standing(PracticeSort.Unspecified, score))
            .Where(entry => entry.Id != practice.Id)
            .Take(count);
        return await CardsAsync(db, nearest, cancellation);
    }

    private static void Check(ListPracticesRequest request)
    {
        if (request.Query.Length > MaxQuery)
        {
            throw Refusal.Invalid("query", $"Votre recherche est trop longue : {MaxQuery} caractères au plus.");
        }
        foreach (var (facet, codes) in FacetNames.Chosen(request).Index())
        {
            if (codes.Count > MaxCodes)
            {
                throw Refusal.Invalid(FacetNames.All[facet], $"Choisissez {MaxCodes} valeurs au plus.");
            }
        }
    }

    private static Task<Asked> AskAsync(PracticesDb db, Shelf<Entry> shelf, ListPracticesRequest request, CancellationToken cancellation) =>
        shelf.AskAsync(db, request.Query, PracticeText.Parts(request.Scope), entry => entry.IsSearched(request), cancellation);

    private static Selection<Entry> Select(Shelf<Entry> shelf, ListPracticesRequest request, Hits? hits) =>
        new(shelf, FacetNames.Chosen(request), entry => entry.IsSearched(request), hits, entry => !Fictional.Is(entry.Territory));

    private static IEnumerable<Facet> Facets(Selection<Entry> selection) =>
        selection
            .Facets()
            .Select(facet => new Facet
            {
                Name = facet.Name,
                Values = { facet.Values.Select(value => new FacetValue { Code = value.Code, Count = value.Count }) },
            });

    private async Task<SearchHelp> HelpAsync(
        Shelf<Entry> shelf,
        ListPracticesRequest request,
        Asked asked,
        int total,
        CancellationToken cancellation
    )
    {
        var help = new SearchHelp
        {
            AnyWord = asked.Hits!.AnyWord && total > 0,
            Understood = asked.Understood,
            Also = { asked.Also },
            DidYouMean = await asked.DidYouMeanAsync(total),
        };
        if (total > 0)
        {
            return help;
        }
        var everything = new ListPracticesRequest();
        var wider = Select(shelf, everything, asked.Hits);
        help.UnfilteredSize = wider.Total;
        var near = wider.Total > 0 ? wider : Select(shelf, everything, null);
        help.NearThemes.AddRange(near.Facets().First().Values.Take(3).Select(theme => theme.Code));
        if (wider.Total == 0 && request.PageToken.Length == 0)
        {
            await unanswered.CountAsync(asked.Typed, cancellation);
        }
        return help;
    }

    /// <summary>Where listed practices show the words searched: on their cards, failing that in a text, which is read then.</summary>
    private async Task<IEnumerable<PracticeMatch>> MatchesAsync(
        IReadOnlyList<Practice> cards,
        IReadOnlySet<string> stems,
        CancellationToken cancellation
    )
    {
        var highlights = new Highlights(stems);
        var matches = cards.Select(highlights.OfCard).ToList();
        var whole = await records.FindAsync<Practice>(
            [.. cards.Where((_, at) => matches[at].Texts.Count == 0).Select(card => card.Id)],
            cancellation
        );
        return cards.Select(
            (card, at) =>
                matches[at].Texts.Count == 0 && whole.TryGetValue(card.Id, out var practice)
                    ? highlights.OfTexts(practice.Body)
                    : matches[at]
        );
    }

    private async Task<IEnumerable<Practice>> CardsAsync(PracticesDb db, IEnumerable<Entry> entries, CancellationToken cancellation)
    {
        var wanted = entries.ToList();
        var numbers = wanted.Select(entry => entry.Number).ToArray();
        var cards = await db
            .Practices.AsNoTracking()
            .Where(row => numbers.Contains(row.Number))
            .Select(row => new { row.Number, row.Card })
            .ToDictionaryAsync(row => row.Number, row => row.Card, cancellation);
        // Without a card: taken back since the catalogue was read.
        return wanted
            .Where(entry => cards.GetValueOrDefault(entry.Number) is { Length: > 0 })
            .Select(entry =>
            {
                var practice = Practice.Parser.ParseFrom(cards[entry.Number]);
                practice.Place = catalogue.PlaceOf(entry.Territory);
                return practice;
            });
    }

    private sealed record Position(Standing Standing);
}
