using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabrique.Territories;

/// <summary>What somebody who looks for a territory may have meant by a text.</summary>
/// <param name="Words">All its words, folded, "st" not yet written out.</param>
/// <param name="Bare">The words without legal forms and everyday words such as "mairie de".</param>
/// <param name="Kinds">The kinds that these name; empty where there is none.</param>
/// <param name="Code">A code, if the text is one: whole, "01001" for "1001", the SIREN of a SIRET; else null.</param>
/// <param name="CodeKinds">What the code is, where the text says it: "code postal 62750"; empty where it does not.</param>
internal sealed partial record AskedPlace(
    string[] Words,
    string[] Bare,
    IReadOnlyList<string> Kinds,
    string? Code,
    IReadOnlyCollection<OfficialDirectoryTables.CodeKind> CodeKinds
)
{
    private const int SirenLength = 9;

    /// <summary>Municipal arrondissements: the code of the first, and how many there are.</summary>
    private static readonly Dictionary<string, (int First, int Count)> Districts = new()
    {
        ["paris"] = (75101, 20),
        ["lyon"] = (69381, 9),
        ["marseille"] = (13201, 16),
    };

    private static readonly string[] Romans =
    [
        "i",
        "ii",
        "iii",
        "iv",
        "v",
        "vi",
        "vii",
        "viii",
        "ix",
        "x",
        "xi",
        "xii",
        "xiii",
        "xiv",
        "xv",
        "xvi",
        "xvii",
        "xviii",
        "xix",
        "xx",
    ];

    private static readonly Dictionary<string, OfficialDirectoryTables.CodeKind[]> Labels = new()
    {
        ["siren"] = [OfficialDirectoryTables.CodeKind.Siren, OfficialDirectoryTables.CodeKind.Id],
        ["siret"] = [OfficialDirectoryTables.CodeKind.Siren, OfficialDirectoryTables.CodeKind.Id],
        ["insee"] = [OfficialDirectoryTables.CodeKind.Id, OfficialDirectoryTables.CodeKind.Alias],
        ["cog"] = [OfficialDirectoryTables.CodeKind.Id, OfficialDirectoryTables.CodeKind.Alias],
        ["postal"] = [OfficialDirectoryTables.CodeKind.Postcode],
        ["postaux"] = [OfficialDirectoryTables.CodeKind.Postcode],
        ["cp"] = [OfficialDirectoryTables.CodeKind.Postcode],
    };

    private static readonly HashSet<string> CodeWords =
    [
        "code",
        "codes",
        "numero",
        "num",
        "no",
        "n",
        "f",
        "fr",
        "france",
        "officiel",
        "geographique",
    ];

    public static AskedPlace Read(string query)
    {
        // What a postal address adds to a town.
        string[] words = [.. Names.Words(query).Where(word => word is not ("cedex" or "cdx"))];
        var (bare, kinds) = LegalForms.Split(words);
        if (District(words) is { } district)
        {
            return new(words, bare, kinds, district, [OfficialDirectoryTables.CodeKind.Alias]);
        }
        var rest = bare.Where(word => !Labels.ContainsKey(word) && !CodeWords.Contains(word) && !LegalForms.IsSmall(word)).ToArray();
        var joined = string.Concat(rest).ToUpperInvariant();
        var code = IsCode().IsMatch(joined) ? Whole(joined) : null;
        // The code of a grouping is its SIREN; that of a commune is not, and a commune has both.
        var labels = bare.Where(Labels.ContainsKey)
            .SelectMany(word =>
                Labels[word].Where(kind => kind != OfficialDirectoryTables.CodeKind.Id || word[0] != 's' || code?.Length == SirenLength)
            )
            .Distinct()
            .ToList();
        return new(words, bare, kinds, code, labels);
    }

    /// <summary>A code with the zeros that spreadsheets take away; of a SIRET the SIREN of who owns it.</summary>
    public static string Whole(string code) =>
        code switch
        {
            { Length: 14 } when code.All(char.IsAsciiDigit) => code[..SirenLength],
            { Length: 4 or 1 } when code.All(char.IsAsciiDigit) => "0" + code,
            ['D' or 'R', var digit] when char.IsAsciiDigit(digit) => $"{code[0]}0{digit}",
            _ => code,
        };

    /// <summary>The number of the municipal arrondissement that has a code; 0 for another code.</summary>
    public static int DistrictNumber(string code) =>
        int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Districts.Values.Where(city => number >= city.First && number < city.First + city.Count).Sum(city => number - city.First + 1)
            : 0;

    /// <summary>The number of the arrondissement that a postcode of Paris, Lyon or Marseille is of; 0 for another.</summary>
    public static int PostalDistrict(string postcode) =>
        postcode switch
        {
            "75116" => 16,
            ['7', '5', '0', ..] or ['6', '9', '0', '0', ..] or ['1', '3', '0', ..] => int.Parse(
                postcode[^2..],
                CultureInfo.InvariantCulture
            ),
            _ => 0,
        };

    /// <summary>"Paris 11", "Lyon 3e arrondissement", "11ème arrondissement de Paris", "Marseille 1 er", "Paris XI".</summary>
    private static string? District(string[] words)
    {
        string? city = null;
        var number = 0;
        foreach (var word in words.Where(word => !LegalForms.IsSmall(word) && !District().IsMatch(word)))
        {
            var found = Ordinal().Match(word) is { Success: true } ordinal
                ? int.Parse(ordinal.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
                : 1 + Array.IndexOf(Romans, RomanEnd().Replace(word, ""));
            if (Districts.ContainsKey(word) && city is null)
            {
                city = word;
            }
            else if (found > 0 && number == 0)
            {
                number = found;
            }
            // The postcode of the same arrondissement may stand beside it.
            else if (city is null || word.Length != 5 || PostalDistrict(word) is 0)
            {
                return null;
            }
        }
        return city is not null && number > 0 && Districts[city] is var (first, count) && number <= count
            ? (first + number - 1).ToString(CultureInfo.InvariantCulture)
            : null;
    }

    [GeneratedRegex(@"^[0-9A-Z]{1,14}$")]
    private static partial Regex IsCode();

    [GeneratedRegex("^(arrondissements?|arrdt|ardt|arr|er|ere|e|eme|ieme|nd|nde)$")]
    private static partial Regex District();

    [GeneratedRegex("^([0-9]{1,2})(er|ere|e|eme|ieme|nd|nde)?$")]
    private static partial Regex Ordinal();

    [GeneratedRegex("(er|e|eme|ieme)$")]
    private static partial Regex RomanEnd();
}
