using System.IO.Compression;
using System.Text.Json.Nodes;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>The base map out of the shipped TopoJSON: borders that two départements share are drawn once, coasts are closed.</summary>
internal static class BaseMapFile
{
    private sealed record Arc(int Number, (double Longitude, double Latitude)[] Points);

    public static BaseMap Read()
    {
        using var file = new GZipStream(
            typeof(BaseMapFile).Assembly.GetManifestResourceStream("departements.topo.json.gz")!,
            CompressionMode.Decompress
        );
        var topology = JsonNode.Parse(file)!;
        var arcs = Arcs(topology);
        var owners = Owners(topology);
        var regions = OfficialDirectoryTables.DepartmentRegions();

        var shared = arcs.Where(arc => owners[arc.Number].Count() == 2)
            .ToLookup(arc => owners[arc.Number].Select(department => regions[department]).Distinct().Count() == 2);
        return new BaseMap
        {
            Coasts = { Closed([.. arcs.Where(arc => owners[arc.Number].Count() == 1)]).Select(Line) },
            RegionBorders = { shared[true].Select(arc => Line(arc.Points)) },
            DepartmentBorders = { shared[false].Select(arc => Line(arc.Points)) },
            Attribution = OfficialDirectoryTables.Attribution("outlines"),
        };
    }

    /// <summary>TopoJSON: each point is the step from the one before, in a grid of its own.</summary>
    private static Arc[] Arcs(JsonNode topology)
    {
        var (scale, move) = (Pair(topology["transform"]!["scale"]!), Pair(topology["transform"]!["translate"]!));
        return
        [
            .. topology["arcs"]!
                .AsArray()
                .Select(
                    (arc, number) =>
                    {
                        var (x, y) = (0.0, 0.0);
                        return new Arc(
                            number,
                            [
                                .. arc!
                                    .AsArray()
                                    .Select(step =>
                                    {
                                        var (right, up) = Pair(step!);
                                        (x, y) = (x + right, y + up);
                                        return ((x * scale.X) + move.X, (y * scale.Y) + move.Y);
                                    }),
                            ]
                        );
                    }
                ),
        ];
    }

    /// <summary>The départements on either side of each arc. A negative number in a ring is an arc the other way round: ~number.</summary>
    private static ILookup<int, string> Owners(JsonNode topology) =>
        (
            from shape in topology["objects"]!["departements"]!["geometries"]!.AsArray()
            from arc in Numbers(shape["arcs"]!)
            select (Arc: arc < 0 ? ~arc : arc, Department: shape["id"]!.GetValue<string>())
        ).ToLookup(side => side.Arc, side => side.Department);

    private static IEnumerable<int> Numbers(JsonNode node) =>
        node is JsonArray array ? array.SelectMany(inner => Numbers(inner!)) : [node.GetValue<int>()];

    /// <summary>Joins arcs end to end until each line is closed.</summary>
    private static IEnumerable<IEnumerable<(double, double)>> Closed(List<Arc> arcs)
    {
        while (arcs.Count > 0)
        {
            var line = arcs[^1].Points.ToList();
            arcs.RemoveAt(arcs.Count - 1);
            while (line[0] != line[^1])
            {
                var next = arcs.FindIndex(arc => arc.Points[0] == line[^1] || arc.Points[^1] == line[^1]);
                line.AddRange((arcs[next].Points[0] == line[^1] ? arcs[next].Points : arcs[next].Points.Reverse()).Skip(1));
                arcs.RemoveAt(next);
            }

            yield return line;
        }
    }

    private static Line Line(IEnumerable<(double Longitude, double Latitude)> points) =>
        new() { Coordinates = { points.SelectMany(point => (double[])[Math.Round(point.Longitude, 4), Math.Round(point.Latitude, 4)]) } };

    private static (double X, double Y) Pair(JsonNode node) => (node[0]!.GetValue<double>(), node[1]!.GetValue<double>());
}
