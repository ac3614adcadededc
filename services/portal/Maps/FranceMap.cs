namespace Fabrique.Portal.Maps;

/// <summary>
/// Where places of France are on the drawing: the European part in a conic projection that keeps angles (Lambert, parallels 44° and 49°, as
/// on official maps), one unit a kilometre; each overseas département in a frame of its own below, at a scale of its own.
/// </summary>
public static class FranceMap
{
    public const double Width = 1140;
    public const double Height = 1290;

    private const double EarthRadius = 6_371;
    private const double FrameTop = 1_100;
    private const double FrameWidth = 216;
    private const double FrameHeight = 186;
    private const double FrameGap = 15;

    // Room for the name, below.
    private const double NameHeight = 46;

    private static readonly Cone Lambert = new(44, 49, 46.5, 3);
    private static readonly (double X, double Y) Shift = (600, 515);

    /// <summary>The overseas départements that have a frame, from left to right.</summary>
    public static IReadOnlyList<Frame> Frames { get; } =
    [
        new("971", new(-61.85, 15.8, -60.95, 16.55), 0),
        new("972", new(-61.26, 14.36, -60.78, 14.92), 1),
        new("973", new(-54.65, 2.05, -51.55, 5.85), 2),
        new("974", new(55.18, -21.42, 55.88, -20.82), 3),
        new("976", new(44.97, -13.04, 45.34, -12.58), 4),
    ];

    private static Box Europe { get; } = new(-5.6, 41.2, 9.8, 51.3);

    /// <summary>The place on the drawing; null when it is on no part of it, as in the Pacific.</summary>
    public static (double X, double Y)? Place(double longitude, double latitude)
    {
        if (Europe.Has(longitude, latitude))
        {
            var (x, y) = Lambert.Project(longitude, latitude);
            return (Shift.X + (x * EarthRadius), Shift.Y - (y * EarthRadius));
        }

        return Frames.FirstOrDefault(frame => frame.Box.Has(longitude, latitude))?.Place(longitude, latitude);
    }

    /// <summary>Degrees: west, south, east, north.</summary>
    public readonly record struct Box(double West, double South, double East, double North)
    {
        public bool Has(double longitude, double latitude) =>
            longitude >= West && longitude <= East && latitude >= South && latitude <= North;
    }

    /// <summary>
    /// A frame of the drawing and the part of the world in it: small enough for its parallels and meridians to be straight.
    /// </summary>
    public sealed record Frame(string Code, Box Box, int Rank)
    {
        public double X => Rank * (FrameWidth + FrameGap);

        public double Y => FrameTop;

        public double Width => FrameWidth;

        public double Height => FrameHeight;

        internal (double X, double Y) Place(double longitude, double latitude)
        {
            var (middle, centre) = ((Box.West + Box.East) / 2, (Box.South + Box.North) / 2);
            var narrow = Math.Cos(double.DegreesToRadians(centre));
            var scale = Math.Min(FrameWidth / ((Box.East - Box.West) * narrow), (FrameHeight - NameHeight) / (Box.North - Box.South));
            return (
                X + (FrameWidth / 2) + ((longitude - middle) * narrow * scale),
                Y + ((FrameHeight - NameHeight) / 2) - ((latitude - centre) * scale)
            );
        }
    }

    /// <summary>Lambert's conformal conic projection of a sphere of radius 1, true to scale on two parallels. Degrees.</summary>
    private sealed class Cone
    {
        private readonly double _n;
        private readonly double _f;
        private readonly double _origin;
        private readonly double _meridian;

        public Cone(double south, double north, double latitude, double meridian)
        {
            var (a, b) = (double.DegreesToRadians(south), double.DegreesToRadians(north));
            _n = Math.Log(Math.Cos(a) / Math.Cos(b)) / Math.Log(Half(b) / Half(a));
            _f = Math.Cos(a) * Math.Pow(Half(a), _n) / _n;
            _meridian = meridian;
            _origin = Radius(latitude);
        }

        public (double X, double Y) Project(double longitude, double latitude)
        {
            var (radius, angle) = (Radius(latitude), _n * double.DegreesToRadians(longitude - _meridian));
            return (radius * Math.Sin(angle), _origin - (radius * Math.Cos(angle)));
        }

        private double Radius(double latitude) => _f / Math.Pow(Half(double.DegreesToRadians(latitude)), _n);

        private static double Half(double angle) => Math.Tan((Math.PI / 4) + (angle / 2));
    }
}
