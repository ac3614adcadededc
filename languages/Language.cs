using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabrique;

/// <summary>
/// A language in which a node speaks to people. French is what the code is written in; every other one exists because its folder stands
/// beside this file, named by the language: <c>en</c>. It holds a file for each area; together they are the texts of the language.
/// </summary>
public sealed partial class Language
{
    private static readonly ConcurrentDictionary<string, string> Typesetting = [];

    private readonly PoFile? _texts;

    private Language(CultureInfo culture, PoFile? texts)
    {
        Culture = culture;
        _texts = texts;
    }

    /// <summary>French first.</summary>
    public static IReadOnlyList<Language> All { get; } = [new(CultureInfo.GetCultureInfo("fr-FR"), null), .. Load()];

    public static Language French => All[0];

    /// <summary>
    /// The language of whoever is being answered, from <see cref="CultureInfo.CurrentUICulture"/>; French where nobody is.
    /// </summary>
    public static Language Current => Find(CultureInfo.CurrentUICulture.Name) ?? French;

    /// <summary>How dates and numbers are written in this language.</summary>
    public CultureInfo Culture { get; }

    /// <summary>"fr", "en".</summary>
    public string Code => Culture.TwoLetterISOLanguageName;

    /// <summary>Its name in itself: "Français", "English".</summary>
    public string Name => Culture.TextInfo.ToTitleCase(CultureInfo.GetCultureInfo(Code).NativeName);

    /// <summary>What the addresses of its pages begin with: nothing in French, "/en" in English.</summary>
    public string Path => this == French ? "" : "/" + Code;

    /// <summary>The language of a tag such as "en", "en-GB" or "fr-CA"; null when a node does not speak it.</summary>
    public static Language? Find(string tag) =>
        All.FirstOrDefault(language => language.Code.Equals(tag.Split('-')[0], StringComparison.OrdinalIgnoreCase));

    /// <summary>What is said in this language, whatever that of whoever is being answered: a mail speaks its reader's.</summary>
    public TSaid Say<TSaid>(Func<TSaid> say)
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(Code);
        try
        {
            return say();
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    /// <summary>
    /// The text in this language; the French one where the file does not have it. The context of a label is its vocabulary.
    /// </summary>
    internal string Translate(string text, string context = "") =>
        _texts?.Find(text, context) is { } translated ? translated[0] : Typeset(text);

    internal string Translate(string one, string many, long count) =>
        _texts?.Find(one) is { } forms ? forms[Math.Min(_texts.Form(count), forms.Count - 1)] : Typeset(Math.Abs(count) < 2 ? one : many);

    /// <summary>
    /// A French text, typed with plain spaces, of which some must not end a line; letter for letter as long. That of an author is kept as
    /// it was typed, and set where it is shown.
    /// </summary>
    public static string SetFrench(string text) => Unbreakable().Replace(text, "\u00a0");

    private static string Typeset(string text) => Typesetting.GetOrAdd(text, SetFrench);

    private static IEnumerable<Language> Load()
    {
        var assembly = typeof(Language).Assembly;
        foreach (
            var language in assembly
                .GetManifestResourceNames()
                .Where(name => name.EndsWith(".po", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .GroupBy(name => name.Split('/')[0])
        )
        {
            var texts = PoFile.Load(assembly, language);
            yield return new(CultureInfo.GetCultureInfo(texts.Header("Language").Replace('_', '-')), texts);
        }
    }

    [GeneratedRegex(@" (?=[:;?!»%€])|(?<=«) |(?<=\d) (?=\d{3})")]
    private static partial Regex Unbreakable();
}
