using System.Net;
using Fabrique.Portal.Territories;
using Fabrique.Site.Forms;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

/// <summary>A territory tells itself, step by step, in forms without script.</summary>
public sealed class ProfileFormTests : IAsyncLifetime
{
    private const string Lens = "62498";
    private const string Save = "Enregistrer";

    private PortalSite _site = null!;

    private Profile Told => _site.Network.Territories[Lens].Profile;

    public async ValueTask InitializeAsync()
    {
        _site = await PortalSite.StartAsync();
        _site.SignIn(PortalSite.Token($"delegate:{Lens}"));
    }

    public async ValueTask DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task A_profile_that_does_not_exist_yet_starts_empty_and_each_step_keeps_the_others()
    {
        var overview = await _site.GetAsync("/mon-territoire/profil");
        Assert.Contains("La page est encore blanche", overview.Text, StringComparison.Ordinal);
        Assert.Equal(ProfileStep.All.Count, overview.Document.QuerySelectorAll(".progress a").Length);

        var page = await StepAsync("presentation");
        page.Type("introduction", "Une ville <b>minière</b>.");
        page.Tick("situations", "MINIER");
        page = await _site.PressAsync(page, "Enregistrer et continuer");
        Assert.Contains("Enregistré : Présentation", page.Text, StringComparison.Ordinal);
        page.Type("star.text", "Vivre bien ici.");
        await _site.PressAsync(page, Save);

        Assert.Equal(
            ("Une ville <b>minière</b>.", "MINIER", "Vivre bien ici."),
            (Told.Introduction, Assert.Single(Told.Situations), Told.Star.Text)
        );
    }

    [Fact]
    public async Task Milestones_are_dated_in_plain_words_and_sorted_and_their_sources_enter_the_list_once()
    {
        var page = await StepAsync("etapes");
        Milestone(page, 0, "octobre 2014", "La convention", "Délibération 2014-12");
        page = await _site.PressAsync(page, "Ajouter une étape");
        Milestone(page, 1, "1984", "La fête", "https://example.org/fete");
        page = await _site.PressAsync(page, "Ajouter une étape");
        Milestone(page, 2, "1er mai 2015", "Le jardin", "délibération 2014-12");
        await _site.PressAsync(page, Save);

        Assert.Equal(["1984", "2014-10", "2015-05-01"], Told.Milestones.Select(milestone => milestone.Date));
        Assert.Equal(["Délibération 2014-12", "example.org"], Told.Sources.Select(source => source.Title).Order());
        Assert.Equal(Told.Milestones[1].Sources, Told.Milestones[2].Sources);
        Assert.Contains("timeline", (await _site.GetAsync($"/territoires/{Lens}-lens")).Html, StringComparison.Ordinal);

        // The next time they are chosen by their titles.
        page = await StepAsync("etapes");
        Assert.DoesNotContain("Code", page.Text, StringComparison.Ordinal);
        Assert.Equal("example.org", page.Document.QuerySelector("[name='milestones[0].sources'] option[selected]")!.TextContent);
    }

    [Fact]
    public async Task A_date_that_nobody_can_read_is_said_beside_its_field_and_nothing_is_sent()
    {
        var page = await StepAsync("etapes");
        Milestone(page, 0, "l’an dernier", "La fête", "Bulletin");
        var refused = await _site.PressAsync(page, Save);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("« l’an dernier » n’est pas une date que nous savons lire", refused.Text, StringComparison.Ordinal);
        Assert.Equal(("l’an dernier", "Bulletin"), (refused.Value("milestones[0].date"), refused.Value("milestones[0].newSource")));
        Assert.Null(Told);
    }

    [Fact]
    public async Task Two_people_who_write_different_steps_never_meet()
    {
        var page = await StepAsync("vision");
        page.Type("star.text", "Mon étoile");
        _site.Network.Tell(Lens, new Profile { Introduction = "Le texte d’une collègue" });
        await _site.PressAsync(page, Save);

        Assert.Equal(("Mon étoile", "Le texte d’une collègue"), (Told.Star.Text, Told.Introduction));
    }

    [Fact]
    public async Task Two_people_who_write_the_same_step_see_both_texts_and_go_on()
    {
        var page = await StepAsync("vision");
        page.Type("star.text", "Mon étoile");
        _site.Network.Tell(Lens, new Profile { Star = new() { Text = "L’étoile d’une collègue" } });
        var conflict = await _site.PressAsync(page, Save);

        Assert.Equal(HttpStatusCode.Conflict, conflict.Status);
        var difference = Assert.Single(conflict.Document.QuerySelectorAll(".versions tbody tr").Select(row => row.TextContent));
        Assert.Contains("Mon étoile", difference, StringComparison.Ordinal);
        Assert.Contains("L’étoile d’une collègue", difference, StringComparison.Ordinal);
        Assert.Equal("L’étoile d’une collègue", Told.Star.Text);

        await _site.PressAsync(conflict, Save);
        Assert.Equal("Mon étoile", Told.Star.Text);
    }

    [Fact]
    public async Task A_double_click_saves_once_and_a_preview_saves_nothing()
    {
        var page = await StepAsync("presentation");
        page.Type("introduction", "Une ville.");
        var preview = await _site.PressAsync(page, "Prévisualiser");
        Assert.Contains("Une ville.", preview.Document.QuerySelector(".preview")!.TextContent, StringComparison.Ordinal);
        Assert.Null(Told);

        await _site.PressAsync(page, Save);
        var writes = _site.Network.Writes;
        Assert.Contains("Enregistré", (await _site.PressAsync(page, Save)).Text, StringComparison.Ordinal);
        Assert.Equal(writes, _site.Network.Writes);
    }

