using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

/// <summary>What pages say to whoever wants to act for a territory, and to those who hand it over.</summary>
public sealed class DelegationPagesTests : IAsyncLifetime
{
    private const string Lens = "62498";

    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public async ValueTask DisposeAsync() => await _site.DisposeAsync();

    [Theory]
    [InlineData(MembershipStatus.Unspecified, "vous conduirez la délégation")]
    [InlineData(MembershipStatus.Submitted, "sans ouvrir une seconde adhésion")]
    [InlineData(MembershipStatus.Examined, "sans ouvrir une seconde adhésion")]
    [InlineData(MembershipStatus.Refused, "n’a pas été acceptée")]
    [InlineData(MembershipStatus.Left, "une demande de retour")]
    [InlineData(MembershipStatus.Active, "plus personne ne conduit sa délégation")]
    public async Task Whoever_asks_for_a_town_is_told_where_it_stands_before_asking(MembershipStatus status, string words)
    {
        _site.SignIn(PortalSite.Token("account:"));
        _site.Network.Standing = status;
        Assert.Contains(words, (await _site.GetAsync($"/rejoindre?territoire={Lens}")).Text, StringComparison.Ordinal);

        _site.Network.Delegation.Add(Person("a", Grant.Referent, "Claude"));
        Assert.Contains(
            "votre demande ira à la personne qui la conduit",
            (await _site.GetAsync($"/rejoindre?territoire={Lens}")).Text,
            StringComparison.Ordinal
        );
        _site.SignIn(PortalSite.Token($"delegate:{Lens}"));
        Assert.Contains(
            "Vous êtes déjà dans la délégation",
            (await _site.GetAsync($"/rejoindre?territoire={Lens}")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_commune_and_its_grouping_of_the_same_name_are_told_apart()
    {
        _site.SignIn(PortalSite.Token("account:"));
        var grouping = new Territory
        {
            Id = "246200364",
            Kind = "CA",
            Name = "CA de Lens-Liévin",
            Department = new() { Code = "62" },
        };
        _site.Network.Territories[grouping.Id] = grouping;
        _site.Network.Territories[Lens].Epci = new() { Code = grouping.Id, Name = grouping.Name };
        Assert.Contains("ont chacune leur délégation", (await _site.GetAsync("/rejoindre?q=lens")).Text, StringComparison.Ordinal);
        Assert.Contains($"/rejoindre?territoire={grouping.Id}", (await _site.GetAsync($"/rejoindre?territoire={Lens}")).Links);
        Assert.Contains(
            "Vous agissez pour l’intercommunalité",
            (await _site.GetAsync($"/rejoindre?territoire={grouping.Id}")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_lead_is_passed_to_somebody_who_is_named_and_meant()
    {
        _site.Network.Delegation.AddRange([Person("a", Grant.Referent, "Claude"), Person("b", Grant.Delegate, "Dominique <b>")]);
        _site.SignIn(PortalSite.Token($"referent:{Lens}"));
        var page = await _site.GetAsync("/mon-territoire/passation");
        Assert.Contains("Dominique <b>", page.Text, StringComparison.Ordinal);
        var refused = await _site.PressAsync(page, "Passer la conduite");
        Assert.Equal(
            (HttpStatusCode.UnprocessableEntity, 2),
            (refused.Status, refused.Document.QuerySelectorAll(".error-summary li").Length)
        );
        Assert.Equal(Grant.Referent, _site.Network.Delegation[0].Grant.Role);

        refused.Type("person", "b");
        refused.Document.QuerySelector<IHtmlInputElement>("#champ-sure")!.IsChecked = true;
        var done = await _site.PressAsync(refused, "Passer la conduite");
        Assert.Contains("Dominique <b> conduit maintenant la délégation", done.Text, StringComparison.Ordinal);
        Assert.Empty(done.Document.QuerySelectorAll("#champ-sure"));
    }

    private static Identity.V1.Delegate Person(string id, string role, string name) =>
        new()
        {
            Person = id,
            Name = name,
            Email = $"{id}@example.org",
            Grant = new()
            {
                Role = role,
                Scope = Lens,
                Family = "AGENT",
            },
        };
}
