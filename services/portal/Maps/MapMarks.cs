using Fabrique.Territories.V1;

namespace Fabrique.Portal.Maps;

/// <summary>Where territories stand on the map: those too near to each other to be pressed one by one share a mark.</summary>
/// <param name="X">On the drawing of <see cref="FranceMap"/>; the middle of its territories.</param>
/// <param name="Y">Downwards.</param>
/// <param name="Territories">At least one, by their codes.</param>
public sealed record MapMark(double X, double Y, IReadOnlyList<Territory> Territories)
{
    /// <summary>
    /// Marks are at least this far from each other: on a phone the map is a quarter of its size, and a finger takes 24 pixels.
    /// </summary>
    public const double Apart = 96;

    /// <summary>
    /// Marks of the territories that are on the map. Neither their number nor their places depend on the order of the territories.
    /// </summary>
    public static IReadOnlyList<MapMark> Of(IEnumerable<Territory> territories)
    {
        var marks = territories
            .Select(territory =>
                (territory, At: territory.Coordinates is { } point ? FranceMap.Place(point.Longitude, point.Latitude) : null)
            )
            .Where(placed => placed.At is not null)
            .Select(placed => new MapMark(placed.At!.Value.X, placed.At.Value.Y, [placed.territory]))
            .ToList();

        // The two nearest are one mark, until all stand apart. A page shows a hundred territories at most.
        while (Nearest(marks) is { } pair)
        {
            marks.RemoveAll(mark => mark == pair.One || mark == pair.Other);
            marks.Add(Joined(pair.One, pair.Other));
        }

        return [.. marks.OrderBy(mark => mark.Y).ThenBy(mark => mark.X)];
    }

    private static (MapMark One, MapMark Other)? Nearest(List<MapMark> marks)
    {
        ((MapMark, MapMark)? pair, var best) = (null, (Distance: Apart, One: "", Other: ""));
        for (var i = 0; i < marks.Count; i++)
        {
            for (var j = i + 1; j < marks.Count; j++)
            {
                var (one, other) = string.CompareOrdinal(marks[i].Key, marks[j].Key) < 0 ? (marks[i], marks[j]) : (marks[j], marks[i]);
                var rank = (
                    Distance: Math.Round(Math.Sqrt(Square(one.X - other.X) + Square(one.Y - other.Y)), 6),
                    One: one.Key,
                    Other: other.Key
                );
                if (rank.Distance < Apart && rank.CompareTo(best) < 0)
                {
                    (pair, best) = ((one, other), rank);
                }
            }
        }

        return pair;

        static double Square(double side) => side * side;
    }

    private static MapMark Joined(MapMark one, MapMark other)
    {
        var (left, right) = (one.Territories.Count, other.Territories.Count);
        return new MapMark(
            ((one.X * left) + (other.X * right)) / (left + right),
            ((one.Y * left) + (other.Y * right)) / (left + right),
            [.. one.Territories.Concat(other.Territories).OrderBy(territory => territory.Id, StringComparer.Ordinal)]
        );
    }

    private string Key => Territories[0].Id;
}
