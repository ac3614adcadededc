using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>
/// Every territory there is: the official directory, and beside it the perimeters that a facilitator confirmed. These are few, and held in
/// memory until one of them changes; a code that the directory knows never asks for them.
/// </summary>
internal sealed class Places(OfficialDirectory directory, IDbContextFactory<TerritoriesDb> databases)
{
    private Confirmed _confirmed = new(-1, []);

    /// <summary>The territory with this code, as in <see cref="OfficialDirectory.Find"/>; null when nothing has it.</summary>
    public async Task<Territory?> FindAsync(string id, CancellationToken cancellation)
    {
        if (directory.Find(id) is { } official)
        {
            return official;
        }
        return (await PerimetersAsync(cancellation))
            .FirstOrDefault(perimeter => perimeter.Territory.Id == OfficialDirectory.Code(id))
            ?.Territory.Clone();
    }

    /// <summary>The confirmed perimeters, whole, the most populated first.</summary>
    public async Task<IReadOnlyList<ConfirmedPerimeter>> PerimetersAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        // Each write of one adds one to its version, so the sum tells whether anything changed, whichever replica wrote it.
        var stamp = await db.Perimeters.SumAsync(row => row.Version, cancellation);
        if (_confirmed.Stamp != stamp)
        {
            var rows = await db.Perimeters.AsNoTracking().Where(row => row.Status == PerimeterStatus.Confirmed).ToListAsync(cancellation);
            var known = _confirmed.Perimeters.ToDictionary(perimeter =>
                (perimeter.Territory.Id, perimeter.Territory.Perimeter.Record.Version)
            );
            _confirmed = new(
                stamp,
                [
                    .. rows.Select(row =>
                            known.GetValueOrDefault((row.Id, row.Version)) ?? new(Territory(Perimeter.Parser.ParseFrom(row.Body)))
                        )
                        .OrderByDescending(perimeter => perimeter.Territory.Population)
                        .ThenBy(perimeter => perimeter.Territory.Id, StringComparer.Ordinal),
                ]
            );
        }
        return _confirmed.Perimeters;
    }

    /// <summary>
    /// As in <see cref="OfficialDirectory.SearchAsync"/>, the perimeters after the official territories that answer as well as they do.
    /// </summary>
    public async Task<OfficialDirectory.Page> SearchAsync(DirectorySearch search, int offset, int limit, CancellationToken cancellation)
    {
        var asked = (await PerimetersAsync(cancellation)).Where(perimeter => perimeter.IsOf(search)).ToList();
        var name = AskedPlace.Read(search.Query);
        var found = asked
            .Select(perimeter => (Rank: perimeter.Rank(search.Query, name), perimeter.Territory))
            .Where(found => found.Rank is not null)
            .ToLookup(found => found.Rank!.Value, found => found.Territory);
        if (found.Count == 0)
        {
            var page = await directory.SearchAsync(search, offset, limit, cancellation);
            var near =
                page.Total == 0 || page.IsNear
                    ? asked
                        .Select(perimeter => perimeter.Territory)
                        .Where(territory => PerimeterRules.AreNear(territory.Name, search.Query))
                        .ToList()
                    : [];
            if (near.Count == 0)
            {
                return page;
            }
            // A whole name with a slip or two: the few perimeters that it may be, then the official names that look like it.
            var first = near.Skip(offset).Take(limit).Select(territory => territory.Clone()).ToList();
            var rest = await directory.SearchAsync(search, Math.Max(0, offset - near.Count), limit - first.Count, cancellation);
            return new([.. first, .. rest.Territories], near.Count + page.Total, IsNear: true, Invented: Invented(near) + page.Invented);
        }

        var counts = await directory.CountByRankAsync(search, cancellation);
        // Null stands for the next official one.
        var slots = counts
            .Keys.Union(found.Select(group => group.Key))
            .Order()
            .SelectMany(rank => Enumerable.Repeat<Territory?>(null, counts.GetValueOrDefault(rank)).Concat(found[rank]));
        var (before, here) = (slots.Take(offset).Count(slot => slot is null), slots.Skip(offset).Take(limit).ToList());
        var official =
            counts.Count == 0 ? null : await directory.SearchAsync(search, before, here.Count(slot => slot is null), cancellation);
        var next = new Queue<Territory>(official?.Territories ?? []);
        return new(
            [.. here.Select(slot => slot?.Clone() ?? next.Dequeue())],
            counts.Values.Sum() + found.Sum(group => group.Count()),
            Code: official?.Code,
            Invented: Invented(found.SelectMany(group => group)) + (official?.Invented ?? 0)
        );
    }

    private static int Invented(IEnumerable<Territory> territories) => territories.Count(territory => Fictional.Is(territory.Id));

    /// <summary>A perimeter as a territory like any other.</summary>
    public Territory Territory(Perimeter perimeter)
    {
        var members = perimeter.Current().Select(directory.Find).OfType<Territory>().ToList();
        var (sum, placed) = (PerimeterRules.Population(members), members.Where(member => member.Coordinates is not null).ToList());
        var weight = placed.Sum(member => 1.0 + member.Population);
        var described = perimeter.Clone();
        (described.Population, described.DeclaredByName) = (
            sum,
            perimeter.DeclaredBy.Length > 0 ? directory.Find(perimeter.DeclaredBy)?.Name ?? perimeter.DeclaredBy : ""
        );
        var territory = new Territory
        {
            Id = perimeter.Id,
            Kind = perimeter.Kind,
            Name = perimeter.Name,
            Siren = perimeter.Siren,
            PopulationYear = sum.LastYear,
            Department = members.Select(member => member.Department).FirstOrDefault(department => department?.Code == perimeter.Department),
            Region = members.Select(member => member.Region).FirstOrDefault(region => region?.Code == perimeter.Region),
            MemberCount = members.Count,
            Perimeter = described,
            OfficialSources = { members.SelectMany(member => member.OfficialSources).Distinct() },
        };
        if (sum.Known > 0)
        {
            territory.Population = sum.Inhabitants;
        }
        if (placed.Count > 0)
        {
            territory.Coordinates = new Coordinates
            {
                Latitude = placed.Sum(member => member.Coordinates.Latitude * (1.0 + member.Population)) / weight,
                Longitude = placed.Sum(member => member.Coordinates.Longitude * (1.0 + member.Population)) / weight,
                Approximate = true,
            };
        }
        return territory;
    }

    private sealed record Confirmed(long Stamp, IReadOnlyList<ConfirmedPerimeter> Perimeters);
}

