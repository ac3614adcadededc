using System.Numerics;

namespace Fabrique.Search;

/// <summary>
/// Where a document stands in a list: by the first of these that differs. Give those by which a list is not ordered the same value
/// everywhere.
/// </summary>
/// <param name="Score">The greatest first: relevance, or what a service orders by, such as the nearness of a date or of a place.</param>
/// <param name="Title">In the order of its characters: fold it for an alphabetical order (<see cref="FrenchText.Fold"/>).</param>
/// <param name="ChangedAt">The latest first.</param>
/// <param name="Id">The smallest first, so that no two documents stand at the same place.</param>
public readonly record struct Standing(double Score, string Title, long ChangedAt, string Id)
{
    /// <summary>The best first.</summary>
    public static readonly Comparer<Standing> Order = Comparer<Standing>.Create(Compare);

    private static int Compare(Standing one, Standing other)
    {
        if (one.Score != other.Score)
        {
            return other.Score.CompareTo(one.Score);
        }
        var byTitle = string.CompareOrdinal(one.Title, other.Title);
        if (byTitle != 0)
        {
            return byTitle;
        }
        return one.ChangedAt != other.ChangedAt ? other.ChangedAt.CompareTo(one.ChangedAt) : string.CompareOrdinal(one.Id, other.Id);
    }
}

/// <summary>How the answers divide by one facet.</summary>
/// <param name="Name">The facet's.</param>
/// <param name="Values">Its codes that have answers, the most frequent first.</param>
public sealed record FacetCounts(string Name, IReadOnlyList<(string Code, int Count)> Values);

/// <summary>The documents that pass the filters of a request, and the facets of the rest, in one walk through the catalogue.</summary>
public sealed class Selection<TDocument>
    where TDocument : Document
{
    private readonly Shelf<TDocument> _shelf;
    private readonly Hits? _hits;
    private readonly List<TDocument> _documents = [];
    private readonly Func<TDocument, bool>? _isCounted;
    private readonly int[] _counts;

    // Of documents that do not count: told only where no other answers.
    private readonly int[] _others;
    private readonly bool[] _chosen;
    private int _counted;

    // One bit for the facet of each code.
    private readonly uint[] _facets;

    /// <param name="shelf">The catalogue.</param>
    /// <param name="chosen">
    /// The codes chosen in each facet, in the order of the catalogue's; several of one facet mean any of them. Empty: none in any.
    /// </param>
    /// <param name="isSearched">Every other filter: dates, places, states, owners…</param>
    /// <param name="hits">What holds the words of the request; null when it has none.</param>
    /// <param name="isCounted">Which documents count in the total and the facets, unless no such one answers; null for all.</param>
    public Selection(
        Shelf<TDocument> shelf,
        IReadOnlyList<IReadOnlyCollection<string>> chosen,
        Func<TDocument, bool> isSearched,
        Hits? hits,
        Func<TDocument, bool>? isCounted = null
    )
    {
        (_shelf, _hits, _isCounted) = (shelf, hits, isCounted);
        var codes = shelf.Codes.All;
        (_counts, _others, _chosen, _facets) = (new int[codes.Count], new int[codes.Count], new bool[codes.Count], new uint[codes.Count]);
        for (var code = 0; code < codes.Count; code++)
        {
            _facets[code] = 1u << codes[code].Facet;
            _chosen[code] = chosen.Count > 0 && chosen[codes[code].Facet].Contains(codes[code].Code);
        }
        // One bit for each facet in which something is chosen.
        var asked = chosen.Index().Where(facet => facet.Item.Count > 0).Aggregate(0u, (bits, facet) => bits | 1u << facet.Index);
        foreach (var document in shelf.Documents)
        {
            if (document is not null && (hits is null || hits[document.Number] > 0) && isSearched(document))
            {
                Count(document, asked);
            }
        }
    }

    /// <summary>How many there are that count; where none does, how many there are.</summary>
    public int Total => _counted > 0 ? _counted : _documents.Count;

    /// <summary>The first documents, or the first after a place in the list.</summary>
    /// <param name="count">At most so many.</param>
    /// <param name="standing">
    /// The order: what a document stands by, with what its words add to its relevance (0 when no words are asked).
    /// </param>
    /// <param name="after">Where the page before ended; null for the first one.</param>
    public List<TDocument> First(int count, Func<TDocument, float, Standing> standing, Standing? after = null)
    {
        // The worst of the best so far is the first to go.
        var best = new PriorityQueue<TDocument, Standing>(Comparer<Standing>.Create((one, other) => Standing.Order.Compare(other, one)));
        foreach (var document in _documents)
        {
            var place = standing(document, ScoreOf(document));
            if (after is { } start && Standing.Order.Compare(place, start) <= 0)
            {
                continue;
            }
            if (best.Count < count)
            {
                best.Enqueue(document, place);
            }
            else
            {
                best.EnqueueDequeue(document, place);
            }
        }
        return [.. best.UnorderedItems.OrderBy(item => item.Priority, Standing.Order).Select(item => item.Element)];
    }

    /// <summary>What the words of the request add to a document's relevance; 0 when it has none.</summary>
    public float ScoreOf(TDocument document) => _hits?[document.Number] ?? 0;

    /// <summary>How many there would be with each code, under every other filter than those of its own facet.</summary>
    public IEnumerable<FacetCounts> Facets() => _shelf.Codes.Facets.Select((name, facet) => new FacetCounts(name, Values(facet)));

    /// <summary>Whose documents they are, those who have most of them first.</summary>
    public IEnumerable<(string Owner, int Count)> Owners() =>
        _documents
            .Where(document => _counted == 0 || IsCounted(document))
            .CountBy(document => document.Owner)
            .Select(owner => (Owner: _shelf.Owners[owner.Key].Id, Count: owner.Value))
            .OrderByDescending(owner => owner.Count)
            .ThenBy(owner => owner.Owner, StringComparer.Ordinal);

    private bool IsCounted(TDocument document) => _isCounted?.Invoke(document) != false;

    private IReadOnlyList<(string, int)> Values(int facet)
    {
        var counts = _counted == 0 && _documents.Count > 0 ? _others : _counts;
        return
        [
            .. _shelf
                .Codes.All.Take(_counts.Length)
                .Select((code, number) => (code.Facet, code.Code, Count: counts[number]))
                .Where(value => value.Facet == facet && value.Count > 0)
                .OrderByDescending(value => value.Count)
                .ThenBy(value => value.Code, StringComparer.Ordinal)
                .Select(value => (value.Code, value.Count)),
        ];
    }

    private void Count(TDocument document, uint asked)
    {
        var isCounted = IsCounted(document);
        var counts = isCounted ? _counts : _others;
        var ofOwner = _shelf.Owners[document.Owner].Codes;
        var missing = asked;
        if (asked != 0)
        {
            Meet(document.Codes);
            Meet(ofOwner);
        }
        if (missing == 0)
        {
            _documents.Add(document);
            _counted += isCounted ? 1 : 0;
        }
        if (BitOperations.PopCount(missing) <= 1)
        {
            CountCodes(document.Codes);
            CountCodes(ofOwner);
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
                counts[code] += missing == 0 || missing == _facets[code] ? 1 : 0;
            }
        }
    }
}
