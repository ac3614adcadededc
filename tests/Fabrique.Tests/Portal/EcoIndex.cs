namespace Fabrique.Tests;

/// <summary>
/// The EcoIndex of a page: where it stands among the pages of the web by elements, requests and weight. Formula and quantiles are those
/// that GreenIT.fr publishes (https://github.com/cnumr/ecoindex_js).
/// </summary>
internal static class EcoIndex
{
    private static readonly double[] Elements =
    [
        0,
        47,
        75,
        159,
        233,
        298,
        358,
        417,
        476,
        537,
        603,
        674,
        753,
        843,
        949,
        1076,
        1237,
        1459,
        1801,
        2479,
        594601,
    ];
    private static readonly double[] Requests = [0, 2, 15, 25, 34, 42, 49, 56, 63, 70, 78, 86, 95, 105, 117, 130, 147, 170, 205, 281, 3920];

    private static readonly double[] Kilobytes =
    [
        0,
        1.37,
        144.7,
        319.53,
        479.46,
        631.97,
        783.38,
        937.91,
        1098.62,
        1265.47,
        1448.32,
        1648.27,
        1876.08,
        2142.06,
        2465.37,
        2866.31,
        3401.59,
        4155.73,
        5400.08,
        8037.54,
        223212.26,
    ];

    /// <summary>0, the heaviest, to 100.</summary>
    public static double Of(int elements, int requests, double kilobytes) =>
        100 - (5 * ((3 * Quantile(Elements, elements)) + (2 * Quantile(Requests, requests)) + Quantile(Kilobytes, kilobytes)) / 6);

    public static string Grade(double index) =>
        index switch
        {
            > 80 => "A",
            > 70 => "B",
            > 55 => "C",
            > 40 => "D",
            > 25 => "E",
            > 10 => "F",
            _ => "G",
        };

    private static double Quantile(double[] quantiles, double value)
    {
        var next = Array.FindIndex(quantiles, bound => value < bound);
        return next < 0 ? quantiles.Length - 1 : next - 1 + ((value - quantiles[next - 1]) / (quantiles[next] - quantiles[next - 1]));
    }
}
