using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>The reads: the official directory, and what its territories tell of themselves.</summary>
internal sealed partial class Queries(
    IDbContextFactory<TerritoriesDb> databases,
    RecordStore<TerritoriesDb> records,
    OfficialDirectory directory,
    Places places,
    PageCatalogue pages
)
{
    private const int MaxQuery = 200;
    private const int MaxIds = 100;
    private const int MaxPractices = 100;

    /// <summary>One page of the directory.</summary>
    public async Task<ListTerritoriesResponse> ListAsync(ListTerritoriesRequest request, CancellationToken cancellation)
    {
        if (request.Query.Length > MaxQuery)
        {
            throw Refusal.Invalid("query", $"Votre recherche est trop longue : {MaxQuery} caractères au plus.");
        }
        if (request.Ids.Count > MaxIds)
        {
            throw Refusal.Invalid("ids", $"Demandez {MaxIds} codes au plus.");
        }
        var size = Paging.Size(request.PageSize);
        var filter = new ListTerritoriesRequest(request) { PageSize = 0, PageToken = "" };
        var offset = Paging.Position<Offset>(filter, request.PageToken)?.Skip ?? 0;
        if (offset < 0)
        {
            throw Refusal.Invalid("pageToken", $"Ce jeton de page n’est pas d’ici : reprenez la recherche depuis la première page.");
        }

        await using var db = await databases.CreateDbContextAsync(cancellation);
        var only = request.Joined ? await db.Members.Select(member => member.Id).ToListAsync(cancellation) : null;
        if (request.Ids.Count > 0)
        {
            // A former code is another name of the same territory.
            var asked = request.Ids.Select(id => directory.Find(id)?.Id ?? id).Distinct();
            only = [.. only is null ? asked : asked.Intersect(only)];
        }
        var search = new DirectorySearch(request.Query, request.Kind, request.Region, request.Department, request.Epci, only);
        var page = await places.SearchAsync(search, offset, size, cancellation);
        var matches = new List<TerritoryMatch>();
        if (request.Pages && !Letters.IsBlank(request.Query))
        {
            (page, matches) = await WithPagesAsync(db, search, page, offset, size, cancellation);
        }
        var (territories, total, isNear, code, invented) = page;
        var found = territories.Select(territory => territory.Id).ToArray();
        var practices = await db
            .Practices.Where(practice => found.Contains(practice.Territory))
            .GroupBy(practice => practice.Territory)
            .Select(group => new { group.Key, Count = group.Count() })
            .ToDictionaryAsync(group => group.Key, group => group.Count, cancellation);
        var members = await db.Members.Where(member => found.Contains(member.Id)).Select(member => member.Id).ToHashSetAsync(cancellation);

        var response = new ListTerritoriesResponse
        {
            // They count in no figure, but for a list of nothing else.
            TotalSize = total > invented ? total - invented : total,
            Approximate = isNear,
            Exact = offset == 0 && (code is not null || (!isNear && territories.Take(1).Any(first => IsCalled(first, request.Query)))),
        };
        var byName = territories.Where(territory => !matches.Exists(match => match.Territory == territory.Id));
        response.Matches.AddRange(
            byName
                .Select(territory => code is null ? Former(territory, request.Query, isNear) : Match(territory, code))
                .OfType<TerritoryMatch>()
                .Concat(matches)
        );
        foreach (var territory in territories)
        {
            (territory.Joined, territory.PracticeCount) = (members.Contains(territory.Id), practices.GetValueOrDefault(territory.Id));
            territory.Perimeter?.Members.Clear();
            response.Territories.Add(territory);
        }
        if (offset + territories.Count < total && territories.Count > 0)
        {
            response.NextPageToken = Paging.Token(filter, new Offset(offset + territories.Count));
        }
        return response;
    }

    /// <summary>One territory whole; null when no territory has the code.</summary>
    /// <param name="id">Its code.</param>
    /// <param name="isOwn">Whether somebody asks who writes for the territory of that code: a member reads its profile although it was
    /// hidden when it had left.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Territory?> GetAsync(string id, Func<string, bool> isOwn, CancellationToken cancellation)
    {
        if (await places.FindAsync(id, cancellation) is not { } territory)
        {
            return null;
        }
        var profile = await records.FindAsync<Profile>(territory.Id, cancellation);
        territory.Membership = (await records.FindAsync<Membership>(territory.Id, cancellation))?.Body is { IsOpen: true } membership
            ? membership
            : null;
        territory.Joined = territory.Membership is { IsMember: true };
        if (profile?.Info.Visibility == Visibility.Public || (territory.Joined && isOwn(territory.Id)))
        {
            (territory.Profile, territory.Record) = (profile?.Body, profile?.Info);
        }

        await using var db = await databases.CreateDbContextAsync(cancellation);
        var practices = db.Practices.AsNoTracking().Where(practice => practice.Territory == territory.Id);
        territory.PracticeCount = await practices.CountAsync(cancellation);
        var links = await practices
            .OrderByDescending(practice => practice.ChangedAt)
            .ThenBy(practice => practice.Id)
            .Take(MaxPractices)
            .Select(practice => practice.Link)
            .ToListAsync(cancellation);
        territory.Practices.AddRange(links.Select(PracticeLink.Parser.ParseFrom));
        return territory;
    }

    private static bool IsCalled(Territory territory, string query)
    {
        var asked = AskedPlace.Read(query);
        return Names.Fold(territory.Name) == Names.Fold(query)
            || (asked.Bare.Length > 0 && Names.Key(territory.Name) == LegalForms.Key([.. asked.Bare.Select(Names.Spell)]));
    }

    /// <summary>Says that a name is that of a commune which is a part of the territory now: none of the words is in its own.</summary>
    private static TerritoryMatch? Former(Territory territory, string query, bool isNear)
    {
        var name = Names.Fold(territory.Name).Replace(" ", "", StringComparison.Ordinal);
        return
            isNear
            || territory.Kind != "COM"
            || AskedPlace.Read(query).Bare is not { Length: > 0 } words
            || words.Any(word => !LegalForms.IsSmall(word) && name.Contains(Names.Spell(word), StringComparison.Ordinal))
            || words.All(word => word.All(char.IsAsciiDigit))
            ? null
            : new() { Territory = territory.Id, Kind = TerritoryMatch.Types.Kind.FormerName };
    }

    /// <summary>By which of its codes a territory was found; null where the code is the one that everybody calls it by.</summary>
    private static TerritoryMatch? Match(Territory territory, string code)
    {
        var kind =
            territory.Postcodes.Contains(code) ? TerritoryMatch.Types.Kind.Postcode
            : territory.Insee == code ? TerritoryMatch.Types.Kind.Insee
            : AskedPlace.DistrictNumber(code) > 0 ? TerritoryMatch.Types.Kind.District
            : territory.Insee.Length > 0 && code.Length == territory.Insee.Length ? TerritoryMatch.Types.Kind.FormerInsee
            : territory.Siren == code ? TerritoryMatch.Types.Kind.Siren
            : TerritoryMatch.Types.Kind.Unspecified;
        return kind == TerritoryMatch.Types.Kind.Unspecified
            ? null
            : new()
            {
                Territory = territory.Id,
                Kind = kind,
                Code = code,
                District =
                    kind == TerritoryMatch.Types.Kind.District ? AskedPlace.DistrictNumber(code)
                    : kind == TerritoryMatch.Types.Kind.Postcode && territory.Id is "75056" or "69123" or "13055"
                        ? AskedPlace.PostalDistrict(code)
                    : 0,
            };
    }

    private sealed record Offset(int Skip);
}
