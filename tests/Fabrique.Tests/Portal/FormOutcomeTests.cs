using System.Net;
using Grpc.Core;

namespace Fabrique.Tests;

/// <summary>A form that was not done says why, each reason in its own words, and loses nothing of what was typed.</summary>
public sealed class FormOutcomeTests : IAsyncLifetime
{
    private const string Own = "La phrase du service.";

    private PortalSite _site = null!;

    public async ValueTask InitializeAsync()
    {
        _site = await PortalSite.StartAsync();
        _site.SignIn();
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData(StatusCode.Unauthenticated, "TOKEN_REQUIRED", 403, "Votre session n’est plus valable : connectez-vous de nouveau.")]
    [InlineData(StatusCode.PermissionDenied, "GRANT_REQUIRED", 403, "Vos droits ne permettent pas de le faire.")]
    [InlineData(StatusCode.Aborted, "STALE_VERSION", 409, "Quelqu’un a modifié ceci entre-temps. Rechargez la page, puis recommencez.")]
    [InlineData(StatusCode.FailedPrecondition, "MEMBERSHIP_NOT_ACTIVE", 409, Own)]
    [InlineData(StatusCode.FailedPrecondition, "ELSEWHERE", 409, Own)]
    [InlineData(StatusCode.NotFound, "NOT_FOUND", 409, Own)]
    [InlineData(StatusCode.ResourceExhausted, "TOO_MANY", 429, Own)]
    [InlineData(StatusCode.InvalidArgument, "INVALID", 422, Own)]
    [InlineData(
        StatusCode.Unavailable,
        "STORAGE_FULL",
        503,
        "Le disque du serveur est plein : rien n’a été enregistré. Prévenez la personne qui s’occupe de ce site."
    )]
    [InlineData(StatusCode.Unavailable, "", 503, "Le service est momentanément indisponible. Recommencez dans un instant.")]
    [InlineData(StatusCode.DeadlineExceeded, "", 503, "Le service est momentanément indisponible. Recommencez dans un instant.")]
    [InlineData(StatusCode.NotFound, "", 409, "Ce n’est plus possible : quelque chose a changé entre-temps. Rechargez la page.")]
    public async Task An_outcome_has_its_own_sentence_and_status(StatusCode code, string reason, int status, string sentence)
    {
        _site.Network.Answer = (code, reason, Own, []);

        var page = await PressAsync("À revoir");

        Assert.Equal((HttpStatusCode)status, page.Status);
        Assert.Equal([sentence], Lines(page));
        Assert.Equal("À revoir", page.Document.QuerySelector("#champ-reason")!.TextContent.Trim());
    }

    [Fact]
    public async Task A_field_that_is_refused_says_why_beside_it_and_at_the_top()
    {
        _site.Network.Answer = (StatusCode.InvalidArgument, "INVALID_FIELDS", Own, [("reason", "Ce motif est trop long.")]);

        var page = await PressAsync("À revoir");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, page.Status);
        Assert.Equal(["Motif : Ce motif est trop long."], Lines(page));
        Assert.Equal("#champ-reason", page.Document.QuerySelector(".error-summary a")!.GetAttribute("href"));
        Assert.Contains(
            "Ce motif est trop long.",
            page.Document.QuerySelector("#champ-reason-erreur")!.TextContent,
            StringComparison.Ordinal
        );
        Assert.Equal("À revoir", page.Document.QuerySelector("#champ-reason")!.TextContent.Trim());
    }

    private async Task<PortalPage> PressAsync(string typed)
    {
        var page = await _site.GetAsync($"/pratiques/{PortalSite.Skatepark}/retirer");
        page.Type("reason", typed);
        return await _site.PressAsync(page, "Retirer la pratique");
    }

    private static IEnumerable<string> Lines(PortalPage page) =>
        page.Document.QuerySelectorAll(".error-summary li").Select(line => line.TextContent.Trim().Replace('\u00a0', ' '));
}
