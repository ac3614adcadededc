namespace Fabrique.Search;

/// <summary>Codes of facets as small numbers, for counting. A number is never given again, so copies of different age agree.</summary>
/// <param name="facets">Names of the facets, at most 32. A code is written "facet:code".</param>
internal sealed class CodeNumbers(IReadOnlyList<string> facets)
{
    private readonly Dictionary<string, int> _numbers = [];
    private volatile IReadOnlyList<(int Facet, string Code)> _codes = [];

    public IReadOnlyList<string> Facets => facets;

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
            _codes = [.. _codes, (facets.Index().First(facet => facet.Item == code[..at]).Index, code[(at + 1)..])];
        }
        return number;
    }
}
