using System.Text.RegularExpressions;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>A language is whole: every text of the product is in its file, and nothing else is.</summary>
public sealed partial class LanguageTests
{
    private static readonly string Folder = Path.Combine(Checkout.Root(), "languages");

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder, "*.po").Select(file => Path.GetFileName(file)!)];

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

    [Theory, MemberData(nameof(Files))]
    public void Every_text_is_translated_with_its_placeholders_and_its_mark_up(string file)
    {
        var po = PoFile.Read(File.ReadAllText(Path.Combine(Folder, file)));
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

    [Theory, MemberData(nameof(Files))]
    public void No_translation_is_left_of_a_text_that_is_gone(string file)
    {
        var used = LanguageSources.All.Select(text => (text.Context, text.Text)).Append(("", "")).ToHashSet();
        Assert.All(PoFile.Read(File.ReadAllText(Path.Combine(Folder, file))).Entries, entry => Assert.Contains(entry.Key, used));
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
