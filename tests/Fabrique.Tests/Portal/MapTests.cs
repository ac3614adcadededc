using CsCheck;
using Fabrique.Portal.Common;
using Fabrique.Portal.Maps;
using Fabrique.Territories;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

/// <summary>Where things are on the map, whatever the things.</summary>
public sealed class MapTests
{
    private const double EarthRadius = 6_371;

    private static readonly Gen<(double Longitude, double Latitude)> InEurope = Gen.Select(Gen.Double[-4.9, 9.5], Gen.Double[41.4, 51.0]);

    private static readonly Gen<Territory[]> SomeTerritories = Gen.OneOf(
            InEurope,
            Gen.Select(Gen.Double[55.25, 55.8], Gen.Double[-21.35, -20.9]),
            Gen.Const((-149.5, -17.6))
        )
        .Array[0, 40]
        .Select(points => points.Select((point, at) => At($"{at:D5}", point.Item1, point.Item2)).ToArray());

    [Fact]
    public void A_kilometre_of_the_map_is_a_kilometre_in_all_of_European_France() =>
        Gen.Select(InEurope, InEurope)
            .Where((one, other) => Real(one, other) > 20)
            .Sample(
                (one, other) =>
                {
                    var ratio = Drawn(Place(one), Place(other)) / Real(one, other);
                    Assert.InRange(ratio, 0.99, 1.012);
                }
            );

    [Fact]
    public void Angles_are_kept_so_that_a_small_square_stays_one() =>
        InEurope.Sample(point =>
        {
            const double step = 0.01;
            var (here, east, north) = (
                Place(point),
                Place((point.Longitude + step, point.Latitude)),
                Place((point.Longitude, point.Latitude + step))
            );
            var (a, b) = ((X: east.X - here.X, Y: east.Y - here.Y), (X: north.X - here.X, Y: north.Y - here.Y));
            var width = Math.Sqrt((a.X * a.X) + (a.Y * a.Y)) / Math.Cos(double.DegreesToRadians(point.Latitude));
            var height = Math.Sqrt((b.X * b.X) + (b.Y * b.Y));

            Assert.Equal(1, width / height, 3);
            Assert.Equal(0, ((a.X * b.X) + (a.Y * b.Y)) / (width * height), 3);
            Assert.True(east.X > here.X && north.Y < here.Y);
        });

    [Fact]
    public void Every_territory_with_a_point_is_inside_the_drawing_but_those_of_the_overseas_collectivities() =>
        Assert.All(
            OfficialDirectoryTables.Read().Select(entry => entry.Territory).Where(territory => territory.Coordinates is not null),
            territory =>
            {
                var place = FranceMap.Place(territory.Coordinates.Longitude, territory.Coordinates.Latitude);
                Assert.Equal(territory.Region.Code.Length == 2, place is not null);
                Assert.True(place is null or (> 0 and < FranceMap.Width, > 0 and < FranceMap.Height), territory.Name);
            }
        );

    [Fact]
    public void An_overseas_place_is_in_its_frame()
    {
        Assert.All(FranceMap.Frames, frame =>
            Gen.Select(Gen.Double[frame.Box.West, frame.Box.East], Gen.Double[frame.Box.South, frame.Box.North])
                .Sample(
                    (longitude, latitude) =>
                    {
                        var (x, y) = Place((longitude, latitude));
                        Assert.InRange(x, frame.X - 0.001, frame.X + frame.Width + 0.001);
                        Assert.InRange(y, frame.Y - 0.001, frame.Y + frame.Height + 0.001);
                    }
                )
        );
        Assert.Null(FranceMap.Place(-149.5, -17.6));
    }

    [Fact]
    public void Each_territory_is_under_one_mark_and_marks_stand_apart() =>
        SomeTerritories.Sample(territories =>
        {
            var marks = MapMark.Of(territories);

            var placed = territories.Where(territory =>
                FranceMap.Place(territory.Coordinates.Longitude, territory.Coordinates.Latitude) is not null
            );
            Assert.Equal(
                placed.Select(territory => territory.Id).Order(),
                marks.SelectMany(mark => mark.Territories).Select(territory => territory.Id).Order()
            );
            Assert.All(
                marks.SelectMany((one, at) => marks.Skip(at + 1).Select(other => Drawn((one.X, one.Y), (other.X, other.Y)))),
                distance => Assert.True(distance >= MapMark.Apart - 0.001)
            );
        });

