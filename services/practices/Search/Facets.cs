using Fabrique.Practices.V1;
using Fabrique.Records;

namespace Fabrique.Practices;

/// <summary>What a list can be narrowed by, besides words: codes of the practice, and of the territory that it belongs to.</summary>
internal static class Facets
{
    /// <summary>In the order in which they are answered.</summary>
    public static readonly IReadOnlyList<string> Names = ["theme", "principle", "maturity", "region", "situation"];

    public static IReadOnlyList<IReadOnlyList<string>> Chosen(ListPracticesRequest request) =>
        [request.Theme, request.Principle, request.Maturity, request.Region, request.Situation];

    /// <summary>"theme:ENER", "maturity:EPROUVEE"…</summary>
    public static IEnumerable<string> Of(Practice practice) =>
        [.. Codes(0, practice.Themes), .. Codes(1, practice.Principles), .. Codes(2, [practice.Maturity])];

    public static IEnumerable<string> Of(TerritoryRow territory) =>
        [.. Codes(3, [territory.Region]), .. Codes(4, territory.Situations.Split('\n'))];

    public static string Code(int facet, string code) => $"{Names[facet]}:{code}";

    private static IEnumerable<string> Codes(int facet, IEnumerable<string> codes) =>
        codes.Where(code => code.Length > 0).Select(code => Code(facet, code));
}

/// <summary>Codes as small numbers, for counting. One is never forgotten, so copies of different age agree.</summary>
internal sealed class CodeNumbers
{
    private readonly Dictionary<string, int> _numbers = [];
    private volatile IReadOnlyList<(int Facet, string Code)> _codes = [];

    /// <summary>Every code, by its number.</summary>
    public IReadOnlyList<(int Facet, string Code)> All => _codes;

    /// <summary>Only one thread at a time may ask for codes that are new.</summary>
    public int[] Of(IEnumerable<string> codes) => [.. codes.Where(code => code.Length > 0).Select(Of)];

    private int Of(string code)
    {
        if (!_numbers.TryGetValue(code, out var number))
        {
            number = _numbers[code] = _codes.Count;
            var at = code.IndexOf(':', StringComparison.Ordinal);
            _codes = [.. _codes, (Facets.Names.Index().First(facet => facet.Item == code[..at]).Index, code[(at + 1)..])];
        }
        return number;
    }
}