    [Fact]
    public async Task Whoever_cannot_save_is_told_before_writing_and_a_lost_session_costs_no_word()
    {
        var page = await StepAsync("presentation");
        page.Type("introduction", "Une ville.");
        _site.SignOut();
        var refused = await _site.PressAsync(page, Save);
        Assert.Equal((HttpStatusCode.BadRequest, "Une ville."), (refused.Status, refused.Value("introduction")));

        _site.SignIn(PortalSite.Token($"delegate:{Lens}"));
        _site.Network.Standing = MembershipStatus.Asleep;
        page = await StepAsync("presentation");
        Assert.Contains("l’adhésion de votre territoire n’est pas active", page.Text, StringComparison.Ordinal);
        Assert.Empty(page.Document.QuerySelectorAll("#texte"));
    }

    [Fact]
    public async Task Rows_move_up_and_the_values_of_an_indicator_are_rows_in_a_row()
    {
        var page = await StepAsync("resultats");
        page.Type("results[0].title", "Premier");
        page = await _site.PressAsync(page, "Ajouter un résultat");
        page.Type("results[1].title", "Deuxième");
        page.Type("results[1].newSource", "Bulletin");
        page = await _site.PressAsync(page, "Monter\u00a0: Résultat 2");
        Assert.Equal(
            ("Deuxième", "Bulletin", "Premier"),
            (page.Value("results[0].title"), page.Value("results[0].newSource"), page.Value("results[1].title"))
        );

        page = await StepAsync("indicateurs");
        page.Type("indicators[0].label", "Emplois");
        page.Type("indicators[0].newSource", "Insee");
        page.Type("indicators[0].values[0].period", "1999");
        page.Type("indicators[0].values[0].value", "1 250,5");
        page = await _site.PressAsync(page, "Ajouter une valeur");
        page.Type("indicators[0].values[1].period", "2009");
        page.Type("indicators[0].values[1].text", "beaucoup");
        page = await _site.PressAsync(page, "Ajouter une valeur");
        await _site.PressAsync(page, Save);
        var indicator = Assert.Single(Told.Indicators);
        Assert.Equal(["1999", "2009"], indicator.Values.Select(value => value.Period));
        Assert.Equal(1250.5, indicator.Values[0].Value);
    }

    [Fact]
    public async Task A_source_that_is_cited_stays_and_says_how_often()
    {
        _site.Network.Tell(
            Lens,
            new Profile
            {
                Sources =
                {
                    new Records.V1.Source { Code = "A", Title = "Le bulletin" },
                },
                Results =
                {
                    new Fact { Title = "Un résultat", Sources = { "A" } },
                },
            }
        );
        var page = await StepAsync("sources");
        Assert.Contains("citée 1 fois", page.Text, StringComparison.Ordinal);
        page = await _site.PressAsync(page, "Retirer la source 1");
        var refused = await _site.PressAsync(page, Save);
        Assert.Contains("« Le bulletin » est encore citée", refused.Text, StringComparison.Ordinal);
        Assert.Single(Told.Sources);
    }

    [Fact]
    public async Task Removing_a_period_keeps_its_milestones()
    {
        _site.Network.Tell(
            Lens,
            new Profile
            {
                Phases =
                {
                    new Phase
                    {
                        Code = "CULTURE",
                        Title = "Se retrouver",
                        Sources = { "A" },
                    },
                },
                Milestones =
                {
                    new Milestone
                    {
                        Date = "1984",
                        Title = "La fête",
                        Phase = "CULTURE",
                        Sources = { "A" },
                    },
                },
                Sources =
                {
                    new Records.V1.Source { Code = "A", Title = "Le bulletin" },
                },
            }
        );
        var page = await _site.PressAsync(await StepAsync("periodes"), "Retirer la période 1");
        await _site.PressAsync(page, Save);
        Assert.Equal(("", "La fête"), Assert.Single(Told.Milestones) is var kept ? (kept.Phase, kept.Title) : default);
    }

    [Theory]
    [
        InlineData("octobre 2014", "2014-10"),
        InlineData("1er mai 2015", "2015-05-01"),
        InlineData("7 oct. 2014", "2014-10-07"),
        InlineData("AOUT 1999", "1999-08"),
        InlineData("10/2014", "2014-10")
    ]
    [
        InlineData("7/10/2014", "2014-10-07"),
        InlineData("May 2015", "2015-05"),
        InlineData("2014", "2014"),
        InlineData("jui 2014", null),
        InlineData("au printemps", null),
        InlineData("2014-10", null)
    ]
    public void Dates_are_read_as_people_write_them(string typed, string? read) => Assert.Equal(read, FormFields.Date(typed));

    private Task<PortalPage> StepAsync(string step) => _site.GetAsync($"/mon-territoire/profil/{step}?territoire={Lens}");

    private static void Milestone(PortalPage page, int row, string date, string title, string source)
    {
        page.Type($"milestones[{row}].date", date);
        page.Type($"milestones[{row}].title", title);
        page.Type($"milestones[{row}].newSource", source);
    }
}
