using System.Numerics;

namespace Fabrique.Territories;

/// <summary>Finds names in spite of a slip of the finger: "loos en goele".</summary>
internal static class NearNames
{
    // In fewer letters nearly everything is a slip away.
    private const int FewestLetters = 4;
    private const int MostSlips = 4;
    private const int Most = 50;

    /// <summary>More slips than were allowed.</summary>
    internal const int TooMany = 1_000;

    /// <summary>
    /// Positions of the entries whose names are nearest to the query, the nearest first, then the most populated: at most one slip (a
    /// letter more, less or other, or two that changed places) for three letters, and only those that are no more than one slip worse than
    /// the best. Spaces and hyphens do not count, the end of the name may be missing at the price of a slip. Numbers name the département,
    /// as "62" or "62750"; a legal form, the kind. At most 50.
    /// </summary>
    public static IReadOnlyList<int> Of(AskedPlace query, IReadOnlyList<DirectoryEntry> entries)
    {
        var words = query.Kinds.Count > 0 ? [.. query.Bare.SkipWhile(LegalForms.IsSmall)] : query.Words;
        var places = words.Where(word => word.All(char.IsAsciiDigit)).ToArray();
        var name = string.Concat(words.Except(places).Select(Names.Spell));
        if (name.Length < FewestLetters)
        {
            return [];
        }

        var letters = Letters(name);
        var allowed = Math.Min(MostSlips, name.Length / 3);
        var near = new List<(int Slips, int Position)>();
        foreach (var entry in entries)
        {
            if (query.Kinds.Count > 0 && !query.Kinds.Contains(entry.Traits.Kind))
            {
                continue;
            }
            // A letter of the query that is nowhere in the name is a slip already: most names stop here.
            if (BitOperations.PopCount(letters & ~entry.Letters) > allowed || !places.All(place => IsIn(entry.Traits.Department, place)))
            {
                continue;
            }

            var candidate = entry.Name;
            var slips = Math.Abs(candidate.Length - name.Length) <= allowed ? Slips(name, candidate, allowed) : TooMany;
            if (candidate.Length > name.Length)
            {
                slips = Math.Min(slips, Slips(name, candidate.AsSpan(0, name.Length), allowed) + 1);
            }
            if (slips <= allowed)
            {
                near.Add((slips, entry.Position));
                allowed = Math.Min(allowed, slips + 1);
            }
        }

        var best = near.Count > 0 ? near.Min(entry => entry.Slips) : 0;
        return [.. near.Where(entry => entry.Slips <= best + 1).Order().Take(Most).Select(entry => entry.Position)];
    }

    /// <summary>
    /// How many slips lead from one word to the other (optimal string alignment distance); <see cref="TooMany"/> once it is more than
    /// allowed.
    /// </summary>
    internal static int Slips(ReadOnlySpan<char> left, ReadOnlySpan<char> right, int allowed)
    {
        Span<int> rows = stackalloc int[3 * (right.Length + 1)];
        var before = rows[..(right.Length + 1)];
        var above = rows[(right.Length + 1)..(2 * (right.Length + 1))];
        var row = rows[(2 * (right.Length + 1))..];
        for (var j = 0; j <= right.Length; j++)
        {
            above[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = left[i - 1] == right[j - 1];
                row[j] = Math.Min(Math.Min(above[j], row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            var done = before;
            before = above;
            above = row;
            row = done;
            if (above.IndexOfAnyInRange(0, allowed) < 0)
            {
                return TooMany;
            }
        }

        return above[right.Length];
    }

    /// <summary>Which letters and digits a folded name has, one bit each.</summary>
    internal static ulong Letters(string name) => name.Aggregate(0UL, (letters, letter) => letters | (1UL << (letter & 63)));

    // A postcode begins with the département; those of Corsica (2A, 2B) with 20.
    private static bool IsIn(string department, string place) =>
        department.Length > 0
        && place.StartsWith(
            department.Replace("2A", "20", StringComparison.Ordinal).Replace("2B", "20", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
}
