using System.Net;
using Fabrique.Practices.V1;

namespace Fabrique.Tests;

/// <summary>Writing a practice from the pages, without script: nothing typed is ever lost.</summary>
public sealed class PortalFormTests : IAsyncLifetime
{
    private const string Save = "Enregistrer le brouillon";
    private const string Publish = "Publier";
    private const string Evil = "Toits au soleil </textarea><script>alert(1)</script>";

    private PortalSite _site = null!;

    public async ValueTask InitializeAsync()
    {
        _site = await PortalSite.StartAsync();
        _site.SignIn();
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_title_is_enough_for_a_draft()
    {
        var page = await _site.PressAsync(await TypedAsync(), Save);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("Brouillon enregistré", page.Text, StringComparison.Ordinal);
        Assert.Equal(Evil, page.Value("title"));
        var draft = Drafts.Single();
        Assert.Equal((Evil, PortalSite.Loos), (draft.Title, draft.Territory));
        Assert.Contains($"/pratiques/{draft.Id}/modifier", (await _site.GetAsync("/brouillons")).Links);
    }

    [Fact]
    public async Task A_double_click_writes_one_draft()
    {
        var page = await TypedAsync();

        var first = await _site.PressAsync(page, Save, follow: false);
        var second = await _site.PressAsync(page, Save, follow: false);

        Assert.Equal(first.Response.Headers.Location, second.Response.Headers.Location);
        Assert.Single(Drafts);
        Assert.Equal(2, _site.Network.Writes);
    }

    [Fact]
    public async Task A_double_click_on_publish_publishes_once()
    {
        var page = await _site.PressAsync(await TypedAsync(), Save);

        var first = await _site.PressAsync(page, Publish, follow: false);
        var second = await _site.PressAsync(page, Publish, follow: false);

        Assert.Equal(HttpStatusCode.Redirect, first.Status);
        Assert.Equal(first.Response.Headers.Location, second.Response.Headers.Location);
    }

    [Fact]
    public async Task Text_changed_after_a_lost_answer_is_not_lost()
    {
        var page = await TypedAsync();
        await _site.PressAsync(page, Save, follow: false);
        page.Type("title", "Un titre corrigé");

        await _site.PressAsync(page, Save, follow: false);

        Assert.Equal("Un titre corrigé", Drafts.Single().Title);
    }

    [Fact]
    public async Task Refusals_are_said_at_the_top_and_beside_the_field_and_keep_what_was_typed()
    {
        _site.Network.Refused["difficulties"] = "Dites les difficultés rencontrées.";
        _site.Network.Refused["figures[0].unit"] = "Donnez l’unité.";
        _site.Network.Refused["sources"] = "Citez au moins une source.";
        var page = await TypedAsync();
        page.Type("figures[0].label", "Panneaux");
        page.Type("figures[0].value", "1 250,5");
        page.Type("startedOn", "10/2014");
        page.Tick("themes", "ENER");

        var refused = await _site.PressAsync(page, Publish);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.StartsWith("Erreur", refused.Title, StringComparison.Ordinal);
        var summary = refused.Document.QuerySelector(".error-summary")!;
        Assert.Equal("-1", summary.GetAttribute("tabindex"));
        Assert.Contains("3 points à compléter avant de publier", summary.TextContent, StringComparison.Ordinal);
        foreach (var link in summary.QuerySelectorAll("a").Select(link => link.GetAttribute("href")!))
        {
            Assert.NotNull(refused.Document.GetElementById(link[1..]));
        }

        var unit = refused.Document.GetElementById("champ-figures-0-unit")!;
        Assert.Equal("true", unit.GetAttribute("aria-invalid"));
        Assert.Contains(
            "Donnez l’unité.",
            refused.Document.GetElementById(unit.GetAttribute("aria-describedby")!.Split(' ')[^1])!.TextContent,
            StringComparison.Ordinal
        );
        Assert.Equal(
            (Evil, "1250,5", "10/2014"),
            (
                refused.Value("title"),
                refused.Value("figures[0].value").Replace(" ", "", StringComparison.Ordinal),
                refused.Value("startedOn")
            )
        );
        Assert.NotNull(refused.Document.QuerySelector("input[name=themes][value=ENER][checked]"));
        Assert.Empty(refused.Document.QuerySelectorAll("script:not([src])"));

        // The draft exists now: the same form goes on with it and does not make a second one.
        _site.Network.Refused.Clear();
        var published = await _site.PressAsync(refused, Publish);
        Assert.Contains("Votre pratique est publiée", published.Text, StringComparison.Ordinal);
        var practice = _site.Network.Practices.Values.Single(stored => stored.Title == Evil);
        Assert.Equal((1250.5, "2014-10"), (practice.Figures.Single().Value, practice.StartedOn));
    }

    [Fact]
    public async Task What_is_not_a_number_is_kept_as_typed_and_nothing_is_sent()
    {
        var page = await TypedAsync();
        page.Type("means.staffFte", "un mi-temps");

        var refused = await _site.PressAsync(page, Save);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Equal("un mi-temps", refused.Value("means.staffFte"));
        Assert.Empty(Drafts);
    }

    [Fact]
    public async Task Rows_are_added_and_removed_by_buttons_and_keep_the_rest()
    {
        var page = await TypedAsync();
        page.Type("figures[0].label", "Premier");
        page = await _site.PressAsync(page, "Ajouter un chiffre");
        page.Type("figures[1].label", "Deuxième");
        page.Type("means.funding", "Région");
        page = await _site.PressAsync(page, "Ajouter une ligne");
        page.Type("means.funding", "Commune");
        page = await _site.PressAsync(page, "Retirer le chiffre 1");

        Assert.Equal("Deuxième", page.Value("figures[0].label"));
        Assert.Equal(Evil, page.Value("title"));
        await _site.PressAsync(page, Save);
        Assert.Equal(["Région", "Commune"], Drafts.Single().Means.Funding);
        Assert.Equal("Deuxième", Drafts.Single().Figures.Single().Label);
    }

    [Fact]
    public async Task A_preview_shows_the_practice_and_writes_nothing()
    {
        var page = await _site.PressAsync(await TypedAsync(), "Prévisualiser");

        Assert.Contains("Ce que verront vos pairs", page.Text, StringComparison.Ordinal);
        Assert.Contains(Evil, page.Document.QuerySelector(".preview")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(Evil, page.Value("title"));
        Assert.Empty(Drafts);
    }

    [Fact]
    public async Task A_conflict_shows_both_texts_and_lets_one_go_on()
    {
        var page = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}/modifier");
        page.Type("difficulties", "Mon texte");
        _site.Network.Overwrite(PortalSite.Skatepark, practice => practice.Difficulties = "Le texte d’une collègue");

        var conflict = await _site.PressAsync(page, "Publier les modifications");

        Assert.Equal(HttpStatusCode.Conflict, conflict.Status);
        var rows = conflict.Document.QuerySelectorAll(".versions tbody tr").Select(row => row.TextContent).ToList();
        var difference = Assert.Single(rows);
        Assert.Contains("Mon texte", difference, StringComparison.Ordinal);
        Assert.Contains("Le texte d’une collègue", difference, StringComparison.Ordinal);
        Assert.Equal("Mon texte", conflict.Value("difficulties"));
        Assert.Equal("Le texte d’une collègue", _site.Network.Practices[PortalSite.Skatepark].Difficulties);

        await _site.PressAsync(conflict, "Publier les modifications");
        Assert.Equal("Mon texte", _site.Network.Practices[PortalSite.Skatepark].Difficulties);
    }

    [Fact]
    public async Task A_service_that_is_away_costs_no_word()
    {
        var page = await TypedAsync();
        _site.Network.Away["*"] = true;

        var away = await _site.PressAsync(page, Save);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.Status);
        Assert.Equal(Evil, away.Value("title"));
        _site.Network.Away.Clear();
        Assert.Contains("Brouillon enregistré", (await _site.PressAsync(away, Save)).Text, StringComparison.Ordinal);
        Assert.Single(Drafts);
    }

