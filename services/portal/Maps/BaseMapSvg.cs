using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fabrique.Territories.V1;
using Microsoft.Extensions.Caching.Memory;

namespace Fabrique.Portal.Maps;

/// <summary>
/// The base of every map of the site, drawn once and kept by browsers as a file of its own: pages refer to its parts and give them their
/// colours, so that a page with a map is hardly heavier than one without.
/// </summary>
public sealed class BaseMapSvg(TerritoryService.TerritoryServiceClient territories, IMemoryCache cache)
{
    // Half a pixel on a large screen.
    private const double Tolerance = 1.1;

    /// <summary>The parts of the drawing, by their ids in the file.</summary>
    public const string Land = "terre";
    public const string Regions = "regions";
    public const string Departments = "departements";

    /// <param name="Svg">The file.</param>
    /// <param name="Version">Changes with the file: part of its address.</param>
    /// <param name="Attribution">Whom to name beside the map.</param>
    public sealed record Drawing(string Svg, string Version, string Attribution);

    /// <summary>The drawing; null while the territories service is away.</summary>
    public async Task<Drawing?> GetAsync()
    {
        if (cache.TryGetValue(nameof(BaseMapSvg), out Drawing? known))
        {
            return known;
        }

        var answer = await territories.GetBaseMapAsync(new()).Answer();
        return answer.Value is { Map: { } map } ? cache.Set(nameof(BaseMapSvg), Draw(map)) : null;
    }

    internal static Drawing Draw(BaseMap map)
    {
        var svg = $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {FranceMap.Width} {FranceMap.Height}"><!-- {map.Attribution} -->
            <path id="{Land}" d="{Path(map.Coasts, closed: true)}"/>
            <path id="{Regions}" fill="none" d="{Path(map.RegionBorders, closed: false)}"/>
            <path id="{Departments}" fill="none" d="{Path(map.DepartmentBorders, closed: false)}"/>
            </svg>
            """;
        return new Drawing(svg, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(svg)).AsSpan(0, 6)), map.Attribution);
    }

    private static string Path(IEnumerable<Line> lines, bool closed)
    {
        var path = new StringBuilder();
        foreach (var line in lines)
        {
            var points = line
                .Coordinates.Chunk(2)
                .Select(point => FranceMap.Place(point[0], point[1]))
                .OfType<(double X, double Y)>()
                .ToArray();
            var (x, y) = (0, 0);
            var command = 'M';
            foreach (var point in points.Length > 1 ? Simplified(points) : [])
            {
                var (nextX, nextY) = ((int)Math.Round(point.X), (int)Math.Round(point.Y));
                if (command is 'M')
                {
                    path.Append(CultureInfo.InvariantCulture, $"M{nextX} {nextY}");
                    command = 'l';
                }
                else if ((nextX, nextY) != (x, y))
                {
                    path.Append(CultureInfo.InvariantCulture, $"{command}{nextX - x}{(nextY < y ? "" : " ")}{nextY - y}");
                    command = ' ';
                }

                (x, y) = (nextX, nextY);
            }

            path.Append(closed && command is ' ' ? "z" : "");
        }

        return path.ToString();
    }

    /// <summary>Without the points that are no further than the tolerance from the line between those kept (Douglas and Peucker).</summary>
    internal static IEnumerable<(double X, double Y)> Simplified((double X, double Y)[] points)
    {
        var kept = new bool[points.Length];
        kept[0] = kept[^1] = true;
        var ahead = new Stack<(int First, int Last)>([(0, points.Length - 1)]);
        while (ahead.TryPop(out var stretch))
        {
            var (farthest, distance) = (0, Tolerance);
            for (var i = stretch.First + 1; i < stretch.Last; i++)
            {
                if (Distance(points[i], points[stretch.First], points[stretch.Last]) is var far && far > distance)
                {
                    (farthest, distance) = (i, far);
                }
            }

            if (farthest > 0)
            {
                kept[farthest] = true;
                ahead.Push((stretch.First, farthest));
                ahead.Push((farthest, stretch.Last));
            }
        }

        return points.Where((_, i) => kept[i]);
    }

    private static double Distance((double X, double Y) point, (double X, double Y) start, (double X, double Y) end)
    {
        var (dx, dy) = (end.X - start.X, end.Y - start.Y);
        var length = (dx * dx) + (dy * dy);
        var along = length == 0 ? 0 : Math.Clamp((((point.X - start.X) * dx) + ((point.Y - start.Y) * dy)) / length, 0, 1);
        return Math.Sqrt(Math.Pow(point.X - start.X - (along * dx), 2) + Math.Pow(point.Y - start.Y - (along * dy), 2));
    }
}
