using System.Numerics;
using Fabrique.Practices.V1;

namespace Fabrique.Practices;

/// <summary>Where a practice stands in a list: by the first of these that differs.</summary>
internal readonly record struct Standing(double Score, string Title, long ChangedAt, string Id) : IComparable<Standing>
{
    public int CompareTo(Standing other) =>
        Score != other.Score ? other.Score.CompareTo(Score)
        : string.CompareOrdinal(Title, other.Title) is not 0 and var title ? title
        : ChangedAt != other.ChangedAt ? other.ChangedAt.CompareTo(ChangedAt)
        : string.CompareOrdinal(Id, other.Id);
}

/// <summary>The practices that pass the filters of a request, and the facets of the rest, in one walk through the catalogue.</summary>
internal sealed class Selection
{
    private readonly Shelf _shelf;
    private readonly ListPracticesRequest _request;
    private readonly Hits? _hits;
    private readonly PracticeStatus _status;
    private readonly List<Entry> _entries = [];
    private readonly int[] _counts;
    private readonly bool[] _chosen;

    // One bit for the facet of each code.
    private readonly uint[] _facets;

    public Selection(Shelf shelf, ListPracticesRequest request, Hits? hits)
    {
        (_shelf, _request, _hits, _status) = (shelf, request, hits, StatusOf(request));
        var codes = shelf.Codes.All;
        (_counts, _chosen, _facets) = (new int[codes.Count], new bool[codes.Count], new uint[codes.Count]);
        var chosen = Practices.Facets.Chosen(request);
        for (var code = 0; code < codes.Count; code++)
        {
            _facets[code] = 1u << codes[code].Facet;
            _chosen[code] = chosen[codes[code].Facet].Contains(codes[code].Code);
        }
        // One bit for each facet in which something is chosen.
        var asked = chosen.Index().Where(facet => facet.Item.Count > 0).Aggregate(0u, (bits, facet) => bits | 1u << facet.Index);
        foreach (var entry in shelf.Entries)
        {
            if (entry is not null && IsSearched(entry) && (hits is null || hits[entry.Number] > 0))
            {
                Count(entry, asked);
            }
        }
    }

    public int Total => _entries.Count;

    /// <summary>Whether a practice is among those that the request asks about, whatever its words and codes.</summary>
    public static bool IsSearched(ListPracticesRequest request, Entry entry) =>
        entry.Status == StatusOf(request)
        && (request.Territory.Length == 0 || entry.Territory == request.Territory)
        && (request.AdaptedFrom.Length == 0 || entry.AdaptedFrom == request.AdaptedFrom);

    /// <summary>The first practices after a place in the list.</summary>
    public List<Entry> First(int count, Standing? after = null)
    {
        // The worst of the best so far is the first to go.
        var best = new PriorityQueue<Entry, Standing>(Comparer<Standing>.Create((one, other) => other.CompareTo(one)));
        foreach (var entry in _entries)
        {
            var standing = StandingOf(entry);
            if (after is { } start && standing.CompareTo(start) <= 0)
            {
                continue;
            }
            if (best.Count < count)
            {
                best.Enqueue(entry, standing);
            }
            else
            {
                best.EnqueueDequeue(entry, standing);
            }
        }
        return [.. best.UnorderedItems.OrderBy(item => item.Priority).Select(item => item.Element)];
    }

    public Standing StandingOf(Entry entry) =>
        _request.Sort switch
        {
            PracticeSort.Title => new(0, entry.Title, entry.ChangedAt, entry.Id),
            PracticeSort.Newest => new(0, "", entry.ChangedAt, entry.Id),
            _ => new(_hits?[entry.Number] ?? 0, "", entry.ChangedAt, entry.Id),
        };

    /// <summary>How many there would be with each code, under every other filter than those of its own facet.</summary>
    public IEnumerable<Facet> Facets() =>
        Practices.Facets.Names.Select(
            (name, facet) =>
                new Facet
                {
                    Name = name,
                    Values =
                    {
                        _counts
                            .Select((count, code) => (Count: count, Code: code))
                            .Where(value => value.Count > 0 && _shelf.Codes.All[value.Code].Facet == facet)
                            .Select(value => new FacetValue { Code = _shelf.Codes.All[value.Code].Code, Count = value.Count })
                            .OrderByDescending(value => value.Count)
                            .ThenBy(value => value.Code, StringComparer.Ordinal),
                    },
                }
        );

    /// <summary>Whose practices they are, the territories that have most of them first.</summary>
    public IEnumerable<(Entry One, int Count)> Territories() =>
        _entries
            .GroupBy(entry => entry.Place)
            .Select(place => (One: place.First(), Count: place.Count()))
            .OrderByDescending(place => place.Count)
            .ThenBy(place => place.One.Territory, StringComparer.Ordinal);

    private static PracticeStatus StatusOf(ListPracticesRequest request) =>
        request.Status == PracticeStatus.Unspecified ? PracticeStatus.Published : request.Status;

    private bool IsSearched(Entry entry) => entry.Status == _status && IsSearched(_request, entry);

    private void Count(Entry entry, uint asked)
    {
        var place = _shelf.Places[entry.Place]?.Codes ?? [];
        var missing = asked;
        if (asked != 0)
        {
            Meet(entry.Codes);
            Meet(place);
        }
        if (missing == 0)
        {
            _entries.Add(entry);
        }
        if (BitOperations.PopCount(missing) <= 1)
        {
            CountCodes(entry.Codes);
            CountCodes(place);
        }

        void Meet(int[] codes)
        {
            foreach (var code in codes)
            {
                missing &= _chosen[code] ? ~_facets[code] : uint.MaxValue;
            }
        }

        void CountCodes(int[] codes)
        {
            foreach (var code in codes)
            {
                // One facet is not met: its own counts tell what choosing another of its codes would give.
                _counts[code] += missing == 0 || missing == _facets[code] ? 1 : 0;
            }
        }
    }
}
