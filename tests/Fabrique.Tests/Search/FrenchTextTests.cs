using CsCheck;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Search;

namespace Fabrique.Tests;

/// <summary>Words of a text as the catalogue searches and shows them.</summary>
public sealed class FrenchTextTests
{
    private static readonly string[] Pieces =
    [
        "l’énergie",
        "Qu'une",
        "isolés",
        "𝒳🌻",
        "ﬁn",
        "İ",
        "cœur",
        " ",
        "\n",
        "…",
        "aujourd’hui",
        "100 %",
        "é",
        "ǅ",
    ];

    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.String,
        Gen.Int[0, Pieces.Length - 1].Select(at => Pieces[at]).Array[0, 12].Select(string.Concat)
    );

    [Theory]
    [InlineData("l’énergie", "énergies", "L'ÉNERGIE", "d’énergie")]
    [InlineData("isoler", "isolait", "isolera", "isolé", "isolées", "isolation")]
    [InlineData("panneau", "panneaux"), InlineData("vélo", "vélos"), InlineData("emploi", "emplois"), InlineData("défi", "défis")]
    [InlineData("local", "locaux", "locale")]
    [InlineData("planter", "planterait", "plantant", "plantée", "plantés")]
    [InlineData("habitant", "habitants", "habitantes")]
    [InlineData("cœur", "cœurs", "coeur", "COEURS")]
    [InlineData("pédibus", "pédi\u200Bbus", "\u2060pédibus\uFEFF", "pe\u0301dibus", "ｐédibus", "pédi\u00ADbus", "PÉDIBUS")]
    [InlineData("l'habitat", "l’habitat", "l´habitat", "lʼhabitat", "l`habitat", "l′habitat")]
    [InlineData(
        "habitants",
        "habitant·e·s",
        "habitant.e.s",
        "habitant-e-s",
        "habitant(e)s",
        "habitant/e/s",
        "HABITANT·E·S",
        "habitant⋅es",
        "habitant•e•s"
    )]
    [InlineData("élus", "élu·es", "élu.es", "élu·e", "élu(e)s", "élu-e-s")]
    [InlineData("citoyen", "citoyen·ne·s", "citoyen.nes", "citoyen(ne)s", "citoyenne")]
    [InlineData("acteur", "acteur·rice·s", "acteurs·rices", "acteur/rice")]
    [InlineData("commune", "commune(s)")]
    [InlineData("efficacité", "eﬃcacité")]
    public void The_forms_of_a_word_have_one_stem(params string[] forms) =>
        Assert.Single(forms.Select(form => Assert.Single(FrenchText.Words(form)).Stem).Distinct());

    [Theory]
    [InlineData("moyens", "moyenne"), InlineData("commun", "commune"), InlineData("départ", "département"), InlineData("base", "bas")]
    [InlineData("énergie", "énergumène"), InlineData("eau", "haut"), InlineData("école", "écologie"), InlineData("commune", "commande")]
    public void Other_words_have_other_stems(string one, string other) =>
        Assert.NotEqual(FrenchText.Words(one)[0].Stem, FrenchText.Words(other)[0].Stem);

    [Theory]
    [InlineData("acteur·rice·s", "actrices"), InlineData("agriculteur.trice", "agricultrice"), InlineData("berger·ère", "bergère")]
    [InlineData("chercheur·euse·s", "chercheuse"), InlineData("actif·ve·s", "active"), InlineData("musicien·ienne", "musiciennes")]
    public void What_is_written_for_women_and_men_is_found_by_either_word(string inclusive, string feminine)
    {
        var (word, asked) = (Assert.Single(FrenchText.Words(inclusive)), Assert.Single(FrenchText.Words(feminine)));
        Assert.Contains(asked.Stem, new[] { word.Stem, word.Feminine });
        Assert.Contains(asked.Stem, new SearchedText().Add(inclusive).Lexemes);
        Assert.Equal(inclusive, inclusive.Substring(word.Start, word.Length));
        Assert.Single(new Highlights(new HashSet<string> { asked.Stem }).In($"Les {inclusive} parlent"));
    }

    [Theory]
    [InlineData("la ville. Les élus", "ville", "élus"), InlineData("ville-centre", "ville", "centre")]
    [InlineData("www.loos.fr", "www.loos.fr"), InlineData("Noyelles-les-Vermelles", "noyelles", "vermelles")]
    [InlineData("ceux·celles", "ceux", "celles"), InlineData("a.b.c", "a.b.c")]
    public void Other_dots_and_hyphens_stay_what_they_are(string text, params string[] words) =>
        Assert.Equal(words, FrenchText.Words(text).Select(word => word.Text));

    [Fact]
    public void A_stem_is_letters_and_digits_whatever_the_text() =>
        AnyText.Sample(text =>
            FrenchText
                .Words(text)
                .TrueForAll(word =>
                    word.Stem.Length is > 0 and <= 40 && word.Stem.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
                )
        );

    [Fact]
    public void The_words_of_a_text_are_in_it_in_order_and_apart() =>
        AnyText.Sample(text =>
        {
            var end = 0;
            foreach (var word in FrenchText.Words(text))
            {
                if (word.Start < end || word.Length <= 0 || word.Start + word.Length > text.Length)
                {
                    return false;
                }
                end = word.Start + word.Length;
            }
            return true;
        });

    [Fact]
    public void What_is_elided_before_a_word_is_not_part_of_it()
    {
        const string Text = "Pour l’énergie et d'autres économies";
        Assert.Equal(
            ["énergie", "économies"],
            FrenchText.Words(Text).Where(word => word.Text[0] == 'é').Select(word => Text.Substring(word.Start, word.Length))
        );
    }

    [Fact]
    public void Every_word_of_a_text_finds_itself_in_it() =>
        AnyText.Sample(text =>
        {
            var highlights = new Highlights(FrenchText.Words(text).Select(word => word.Stem).ToHashSet());
            return highlights.In(text).Count() == FrenchText.Words(text).Count;
        });

    [Fact]
    public void A_passage_shows_the_word_that_was_searched() =>
        Gen.Select(Gen.Int[0, 120], Gen.Int[0, 120], Gen.Int[1, 80])
            .Sample(
                (before, after, length) =>
                {
                    var filler = new string('x', length);
                    var practice = new Practice
                    {
                        Difficulties = string.Join(
                            ' ',
                            [.. Enumerable.Repeat(filler, before), "L’érosion", .. Enumerable.Repeat(filler, after)]
                        ),
                    };
                    var highlights = new Highlights(FrenchText.Words("érosions").Select(word => word.Stem).ToHashSet());
                    Assert.Empty(highlights.OfCard(new Practice { Title = "Un titre" }).Texts);
                    var match = highlights.OfTexts(practice);
                    var text = Assert.Single(match.Texts);
                    var span = Assert.Single(text.Spans);
                    Assert.Equal(("difficulties", "érosion"), (text.Field, text.Passage.Substring(span.Start, span.Length)));
                    Assert.InRange(text.Passage.Length, "L’érosion".Length, 250);
                }
            );
}