    [Fact]
    public async Task A_full_disk_is_called_one_and_costs_no_word()
    {
        var page = await TypedAsync();
        _site.Network.IsFull = true;

        var full = await _site.PressAsync(page, Save);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, full.Status);
        Assert.Contains("Le disque du serveur est plein", full.Text, StringComparison.Ordinal);
        Assert.Equal(Evil, full.Value("title"));
        _site.Network.IsFull = false;
        Assert.Contains("Brouillon enregistré", (await _site.PressAsync(full, Save)).Text, StringComparison.Ordinal);
        Assert.Single(Drafts);
    }

    [Fact]
    public async Task A_session_that_ends_while_one_writes_costs_no_word()
    {
        var page = await TypedAsync();
        _site.SignOut();

        var refused = await _site.PressAsync(page, Save);

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("Votre session n’est plus valable", refused.Text, StringComparison.Ordinal);
        Assert.Equal(Evil, refused.Value("title"));
        Assert.Empty(Drafts);

        _site.SignIn();
        var again = await _site.PressAsync(refused, Save);
        Assert.Contains("Brouillon enregistré", (await _site.PressAsync(again, Save)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_without_its_proof_writes_nothing()
    {
        var page = await TypedAsync();
        var fields = PortalPage
            .Fields(page.Document.Forms.First(form => form.Id == "texte"))
            .Where(field => field.Key != "__RequestVerificationToken")
            .Append(new("_action", "save"));

        var refused = await _site.PostAsync("/pratiques/nouvelle", fields);

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Empty(Drafts);
    }

    [Fact]
    public async Task A_practice_is_withdrawn_after_a_page_that_asks()
    {
        var page = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}/retirer");
        Assert.Equal(PracticeStatus.Published, _site.Network.Practices[PortalSite.Skatepark].Status);
        page.Type("reason", "À revoir");

        var done = await _site.PressAsync(page, "Retirer la pratique");

        Assert.Contains("La pratique est retirée", done.Text, StringComparison.Ordinal);
        Assert.Equal(
            (PracticeStatus.Withdrawn, "À revoir"),
            (_site.Network.Practices[PortalSite.Skatepark].Status, _site.Network.Practices[PortalSite.Skatepark].WithdrawalReason)
        );
    }

    [Fact]
    public async Task A_draft_is_deleted_after_a_page_that_asks()
    {
        var draft = PortalSite.Published(Guid.CreateVersion7().ToString(), "\u3164");
        draft.Status = PracticeStatus.Draft;
        _site.Network.Store(draft, "drafted");
        var list = await _site.GetAsync("/brouillons");
        var link = list.Document.QuerySelectorAll("main td a").Single();
        Assert.Contains("Sans titre", list.Document.QuerySelector("main tbody")!.TextContent, StringComparison.Ordinal);

        var page = await _site.GetAsync(link.GetAttribute("href")!);
        Assert.True(_site.Network.Practices.ContainsKey(draft.Id));
        var done = await _site.PressAsync(page, "Supprimer le brouillon");

        Assert.Contains("Le brouillon est supprimé", done.Text, StringComparison.Ordinal);
        Assert.False(_site.Network.Practices.ContainsKey(draft.Id));
        // A second press of the same button.
        Assert.Contains(
            "Le brouillon est supprimé",
            (await _site.PressAsync(page, "Supprimer le brouillon")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_was_published_is_not_deleted_by_a_page()
    {
        var page = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}/supprimer");
        Assert.Contains("Ce n’est plus un brouillon", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Document.QuerySelectorAll("main button"), button =>
            button.TextContent.Contains("Supprimer", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Who_helps_towns_write_reads_what_was_searched_in_vain()
    {
        _site.SignIn(PortalSite.Token("observer:*"));
        Assert.Contains("/facilitation/recherches", (await _site.GetAsync("/pratiques")).Html, StringComparison.Ordinal);
        var page = await _site.GetAsync("/facilitation/recherches?jours=90");
        Assert.Contains("lavoir", page.Document.QuerySelector("main table")!.TextContent, StringComparison.Ordinal);
    }

    private IEnumerable<Practice> Drafts => _site.Network.Practices.Values.Where(practice => practice.Status == PracticeStatus.Draft);

    private async Task<PortalPage> TypedAsync()
    {
        var page = await _site.GetAsync("/pratiques/nouvelle");
        page.Type("title", Evil);
        return page;
    }
}
