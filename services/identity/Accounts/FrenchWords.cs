using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Fabrique.Identity;

/// <summary>
/// What French people make passwords of, in small letters without accents: words by how often they are used, first and last names (from
/// zxcvbn-ts, see Words/LICENCE), and the communes.
/// </summary>
internal static class FrenchWords
{
    /// <summary>Whoever works for a town thinks of these first.</summary>
    public static readonly string[] OfTownHalls =
    [
        .. "bienvenue mairie motdepasse bonjour commune ville village maire france fabrique transition territoire liberte egalite fraternite republique".Split(
            ' '
        ),
        .. "conseil municipal elue agent agglo agglomeration communaute intercommunalite departement region hotel azerty azertyuiop soleil".Split(
            ' '
        ),
    ];

    private static readonly Lazy<string[]> Known = new(() => [.. Lines("french.txt").Concat(Communes()).Distinct()]);

    /// <summary>The most used first.</summary>
    public static IEnumerable<string> All => Known.Value;

    /// <summary>As words are compared: without accents, whatever the case.</summary>
    public static string Fold(string text) =>
        string.Concat(
            text.Replace("œ", "oe", StringComparison.OrdinalIgnoreCase)
                .Replace("æ", "ae", StringComparison.OrdinalIgnoreCase)
                .Normalize(NormalizationForm.FormD)
                .Where(letter => CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark)
        );

    /// <summary>A name as it is, in one word, and its parts.</summary>
    public static IEnumerable<string> Forms(string name)
    {
        var folded = Fold(Texts.WellFormed(name)).ToLowerInvariant();
        var parts = folded.Split(
            folded.Where(letter => !char.IsLetterOrDigit(letter)).Distinct().ToArray(),
            StringSplitOptions.RemoveEmptyEntries
        );
        return [folded, string.Concat(parts), .. parts];
    }

    private static IEnumerable<string> Communes() => Lines("communes.csv").Skip(1).SelectMany(line => Forms(line.Split(',')[2].Trim('"')));

    private static IEnumerable<string> Lines(string name)
    {
        using var resource = typeof(FrenchWords).Assembly.GetManifestResourceStream($"words/{name}.gz")!;
        using var reader = new StreamReader(new GZipStream(resource, CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