    [Fact]
    public void Marks_do_not_depend_on_the_order_of_the_territories() =>
        Gen.Select(SomeTerritories, Gen.Int)
            .Sample(
                (territories, seed) =>
                {
                    var shuffled = territories.ToArray();
                    new Random(seed).Shuffle(shuffled);
                    Assert.Equal(Shape(MapMark.Of(territories)), Shape(MapMark.Of(shuffled)));

                    static IEnumerable<string> Shape(IEnumerable<MapMark> marks) =>
                        marks.Select(mark =>
                            $"{mark.X:F3} {mark.Y:F3} {string.Join(',', mark.Territories.Select(territory => territory.Id))}"
                        );
                }
            );

    [Fact]
    public void A_territory_alone_stands_where_it_is()
    {
        var mark = Assert.Single(MapMark.Of([At("62528", 2.7922, 50.4579), new Territory { Id = "nowhere" }]));
        Assert.Equal(FranceMap.Place(2.7922, 50.4579), (mark.X, mark.Y));
    }

    [Fact]
    public void A_simplified_line_keeps_its_ends_and_strays_little() =>
        Gen.Select(Gen.Double[0, 100], Gen.Double[0, 100])
            .Array[2, 40]
            .Sample(points =>
            {
                var kept = BaseMapSvg.Simplified(points).ToArray();
                Assert.Equal((points[0], points[^1]), (kept[0], kept[^1]));
                Assert.All(points, point => Assert.True(kept.Zip(kept.Skip(1)).Min(side => Away(point, side.First, side.Second)) <= 1.2));
            });

    [Fact]
    public void The_name_a_reader_sees_in_an_address_is_plain() =>
        Assert.All(
            new[]
            {
                ("62528", "Loos-en-Gohelle", "62528-loos-en-gohelle"),
                ("97411", "L’Étang-Salé", "97411-l-etang-sale"),
                ("02201", "Cœuvres-et-Valsery", "02201-coeuvres-et-valsery"),
                ("246200364", "CA de Lens - Liévin", "246200364-ca-de-lens-lievin"),
                ("R32", "Hauts-de-France", "R32-hauts-de-france"),
                ("X", "???", "X"),
            },
            row =>
                Assert.Equal(
                    (row.Item3, row.Item1),
                    (TerritoryAddress.Segment(row.Item1, row.Item2), TerritoryAddress.Code(TerritoryAddress.Segment(row.Item1, row.Item2)))
                )
        );

    private static Territory At(string id, double longitude, double latitude) =>
        new()
        {
            Id = id,
            Name = id,
            Coordinates = new() { Longitude = longitude, Latitude = latitude },
        };

    private static (double X, double Y) Place((double Longitude, double Latitude) point) =>
        FranceMap.Place(point.Longitude, point.Latitude)!.Value;

    private static double Drawn((double X, double Y) one, (double X, double Y) other) =>
        Math.Sqrt(Math.Pow(one.X - other.X, 2) + Math.Pow(one.Y - other.Y, 2));

    // The way over the sphere.
    private static double Real((double Longitude, double Latitude) one, (double Longitude, double Latitude) other)
    {
        var (a, b) = (double.DegreesToRadians(one.Latitude), double.DegreesToRadians(other.Latitude));
        var h =
            Math.Pow(Math.Sin((a - b) / 2), 2)
            + (Math.Cos(a) * Math.Cos(b) * Math.Pow(Math.Sin(double.DegreesToRadians(one.Longitude - other.Longitude) / 2), 2));
        return 2 * EarthRadius * Math.Asin(Math.Sqrt(h));
    }

    private static double Away((double X, double Y) point, (double X, double Y) start, (double X, double Y) end) =>
        Enumerable
            .Range(0, 1_001)
            .Min(step => Drawn(point, (start.X + ((end.X - start.X) * step / 1_000), start.Y + ((end.Y - start.Y) * step / 1_000))));
}
