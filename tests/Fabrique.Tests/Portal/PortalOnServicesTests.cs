using System.Net;
using Fabrique.Practices.V1;

namespace Fabrique.Tests;

/// <summary>The pages of the portal before the real services: what is typed is written, and what they refuse or cannot do costs no word.</summary>
public sealed class PortalOnServicesTests(NodeInProcess node) : IClassFixture<NodeInProcess>, IAsyncDisposable
{
    private const string Town = "59350";
    private const string Save = "Enregistrer le brouillon";

    private readonly PortalSite _site = PortalSite.Before(node);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        node.Bending.Straighten();
        return _site.DisposeAsync();
    }

    [Fact]
    public async Task What_a_delegate_types_is_a_draft_of_the_town_and_is_read_again()
    {
        var (page, _) = await TypedAsync("Une remise <b>à outils</b>");
        var saved = await _site.PressAsync(page, Save);
        Assert.Contains("Brouillon enregistré", saved.Text, StringComparison.Ordinal);
        Assert.Equal("Une remise <b>à outils</b>", saved.Value("title"));
        Assert.Contains("Une remise <b>à outils</b>", (await _site.GetAsync("/brouillons")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_away_or_full_costs_no_word()
    {
        var (page, _) = await TypedAsync("Une mare");
        node.Bending.Away["*"] = true;
        var away = await _site.PressAsync(page, Save);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Une mare"), (away.Status, away.Value("title")));

        node.Bending.Straighten();
        node.Bending.IsFull = true;
        var full = await _site.PressAsync(away, Save);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Une mare"), (full.Status, full.Value("title")));
        Assert.Contains("Le disque du serveur est plein", full.Text, StringComparison.Ordinal);

        node.Bending.Straighten();
        Assert.Contains("Brouillon enregistré", (await _site.PressAsync(full, Save)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_refused_is_said_beside_its_field()
    {
        var (page, _) = await TypedAsync("Un verger");
        node.Bending.Refused["difficulties"] = $"Dites les difficultés rencontrées.";
        var refused = await _site.PressAsync(page, Save);
        Assert.Contains("Dites les difficultés rencontrées.", refused.Text, StringComparison.Ordinal);
        Assert.Equal("Un verger", refused.Value("title"));
    }

    [Fact]
    public async Task What_somebody_else_wrote_meanwhile_is_shown_beside_what_was_typed()
    {
        var (page, token) = await TypedAsync("La cantine");
        var saved = await _site.PressAsync(page, Save);
        using var channel = node.Channel("practices");
        var practices = new PracticeService.PracticeServiceClient(channel);
        var headers = new Grpc.Core.Metadata { { "authorization", $"Bearer {token}" } };
        var draft = (
            await practices.ListPracticesAsync(
                new() { Territory = Town, Status = PracticeStatus.Draft },
                headers,
                cancellationToken: Cancellation
            )
        ).Practices.Single(practice => practice.Title == "La cantine");
        await practices.RevisePracticeAsync(
            new()
            {
                Id = draft.Id,
                Practice = new(draft) { Title = "La cantine, par une collègue" },
                Version = draft.Record.Version,
            },
            headers,
            cancellationToken: Cancellation
        );

        saved.Type("title", "La cantine, par moi");
        var conflict = await _site.PressAsync(saved, Save);
        Assert.Equal((HttpStatusCode.Conflict, "La cantine, par moi"), (conflict.Status, conflict.Value("title")));
        Assert.Contains("La cantine, par une collègue", conflict.Text, StringComparison.Ordinal);
    }

    /// <summary>A new practice, with its title typed by somebody who writes for the town.</summary>
    private async Task<(PortalPage Page, string Token)> TypedAsync(string title)
    {
        var token = await node.TokenAsync(new Grant(Grant.Delegate, Town));
        _site.SignIn(token);
        var page = await _site.GetAsync("/pratiques/nouvelle");
        Assert.Equal(HttpStatusCode.OK, page.Status);
        page.Type("title", title);
        return (page, token);
    }
}
