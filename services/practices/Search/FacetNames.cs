using Fabrique.Practices.V1;
using Fabrique.Records;

namespace Fabrique.Practices;

/// <summary>What a list can be narrowed by, besides words: codes of the practice, and of the territory that it belongs to.</summary>
internal static class FacetNames
{
    private const string Theme = "theme";
    private const string Principle = "principle";
    private const string Maturity = "maturity";
    private const string Region = "region";
    private const string Situation = "situation";

    /// <summary>In the order in which they are answered.</summary>
    public static readonly IReadOnlyList<string> All = [Theme, Principle, Maturity, Region, Situation];

    /// <summary>The codes chosen in each, in the same order.</summary>
    public static IReadOnlyList<IReadOnlyCollection<string>> Chosen(ListPracticesRequest request) =>
        [request.Theme, request.Principle, request.Maturity, request.Region, request.Situation];

    /// <summary>"theme:ENER", "maturity:EPROUVEE"…</summary>
    public static IEnumerable<string> Of(Practice practice) =>
        [.. Codes(Theme, practice.Themes), .. Codes(Principle, practice.Principles), .. Codes(Maturity, [practice.Maturity])];

    public static IEnumerable<string> Of(TerritoryRow territory) =>
        [.. Codes(Region, [territory.Region]), .. Codes(Situation, territory.Situations.Split('\n'))];

    private static IEnumerable<string> Codes(string facet, IEnumerable<string> codes) =>
        codes.Where(code => code.Length > 0).Select(code => $"{facet}:{code}");
}
