using Fabrique.Practices.V1;
using Fabrique.Records;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>The reads of the catalogue.</summary>
internal sealed class Queries(
    IDbContextFactory<PracticesDb> databases,
    Catalogue catalogue,
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
        var shelf = await catalogue.ReadAsync(cancellation);
        using var asked = await AskAsync(db, shelf, request, cancellation);
        var selection = new Selection(shelf, request, asked.Hits);
        var entries = selection.First(size + 1, position?.Standing);

        var response = new ListPracticesResponse { TotalSize = selection.Total, Facets = { selection.Facets() } };
        response.Practices.AddRange(await CardsAsync(db, shelf, entries.Take(size), cancellation));
        if (entries.Count > size)
        {
            response.NextPageToken = Paging.Token(filter, new Position(selection.StandingOf(entries[size - 1])));
        }
        if (request.CountTerritories)
        {
            var territories = selection.Territories().ToList();
            response.TerritorySize = territories.Count;
            response.Territories.AddRange(
                territories
                    .Take(MostTerritories)
                    .Select(place => new TerritoryCount
                    {
                        Territory = place.One.Territory,
                        Place = shelf.PlaceOf(place.One),
                        Count = place.Count,
                    })
            );
        }
        if (asked.Hits is not null)
        {
            response.Matches.AddRange(
                await MatchesAsync(response.Practices, asked.Words.SelectMany(shelf.Spelling.Stems).ToHashSet(), cancellation)
            );
        }
        if (!string.IsNullOrWhiteSpace(request.Query))
        {
            response.Help = await HelpAsync(db, shelf, request, asked, selection.Total, cancellation);
        }
        return response;
    }

    /// <summary>The identifiers of all practices that answer a request, in its order; nothing that was invented goes out.</summary>
    public async Task<IReadOnlyList<string>> AllAsync(ListPracticesRequest request, CancellationToken cancellation)
    {
        Check(request);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var shelf = await catalogue.ReadAsync(cancellation);
        using var asked = await AskAsync(db, shelf, request, cancellation);
        return
        [
            .. new Selection(shelf, request, asked.Hits)
                .First(MostExported)
                .Where(entry => !Fictional.Is(entry.Territory))
                .Select(entry => entry.Id),
        ];
    }

    /// <summary>Published practices that speak of what this one's title and summary speak of.</summary>
    public async Task<IEnumerable<Practice>> SimilarAsync(Practice practice, int count, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var shelf = await catalogue.ReadAsync(cancellation);
        var words = WordSearch.Words(
            $"{practice.Title}\n{practice.Summary}\n{string.Join('\n', practice.Themes.Select(theme => Vocabulary.Theme.FrenchLabel(theme)))}"
        );
        if (words.Count == 0)
        {
            return [];
        }
        using var hits = await new WordSearch(db, shelf, SearchScope.Unspecified, cancellation).FindAsync(words, shelf.IsPublished);
        hits.AnyWord = true;
        var nearest = new Selection(shelf, new ListPracticesRequest(), hits)
            .First(count + 1)
            .Where(entry => entry.Id != practice.Id)
            .Take(count);
        return await CardsAsync(db, shelf, nearest, cancellation);
    }

    private static void Check(ListPracticesRequest request)
    {
        if (request.Query.Length > MaxQuery)
        {
            throw Refusal.Invalid("query", $"Votre recherche est trop longue : {MaxQuery} caractères au plus.");
        }
        foreach (var (facet, codes) in Facets.Chosen(request).Index())
        {
            if (codes.Count > MaxCodes)
            {
                throw Refusal.Invalid(Facets.Names[facet], $"Choisissez {MaxCodes} valeurs au plus.");
            }
        }
    }

    /// <summary>The words asked, as far as they are understood, and what holds them. Nothing holds a text without a word.</summary>
    private static async Task<Asked> AskAsync(PracticesDb db, Shelf shelf, ListPracticesRequest request, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(request.Query))
        {
            return new Asked([], [], null);
        }
        var search = new WordSearch(db, shelf, request.Scope, cancellation);
        var words = WordSearch.Words(request.Query);
        var understood = await search.UnderstandAsync(words);
        return new Asked(
            words,
            understood,
            await search.FindAsync(understood, number => shelf.Entries[number] is { } entry && Selection.IsSearched(request, entry))
        );
    }

    private async Task<SearchHelp> HelpAsync(
        PracticesDb db,
        Shelf shelf,
        ListPracticesRequest request,
        Asked asked,
        int total,
        CancellationToken cancellation
    )
    {
        var search = new WordSearch(db, shelf, request.Scope, cancellation);
        var help = new SearchHelp { AnyWord = asked.Hits!.AnyWord && total > 0 };
        if (!ReferenceEquals(asked.Words, asked.Typed))
        {
            help.Understood = WordSearch.Replaced(request.Query, asked.Words);
        }
        else if (
            total <= WordSearch.Few
            && await search.SuggestAsync(asked.Words) is var suggested
            && !ReferenceEquals(suggested, asked.Words)
        )
        {
            help.DidYouMean = WordSearch.Replaced(request.Query, suggested);
        }
        if (total > 0)
        {
            return help;
        }
        var wider = new Selection(shelf, new ListPracticesRequest(), asked.Hits);
        help.UnfilteredSize = wider.Total;
        var near = wider.Total > 0 ? wider : new Selection(shelf, new ListPracticesRequest(), null);
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

    private static async Task<IEnumerable<Practice>> CardsAsync(
        PracticesDb db,
        Shelf shelf,
        IEnumerable<Entry> entries,
        CancellationToken cancellation
    )
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
                practice.Place = shelf.PlaceOf(entry);
                return practice;
            });
    }

    /// <summary>What a request asks in words.</summary>
    /// <param name="Typed">The words of the query.</param>
    /// <param name="Words">The words searched.</param>
    /// <param name="Hits">What holds them; null when nothing was asked.</param>
    private sealed record Asked(IReadOnlyList<Word> Typed, IReadOnlyList<Word> Words, Hits? Hits) : IDisposable
    {
        public void Dispose() => Hits?.Dispose();
    }

    private sealed record Position(Standing Standing);
}
