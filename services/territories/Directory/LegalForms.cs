namespace Fabrique.Territories;

/// <summary>
/// What people write before or behind a name to say what kind of territory it is: legal forms, written out or abbreviated, and everyday
/// words. The official lists abbreviate some; people and other files do otherwise.
/// </summary>
internal static class LegalForms
{
    private static readonly string[] Groupings = ["CC", "CA", "CU", "ME", "EPT"];

    /// <summary>How the official list of groupings begins a name, and what that is in full.</summary>
    private static readonly Dictionary<string, string> InFull = new[] { "CC", "CA", "CU" }.ToDictionary(
        kind => kind,
        kind => Vocabulary.TerritoryKind.FrenchLabel(kind) is var label ? char.ToUpperInvariant(label[0]) + label[1..] : ""
    );

    // Long words that people misspell, which are in no name of a place.
    private static readonly string[] Difficult =
    [
        "communaute",
        "agglomeration",
        "departement",
        "metropole",
        "intercommunalite",
        "arrondissement",
    ];
    private const int LettersForASlip = 9;
    private const int MostSlips = 2;

    // Folded words, the longest expressions of one beginning first; the kinds they may stand for.
    private static readonly (string[] Words, string[] Kinds)[] All =
    [
        .. Of(
            ["CC"],
            "communautes? de communes?",
            "communaute communes?",
            "communaute de com",
            "com de com",
            "com com",
            "comcom",
            "codecom",
            "cc",
            "cdc"
        ),
        .. Of(
            ["CA"],
            "communaute d agglomerations?",
            "communaute d agglo",
            "communaute agglomeration",
            "communaute agglo",
            "com d agglo",
            "ca"
        ),
        .. Of(["CU"], "communaute urbaine", "cu"),
        .. Of(["CA", "CU", "ME"], "agglomeration", "agglo"),
        .. Of(["ME", "CU", "CA"], "metropole"),
        .. Of(["EPT"], "etablissement public territorial", "ept"),
        .. Of(Groupings, "etablissement public de cooperation intercommunale", "communaute", "intercommunalite", "interco", "epci"),
        .. Of(
            ["PETR"],
            "pole d equilibre territorial et rural",
            "pole equilibre territorial et rural",
            "pole d equilibre territorial",
            "pole territorial",
            "petr"
        ),
        .. Of(["PNR"], "parc naturel regional", "parc naturel", "parc regional", "pnr"),
        .. Of(["SYN"], "syndicat mixte", "syndicat intercommunal", "syndicat", "sivom", "sivu"),
        .. Of(["DEP", "AUT"], "conseil departemental", "conseil general", "departement", "dept", "dpt"),
        .. Of(["REG", "AUT"], "conseil regional", "region"),
        .. Of(["COM"], "communes? nouvelles?", "commune", "hotel de ville", "ville", "mairie", "municipalite", "village"),
    ];

    // Small words between a form and a name, or inside one, that people write or leave out.
    private static readonly HashSet<string> Small = ["de", "du", "des", "d", "la", "le", "les", "l", "et", "a", "au", "aux"];

    /// <summary>"Communauté de communes du Pays de l’Ozon" for the "CC du Pays de l'Ozon" of the official list.</summary>
    public static string WrittenOut(string name) =>
        name is [_, _, ' ', ..] && InFull.TryGetValue(name[..2], out var full) ? full + name[2..] : name;

    /// <summary>
    /// The folded official name that is meant by a form and a name, "cc du pays de l ozon"; null when it is not one of these forms.
    /// </summary>
    public static string? Official(AskedPlace asked) =>
        asked.Kinds is [var kind] && InFull.TryGetValue(kind, out var full) ? Names.Fold($"{full} {string.Join(' ', asked.Bare)}") : null;

    /// <summary>The words of a name without the form that it begins with, if it does: "du pays de l ozon".</summary>
    public static string[] Bare(string[] words) =>
        At(words, 0) is { Words: { Length: var length } }
        && length < words.Length
        && words is ["communaute", ..] or ["cc" or "ca" or "cu" or "petr" or "pnr" or "pole" or "parc" or "syndicat", ..]
            ? words[length..]
            : words;

    /// <summary>
    /// What two spellings of one name have in common: its words without form and small words; all of them where nothing else is left.
    /// </summary>
    public static string Key(string[] words)
    {
        var key = string.Join(' ', Bare(words).Where(word => !Small.Contains(word)));
        return key.Length > 0 ? key : string.Join(' ', words);
    }

    public static bool IsSmall(string word) => Small.Contains(word);

    /// <summary>The words without any form, wherever it stands, and the kinds that the forms name; none where there is no form.</summary>
    public static (string[] Words, IReadOnlyList<string> Kinds) Split(string[] written)
    {
        var (rest, kinds) = (new List<string>(), new HashSet<string>());
        string[] words = [.. written.Select(Mended)];
        for (var at = 0; at < words.Length; )
        {
            if (At(words, at) is { Words: { } form, Kinds: { } named })
            {
                // Two forms together are one: "syndicat mixte du PETR", "mairie de la commune nouvelle".
                kinds.UnionWith(named);
                at += form.Length;
            }
            else
            {
                rest.Add(words[at++]);
            }
        }
        return ([.. rest], [.. kinds]);
    }

    private static string Mended(string word) =>
        word.Length < LettersForASlip - 1
            ? word
            : Difficult.FirstOrDefault(right => right.Length >= LettersForASlip && NearNames.Slips(word, right, MostSlips) <= MostSlips)
                ?? word;

    private static (string[]? Words, string[]? Kinds) At(string[] words, int at) =>
        All.Where(form => words.AsSpan(at).StartsWith(form.Words)).OrderByDescending(form => form.Words.Length).FirstOrDefault();

    private static IEnumerable<(string[], string[])> Of(string[] kinds, params string[] expressions) =>
        // "communes?" is "commune" and "communes".
        expressions
            .SelectMany(text =>
                text.Contains('?', StringComparison.Ordinal)
                    ? new[] { text.Replace("?", "", StringComparison.Ordinal), text.Replace("s?", "", StringComparison.Ordinal) }
                    : [text]
            )
            .Select(text => (text.Split(' '), kinds));
}