/// <summary>A confirmed perimeter, ready to be found and compared.</summary>
internal sealed class ConfirmedPerimeter(Territory territory)
{
    private readonly string _name = Names.Fold(territory.Name);
    private readonly string _key = Names.Key(territory.Name);
    private readonly string[] _words =
    [
        .. Names.Fold(territory.Name).Split(' '),
        .. Names.Fold($"{territory.Department?.Code} {territory.Department?.Name} {territory.Region?.Name}").Split(' '),
    ];

    public Territory Territory { get; } = territory;

    public Traits Traits { get; } = Traits.Of(territory, "");

    /// <summary>
    /// How well it answers a query, as the official directory ranks: 0 the name itself, 1 its beginning, 2 its words, 3 with the help of
    /// its place; null when it does not.
    /// </summary>
    /// <param name="query">As it was typed.</param>
    /// <param name="asked">The same, as it is understood.</param>
    public int? Rank(string query, AskedPlace asked)
    {
        if (Letters.IsBlank(query))
        {
            return 3;
        }
        if (asked.Words.Length == 0)
        {
            return null;
        }
        var code = asked.Code ?? OfficialDirectory.Code(query);
        var (name, key) = (string.Join(' ', asked.Words.Select(Names.Spell)), LegalForms.Key([.. asked.Bare.Select(Names.Spell)]));
        // With the name of another kind it is another body: a park is not the grouping of the same country.
        var isOfKind = asked.Kinds.Count == 0 || asked.Kinds.Contains(Territory.Kind);
        var words = isOfKind && key.Length > 0 ? key : name;
        return code == Territory.Siren || code == Territory.Id ? 0
            : name == _name || (isOfKind && key == _key) ? 0
            : _name.StartsWith(name, StringComparison.Ordinal) ? 1
            : Words(words, _name.Split(' ')) ? 2
            : Words(words, _words) ? 3
            : null;
    }

    public bool IsOf(DirectorySearch search) =>
        (search.Kinds is not { Count: > 0 } || search.Kinds.Contains(Territory.Kind))
        && (search.Region.Length == 0 || Territory.Region?.Code == search.Region)
        && (search.Department.Length == 0 || Territory.Department?.Code == search.Department)
        && search.Epci.Length == 0
        && search.OnlyIds?.Contains(Territory.Id) != false;

    // Every word of the query, the last of which may be unfinished.
    private static bool Words(string query, string[] words) =>
        query.Split(' ') is var asked
        && asked
            .Index()
            .All(word =>
                words.Contains(word.Item)
                || (word.Index == asked.Length - 1 && words.Any(one => one.StartsWith(word.Item, StringComparison.Ordinal)))
            );
}
