using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>The reads across territories: those like one of them, and what they went through.</summary>
internal sealed partial class Queries
{
    private const int DefaultSimilar = 12;
    private const int MaxSimilar = 50;

    /// <summary>The territories most like one, those of the network first.</summary>
    public async Task<ListSimilarTerritoriesResponse> SimilarAsync(ListSimilarTerritoriesRequest request, CancellationToken cancellation)
    {
        var size = request.PageSize == 0 ? DefaultSimilar : request.PageSize;
        var (codes, territory) = (request.Situation.Distinct().ToList(), await places.FindAsync(request.Id, cancellation));
        Check.Refuse([
            .. Check.Codes("situation", codes, Vocabulary.Situation),
            .. Check.Rule("pageSize", size is < 0 or > MaxSimilar, $"Demandez de 1 à {MaxSimilar} territoires."),
        ]);
        if (territory is null)
        {
            throw Refusal.NotFound($"Aucun territoire ne porte ce code.");
        }

        await using var db = await databases.CreateDbContextAsync(cancellation);
        var members = await db.Members.Select(member => member.Id).ToHashSetAsync(cancellation);
        var told = await db.Profiles.AsNoTracking().ToDictionaryAsync(profile => profile.Id, profile => profile.Situations, cancellation);
        var perimeters = (await places.PerimetersAsync(cancellation)).ToDictionary(perimeter => perimeter.Territory.Id);
        var asked = Told(
            perimeters.TryGetValue(territory.Id, out var perimeter)
                ? perimeter.Traits
                : directory.Entries.First(entry => entry.Traits.Id == territory.Id).Traits
        );
        asked = codes.Count > 0 ? asked with { Situations = codes } : asked;
        var candidates = directory
            .Entries.Select(entry => entry.Traits)
            .Concat(perimeters.Values.Select(one => one.Traits))
            .Select(Told)
            .ToLookup(traits => members.Contains(traits.Id));

        territory.Joined = members.Contains(territory.Id);
        return new ListSimilarTerritoriesResponse
        {
            Territory = territory,
            Situations = { asked.Situations },
            Similar =
            {
                Resemblance
                    .Rank(asked, candidates[true])
                    .Take(size)
                    .Concat(Resemblance.Rank(asked, candidates[false]).Take(size))
                    .Select(Similar),
            },
        };

        Traits Told(Traits traits) =>
            told.TryGetValue(traits.Id, out var situations) && situations.Length > 0
                ? traits with
                {
                    Situations = situations.Split(' '),
                }
                : traits;

        SimilarTerritory Similar(Traits traits)
        {
            var found = perimeters.TryGetValue(traits.Id, out var one) ? one.Territory.Clone() : directory.Find(traits.Id)!;
            found.Perimeter?.Members.Clear();
            found.Joined = members.Contains(traits.Id);
            var similar = new SimilarTerritory { Territory = found, Likenesses = { Resemblance.Reasons(asked, traits) } };
            foreach (var likeness in similar.Likenesses)
            {
                // People read names.
                var name = likeness.Criterion switch
                {
                    Likeness.Types.Criterion.Department => found.Department.Name,
                    Likeness.Types.Criterion.Region => found.Region.Name,
                    _ => null,
                };
                if (name is not null)
                {
                    likeness.Shared[0] = name;
                }
            }
            return similar;
        }
    }

    /// <summary>The latest milestones of the territories of the network.</summary>
    public async Task<ListMilestonesResponse> MilestonesAsync(ListMilestonesRequest request, CancellationToken cancellation)
    {
        var size = Paging.Size(request.PageSize);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var rows = await db
            .Milestones.AsNoTracking()
            .OrderByDescending(milestone => milestone.Date)
            .ThenBy(milestone => milestone.Territory)
            .ThenBy(milestone => milestone.Rank)
            .Take(size)
            .ToListAsync(cancellation);
        var told = new List<(MilestoneRow row, Territory? Place)>();
        foreach (var row in rows)
        {
            told.Add((row, await places.FindAsync(row.Territory, cancellation)));
        }
        return new ListMilestonesResponse
        {
            Milestones =
            {
                told.Select(one => new TerritoryMilestone
                {
                    Milestone = Milestone.Parser.ParseFrom(one.row.Milestone),
                    Territory = one.row.Territory,
                    Name = one.Place?.Name ?? one.row.Territory,
                    Department = one.Place?.Department?.Code ?? "",
                }),
            },
        };
    }
}
