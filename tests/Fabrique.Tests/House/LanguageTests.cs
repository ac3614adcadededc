using System.Text.RegularExpressions;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>A language is whole: every text of the product is in one of its files, and nothing else is.</summary>
public sealed partial class LanguageTests
{
    private static readonly string Folder = Path.Combine(Checkout.Root(), "languages");

    public static TheoryData<string> Languages =>
        [.. Directory.EnumerateFiles(Folder, "*.po", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!).Distinct()];

    [Fact]
    public void The_texts_are_found_where_they_are_used()
    {
        Assert.Equal(
            [("Un « mot »", null), ("{0} pas", "{0} pas de plus")],
            LanguageSources.Called("""T["Un « mot »", 1] + T.Plural("{0} pas", "{0} pas de plus", n) + Other["no"]""")
        );
        Assert.Equal(["T[text", "T.Html(Sentence());"], LanguageSources.Hidden("T[text ]; T.Html(Sentence()); T[\"a\"]"));
        Assert.Equal(
            ["{0} au plus.", "Non."],
            LanguageSources.Refused(
                """class A { object b = Refusal.Invalid($"rows[{at}]", $"{Most} au plus."); object c = new Refusal(x, "NO", $"Non."); }"""
            )
        );
        Assert.Equal(["Déjà"], LanguageSources.Untranslated("""class A { string b = "Déjà", c = T["Été"], d = "plain"; }"""));
    }

    [Fact]
    public void No_text_of_the_product_escapes_translation()
    {
        foreach (var file in LanguageSources.Files("*.cs").Concat(LanguageSources.Files("*.razor")))
        {
            Assert.Empty(LanguageSources.Hidden(File.ReadAllText(file)).Select(call => $"{file}: {call}"));
        }

        // What analyses French, or is written in it for a machine, is not said to anybody.
        Assert.Empty(
            LanguageSources
                .Files("*.cs")
                .SelectMany(file => LanguageSources.Untranslated(File.ReadAllText(file)).Select(text => $"{file}: {text}"))
        );
    }

    [Theory, MemberData(nameof(Languages))]
    public void Every_text_is_translated_with_its_placeholders_and_its_mark_up(string language)
    {
        var po = Read(language);
        var forms = Enumerable.Range(0, 200).Max(count => po.Form(count)) + 1;
        var faults = LanguageSources
            .All.SelectMany(text =>
                Faults(po, text.Context, text.Text, text.Many, forms).Select(fault => $"{text.File}: {text.Text}: {fault}")
            )
            .Distinct()
            .ToList();

        // All of them in the message: whoever wrote the texts translates them at one go.
        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    [Theory, MemberData(nameof(Languages))]
    public void No_translation_is_left_of_a_text_that_is_gone(string language)
    {
        var used = LanguageSources.All.Select(text => (text.Context, text.Text)).Append(("", "")).ToHashSet();
        Assert.All(Read(language).Entries, entry => Assert.Contains(entry.Key, used));
    }

    [Fact]
    public void A_text_stands_once_in_the_files_of_a_language_and_its_plural_follows_a_known_rule()
    {
        const string header = "msgid \"\"\nmsgstr \"Language: en_GB\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n\"\n\n";
        const string text = "msgid \"Oui\"\nmsgstr \"Yes\"\n";
        var po = PoFile.Read(header + text, header + "msgid \"Non\"\nmsgstr \"No\"\n");
        Assert.Equal(("Yes", "No"), (po.Find("Oui")![0], po.Find("Non")![0]));
        Assert.Equal([1, 0, 1], new long[] { 0, 1, 2 }.Select(po.Form));
        Assert.Equal([0, 0, 1], new long[] { 0, -1, 2 }.Select(PoFile.Read(header.Replace("!= 1", "> 1", StringComparison.Ordinal)).Form));
        Assert.Throws<FormatException>(() => PoFile.Read(header + text, header + text));
        Assert.Throws<FormatException>(() => PoFile.Read(header, header.Replace("en_GB", "de", StringComparison.Ordinal)));
        Assert.Throws<FormatException>(() => PoFile.Read(header.Replace("n != 1", "n%10==1", StringComparison.Ordinal)).Form(1));
    }

    [Fact]
    public void A_wrong_translation_is_seen()
    {
        var po = PoFile.Read(
            """
            msgid ""
            msgstr "Plural-Forms: nplurals=2; plural=(n != 1);\n"

            msgid "De {0} à {1}"
            msgstr "From {0}"

            msgid "<b>Gras</b>"
            msgstr "Bold"

            msgid "{0} pas"
            msgid_plural "{0} pas"
            msgstr[0] "{0} step"
            """
        );
        Assert.Equal(["not translated"], Faults(po, "", "Rien", null, 2));
        Assert.Single(Faults(po, "", "De {0} à {1}", null, 2));
        Assert.Single(Faults(po, "", "<b>Gras</b>", null, 2));
        Assert.Equal(["1 of 2 forms"], Faults(po, "", "{0} pas", "{0} pas", 2));
    }

    private static PoFile Read(string language) => PoFile.Read(Directory.EnumerateFiles(language, "*.po").Order().Select(File.ReadAllText));

    private static IEnumerable<string> Faults(PoFile po, string context, string text, string? many, int forms)
    {
        if (po.Find(text, context) is not { } translated)
        {
            yield return "not translated";
            yield break;
        }

        if (translated.Count != (many is null ? 1 : forms))
        {
            yield return $"{translated.Count} of {(many is null ? 1 : forms)} forms";
        }

        foreach (
            var form in translated.Where(form =>
                !Marks(form).SetEquals(Marks(text)) && (many is null || !Marks(form).SetEquals(Marks(many)))
            )
        )
        {
            yield return $"\"{form}\" has not the same placeholders or mark-up";
        }
    }

    private static HashSet<string> Marks(string text) => [.. Mark().Matches(text).Select(mark => mark.Value)];

    [GeneratedRegex(@"\{\d[^}]*\}|<[^>]+>")]
    private static partial Regex Mark();
}
