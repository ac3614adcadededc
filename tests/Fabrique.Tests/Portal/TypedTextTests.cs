using Fabrique.Practices.V1;
using Fabrique.Site;
using Fabrique.Site.Exports;
using Fabrique.Site.Forms;
using Fabrique.Site.Lists;

namespace Fabrique.Tests;

/// <summary>What people type and paste, as it is kept: whole, and with nothing that a page or a file could not hold.</summary>
public sealed class TypedTextTests
{
    [Theory]
    [InlineData("Ligne une\u000BLigne deux", "Ligne une\nLigne deux")]
    [InlineData("a\fb\u0085c\u2028d\u2029e\rf\r\ng\u001ch\u001di\u001ej", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj")]
    [InlineData("douze\u001ftonnes", "douze tonnes")]
    [InlineData("colonne\tvaleur", "colonne\tvaleur")]
    [InlineData("Pratique aux e\uFFFEff\uFFFFets\uFDD0\U0001FFFE\U0010FFFF", "Pratique aux effets")]
    [InlineData("mo\0itié\u0007", "moitié")]
    [InlineData("e\u0301le\u0300ve", "élève")]
    [InlineData("  \u200B\uFEFFTitre\u2060 \n", "Titre")]
    [InlineData("❤️ et 👩‍🌾", "❤️ et 👩‍🌾")]
    public void A_text_is_kept_as_it_was_meant(string typed, string kept) => Assert.Equal(kept, Texts.Tidy(typed));

    [Fact]
    public void Half_a_surrogate_pair_is_shown_as_what_it_is() =>
        Assert.Equal("demi \ufffd paire", Texts.Tidy(string.Concat("demi ", '\ud83d', " paire")));

    [Theory]
    [
        InlineData("\u200B\u2060"),
        InlineData("\u00AD"),
        InlineData("\u3164\u115F\u1160\uFFA0"),
        InlineData("\u2800"),
        InlineData("\u00A0\u3000")
    ]
    [InlineData("\uFE0F"), InlineData("\U000E0020\U000E0041"), InlineData("\u202E\u200F"), InlineData("\u034F"), InlineData(" \t\v\n")]
    public void A_text_in_which_nothing_is_seen_is_empty(string typed) => Assert.Empty(Texts.Tidy(typed));

    [Theory]
    [InlineData("www.loos-en-gohelle.fr", "https://www.loos-en-gohelle.fr")]
    [InlineData("mairie-forêt.fr:8443/page?a=b#c", "https://mairie-forêt.fr:8443/page?a=b#c")]
    [InlineData("//exemple.fr/page", "https://exemple.fr/page")]
    [InlineData("http://exemple.fr", "http://exemple.fr")]
    [InlineData("javascript:alert(1)", "javascript:alert(1)")]
    [InlineData("Archives municipales", "Archives municipales")]
    [InlineData("maire@exemple.fr", "maire@exemple.fr")]
    public void An_address_without_scheme_is_completed(string typed, string completed) =>
        Assert.Equal(completed, WebAddress.Complete(typed));

    [Theory]
    [InlineData("https://exemple.fr/a", 0)]
    [InlineData("javascript:alert(1)", 1)]
    [InlineData("https://exemple.fr/a b", 1)]
    [InlineData("https:///a", 1)]
    [InlineData("https://elue@exemple.fr", 1)]
    [InlineData("https://user:pw@evil.example", 1)]
    public void An_address_leads_to_a_page_and_tells_no_password(string url, int errors) =>
        Assert.Equal(errors, Check.Page("url", url).DistinctBy(error => error.Field).Count());

    [Theory]
    [InlineData("fr", "−3", -3), InlineData("fr", "–3,5", -3.5), InlineData("fr", "- 3", -3)]
    [InlineData("fr", "1\u202f250,5", 1250.5), InlineData("fr", "1\u00a0250", 1250), InlineData("fr", "1.250,5", 1250.5)]
    [InlineData("fr", "1.5", 1.5), InlineData("fr", "1,250", 1.25), InlineData("fr", "1.250.000", 1250000)]
    [
        InlineData("en", "1,250.5", 1250.5),
        InlineData("en", "1,250", 1250),
        InlineData("en", "1,5", 1.5),
        InlineData("en", "−1,250,000", -1250000)
    ]
    public void A_number_is_read_as_pages_show_it(string language, string typed, double number)
    {
        var form = new MessageForm(new(() => []));
        form.Set("value", typed);
        Assert.Equal(number, Language.Find(language)!.Say(() => form.Read<Figure>().Value));
        Assert.Empty(form.Errors);
    }

    [Theory]
    [InlineData("1,2,3"), InlineData("12,34.5"), InlineData("deux"), InlineData("Infinity"), InlineData("3−"), InlineData("12 kg")]
    public void What_is_no_number_is_said(string typed)
    {
        var form = new MessageForm(new(() => []));
        form.Set("value", typed);
        Assert.False(form.Read<Figure>().HasValue);
        Assert.Single(form.Errors);
    }

    [Theory]
    [InlineData("82,1 %", "", 82.1, "%"), InlineData("82,1\u202f%", "% des voix", 82.1, "% des voix")]
    public void A_percentage_has_its_sign_where_units_stand(string typed, string unit, double number, string kept)
    {
        var form = new MessageForm(new(() => new() { ["figures.unit"] = new("Unité") }));
        form.Set("figures[0].value", typed);
        form.Set("figures[0].unit", unit);
        var figure = Assert.Single(Language.French.Say(form.Read<Practice>).Figures);
        Assert.Equal((number, kept), (figure.Value, figure.Unit));
    }

    [Fact]
    public void A_percentage_of_another_unit_is_said()
    {
        var form = new MessageForm(new(() => new() { ["figures.unit"] = new("Unité") }));
        form.Set("figures[0].value", "82 %");
        form.Set("figures[0].unit", "€");
        form.Read<Practice>();
        Assert.Single(form.Errors);
    }

    [Fact]
    public void A_date_is_read_as_pages_show_it() => Assert.Equal("2014-10-07", FormFields.Date("7\u00a0octobre\u202f2014"));

    [Theory]
    [InlineData("Avant\n\n- un\n- deux\n\nAprès", "p:Avant", "ul:un|deux", "p:Après")]
    [InlineData("Il faut :\n• un lieu\n•\tdu temps\n\uF0B7 un élu", "p:Il faut :", "ul:un lieu|du temps|un élu")]
    [InlineData("– premier\n– second", "ul:premier|second")]
    [InlineData("— Bonjour, dit-elle.", "p:— Bonjour, dit-elle.")]
    [InlineData("-5 degrés\n*important*\n•", "p:-5 degrés\n*important*\n•")]
    public void A_pasted_list_is_a_list(string text, params string[] blocks) =>
        Assert.Equal(
            blocks,
            Block.Of(text).Select(block => block.IsList ? $"ul:{string.Join('|', block.Lines)}" : $"p:{string.Join('\n', block.Lines)}")
        );

    [Theory]
    [InlineData(
        "Il dit : « oui » ; vraiment ? 1 200 € !",
        "",
        "Il dit\u00a0: «\u00a0oui\u00a0»\u00a0; vraiment\u00a0? 1\u00a0200\u00a0€\u00a0!"
    )]
    [InlineData("Il dit : oui", "fr-FR", "Il dit\u00a0: oui")]
    [InlineData("They said : « yes »", "en", "They said : « yes »")]
    public void What_an_author_wrote_is_set_in_its_language(string text, string language, string set) =>
        Assert.Equal(set, Show.Set(text, language));

    [Theory]
    [InlineData("=CMD(\"x\")", "'=CMD(\"x\")")]
    [InlineData("-5 000 €", "'-5 000 €"), InlineData("+33 3 21 69 88 77", "'+33 3 21 69 88 77"), InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("＝1+1", "'＝1+1"), InlineData(" \t=1+1", " \t'=1+1"), InlineData("\u200b=1+1", "\u200b'=1+1"), InlineData("\r=1", "\r'=1")]
    [
        InlineData("«\u00a0=1+1", "«\u00a0'=1+1"),
        InlineData("vélo;=1+1", "vélo;'=1+1"),
        InlineData("vélo, \"=1+1", "vélo, \"'=1+1"),
        InlineData("a\tb\t@c", "a\tb\t'@c")
    ]
    [InlineData("- un\n- deux", "'- un\n'- deux")]
    [
        InlineData("-5", "-5"),
        InlineData("-5,25", "-5,25"),
        InlineData("Loos-en-Gohelle : 82 % = beaucoup", "Loos-en-Gohelle : 82 % = beaucoup")
    ]
    public void No_cell_for_people_is_a_formula_wherever_a_program_parts_it(string stored, string written) =>
        Assert.Equal(written, Sheet<string>.Harmless(stored));
}
