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
    [InlineData("panneau", "panneaux")]
    [InlineData("local", "locaux", "locale")]
    [InlineData("planter", "planterait", "plantant", "plantée", "plantés")]
    [InlineData("habitant", "habitants", "habitantes")]
    [InlineData("cœur", "cœurs")]
    public void The_forms_of_a_word_have_one_stem(params string[] forms) =>
        Assert.Single(forms.Select(form => Assert.Single(FrenchText.Words(form)).Stem).Distinct());

    [Theory]
    [InlineData("énergie", "énergumène"), InlineData("eau", "haut"), InlineData("école", "écologie"), InlineData("commune", "commande")]
    public void Other_words_have_other_stems(string one, string other) =>
        Assert.NotEqual(FrenchText.Words(one)[0].Stem, FrenchText.Words(other)[0].Stem);

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
