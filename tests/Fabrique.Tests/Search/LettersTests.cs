using CsCheck;

namespace Fabrique.Tests;

/// <summary>Letters as they are compared.</summary>
public sealed class LettersTests
{
    [Theory]
    [
        InlineData("\u200B\u2060"),
        InlineData(""),
        InlineData(null),
        InlineData(" \t\u00A0\u00AD"),
        InlineData("\u3164\u2800"),
        InlineData("\uFEFF")
    ]
    public void What_nobody_sees_is_blank(string? text) => Assert.True(Letters.IsBlank(text));

    [Theory]
    [InlineData("a"), InlineData("\u200Ba"), InlineData("🌱"), InlineData("?!")]
    public void What_somebody_sees_is_not(string text) => Assert.False(Letters.IsBlank(text));

    [Theory]
    [
        InlineData("Ｌｏｏｓ", "loos"),
        InlineData("E\u0301vreux", "évreux"),
        InlineData("l’Haÿ", "l'haÿ"),
        InlineData("Saint‑Denis", "saint-denis")
    ]
    [InlineData("ﬁn", "fin"), InlineData("Ⅻ", "xii"), InlineData("Œuilly", "œuilly"), InlineData("délégué·e", "délégué")]
    public void Forms_of_the_same_letters_are_the_same(string text, string plain) => Assert.Equal(plain, Letters.Plain(text));

    [Fact]
    public void Every_letter_comes_from_a_place_of_the_text_in_order() =>
        Gen.String.Sample(text =>
        {
            var plain = Letters.Read(text);
            var origins = Enumerable.Range(0, plain.Text.Length + 1).Select(plain.Origin).ToArray();
            return origins.SequenceEqual(origins.Order()) && origins.All(origin => origin >= 0 && origin <= text.Length);
        });
}
