using Fabrique.Practices.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>The reads of the catalogue.</summary>
internal sealed class Queries(IDbContextFactory<PracticesDb> databases)
{
    private const int MaxQuery = 200;
    private const int MaxCodes = 30;

    /// <summary>One page of the practices that answer the request, with the total and the facets.</summary>
    public async Task<ListPracticesResponse> ListAsync(ListPracticesRequest request, CancellationToken cancellation)
    {
        if (request.Query.Length > MaxQuery)
        {
            throw Refusal.Invalid("query", $"Votre recherche est trop longue : {MaxQuery} caractères au plus.");
        }
        foreach (var (field, codes) in new[] { ("theme", request.Theme), ("principle", request.Principle), ("maturity", request.Maturity), ("region", request.Region) })
        {
            if (codes.Count > MaxCodes)
            {
                throw Refusal.Invalid(field, $"Choisissez {MaxCodes} valeurs au plus.");
            }
        }
        var size = Paging.Size(request.PageSize);
        var filter = new ListPracticesRequest(request) { PageSize = 0, PageToken = "" };
        var position = Paging.Position<Position>(filter, request.PageToken);

        await using var db = await databases.CreateDbContextAsync(cancellation);
        var match = await MatchAsync(db, request.Query, cancellation);
        var total = await Practices(db, request, match).CountAsync(cancellation);
        var rows = await Page(db, request, match, position).Take(size + 1).ToListAsync(cancellation);

        var response = new ListPracticesResponse { TotalSize = total };
        response.Practices.AddRange(rows.Take(size).Select(row => Read(row.Card, row.Place)));
        if (rows.Count > size)
        {
            var last = rows[size - 1];
            response.NextPageToken = Paging.Token(filter, new Position(last.Order, last.Id));
        }
        response.Facets.AddRange(await FacetsAsync(db, request, match, cancellation));
        return response;
    }

    /// <summary>Where a territory is, as far as its profile has reached this service.</summary>
    public async Task<Place?> PlaceAsync(string territory, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return ToPlace(await db.Territories.AsNoTracking().SingleOrDefaultAsync(row => row.Id == territory, cancellation));
    }

    /// <summary>The words asked: every one of them; where no practice has them all, any. Null when nothing was asked.</summary>
    private static async Task<Match?> MatchAsync(PracticesDb db, string query, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(query))
        {
            return null;
        }
        var terms = FrenchText.Terms(query).Distinct().Take(20).ToArray();
        return new Match(terms, All: terms.Length < 2 || await db.Search(terms, all: true).AnyAsync(cancellation));
    }

    private static IQueryable<PracticeRow> Practices(PracticesDb db, ListPracticesRequest request, Match? match, string except = "")
    {
        var status = request.Status == PracticeStatus.Unspecified ? PracticeStatus.Published : request.Status;
        var practices = db.Practices.AsNoTracking().Where(practice => practice.Status == status);
        if (request.Territory.Length > 0)
        {
            practices = practices.Where(practice => practice.Territory == request.Territory);
        }
        if (match is not null)
        {
            practices = match.Terms.Length == 0
                ? practices.Where(practice => false)
                : practices.Where(practice => db.Search(match.Terms, match.All).Select(text => text.Id).Contains(practice.Id));
        }
        if (request.Maturity.Count > 0 && except != "maturity")
        {
            var maturities = request.Maturity.ToArray();
            practices = practices.Where(practice => maturities.Contains(practice.Maturity));
        }
        if (request.Region.Count > 0 && except != "region")
        {
            var regions = request.Region.ToArray();
            practices = practices.Where(practice => db.Territories.Any(territory => territory.Id == practice.Territory && regions.Contains(territory.Region)));
        }
        practices = WithCode(practices, PracticeIndex.Theme, request.Theme);
        return WithCode(practices, PracticeIndex.Principle, request.Principle);

        IQueryable<PracticeRow> WithCode(IQueryable<PracticeRow> rows, string facet, IReadOnlyCollection<string> wanted)
        {
            var codes = wanted.ToArray();
            return codes.Length == 0 || except == facet
                ? rows
                : rows.Where(practice => db.Codes.Any(code => code.PracticeId == practice.Id && code.Facet == facet && codes.Contains(code.Code)));
        }
    }

    /// <summary>The rows after a position: the best answers first when words were asked, the latest first otherwise.</summary>
    private static IQueryable<CardRow> Page(PracticesDb db, ListPracticesRequest request, Match? match, Position? after)
    {
        var practices = Practices(db, request, match);
        var cards = match is null or { Terms: [] }
            ? from practice in practices
              select new { practice, Order = (double)-practice.ChangedAt }
            : from practice in practices
              join text in db.Search(match.Terms, match.All) on practice.Id equals text.Id
              select new { practice, Order = text.Rank };
        if (after is not null)
        {
            cards = cards.Where(card => card.Order > after.Order || (card.Order == after.Order && card.practice.Id.CompareTo(after.Id) > 0));
        }
        return from card in cards
               join territory in db.Territories on card.practice.Territory equals territory.Id into known
               from place in known.DefaultIfEmpty()
               orderby card.Order, card.practice.Id
               select new CardRow(card.practice.Id, card.Order, card.practice.Card, place);
    }

    private static async Task<IEnumerable<Facet>> FacetsAsync(PracticesDb db, ListPracticesRequest request, Match? match, CancellationToken cancellation)
    {
        return
        [
            await CodesAsync(PracticeIndex.Theme),
            await CodesAsync(PracticeIndex.Principle),
            await FacetAsync("maturity", Practices(db, request, match, "maturity").Select(practice => practice.Maturity)),
            await FacetAsync("region", Practices(db, request, match, "region")
                .Join(db.Territories, practice => practice.Territory, territory => territory.Id, (_, territory) => territory.Region)),
        ];

        Task<Facet> CodesAsync(string facet) => FacetAsync(facet, Practices(db, request, match, facet)
            .Join(db.Codes.Where(code => code.Facet == facet), practice => practice.Id, code => code.PracticeId, (_, code) => code.Code));

        async Task<Facet> FacetAsync(string name, IQueryable<string> codes)
        {
            var counts = await codes.GroupBy(code => code).Select(group => new { Code = group.Key, Count = group.Count() }).ToListAsync(cancellation);
            var values = counts.Where(value => value.Code.Length > 0).OrderByDescending(value => value.Count).ThenBy(value => value.Code, StringComparer.Ordinal);
            return new Facet { Name = name, Values = { values.Select(value => new FacetValue { Code = value.Code, Count = value.Count }) } };
        }
    }

    private static Practice Read(byte[] card, TerritoryRow? place)
    {
        var practice = Practice.Parser.ParseFrom(card);
        practice.Place = ToPlace(place);
        return practice;
    }

    private static Place? ToPlace(TerritoryRow? row) =>
        row is null ? null : new Place { Name = row.Name, Department = row.Department, Region = row.Region };

    private sealed record CardRow(string Id, double Order, byte[] Card, TerritoryRow? Place);

    private sealed record Match(string[] Terms, bool All);

    private sealed record Position(double Order, string Id);
}
