using Fabrique.Identity.V1;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Memberships;

/// <summary>What a new team needs to know, on a page that prints; and the lead of the delegation passed on in one step.</summary>
public partial class HandOverPage
{
    private const int MostDue = 12;

    private readonly RequestForm<PassLeadRequest> _form = new(SuccessorChoice.Fields);
    private Answer<GetTerritoryResponse> _territory;
    private Answer<GetMembershipResponse> _membership;
    private Answer<ListDelegatesResponse> _people;
    private List<(string Words, int? Count)> _counts = [];
    private List<Practice> _due = [];
    private string _code = "";
    private string _leader = "";
    private bool _leads;

    [CascadingParameter]
    public required HttpContext Http { get; set; }

    [SupplyParameterFromQuery(Name = "territoire")]
    public string? Chosen { get; set; }

    private List<Identity.V1.Delegate> Successors =>
        [.. _people.Value?.Delegates.Where(person => person.Grant.Role == Grant.Delegate) ?? []];

    protected override async Task OnInitializedAsync()
    {
        if (Http.User.Identity is not { IsAuthenticated: true })
        {
            Navigation.NavigateTo(SignIn(To("/mon-territoire/passation")));
            return;
        }
        _code = Http.User.ChosenTerritory(Chosen);
        _leads = Http.User.Leads(_code);
        var (territory, membership, people) = (
            Territories.GetTerritoryAsync(new() { Id = _code }).Answer(),
            Memberships.GetMembershipAsync(new() { Territory = _code }).Answer(),
            Identity.ListDelegatesAsync(new() { Territory = _code }).Answer()
        );
        var (drafts, here, peers, published) = (
            ListAsync(PracticeStatus.Draft, 1),
            ListAsync(PracticeStatus.InternalReview, 1),
            ListAsync(PracticeStatus.PeerReview, 1),
            ListAsync(PracticeStatus.Published, 100)
        );
        (_territory, _membership, _people) = (await territory, await membership, await people);
        _counts =
        [
            (T["Pratiques publiées"], (await published)?.TotalSize),
            (T["Brouillons"], (await drafts)?.TotalSize),
            (T["En relecture dans le territoire"], (await here)?.TotalSize),
            (T["En relecture par les pairs"], (await peers)?.TotalSize),
        ];
        _due =
        [
            .. ((await published)?.Practices ?? [])
                .Where(practice => practice.ReviewDueOn.Length > 0)
                .OrderBy(practice => practice.ReviewDueOn, StringComparer.Ordinal)
                .Take(MostDue),
        ];
    }

    // What cannot be counted now is said to be unknown.
    private async Task<ListPracticesResponse?> ListAsync(PracticeStatus status, int size) =>
        (
            await Practices
                .ListPracticesAsync(
                    new()
                    {
                        Territory = _code,
                        Status = status,
                        PageSize = size,
                    }
                )
                .Answer()
        ).Value;

    private async Task PassAsync()
    {
        var passed = await _form.SendAsync(
            Http,
            request =>
            {
                request.Territory = _code;
                return Identity.PassLeadAsync(request);
            },
            SuccessorChoice.Check
        );
        if (passed is { Delegate: var leader })
        {
            (_leads, _leader) = (false, leader.Name);
            _people = await Identity.ListDelegatesAsync(new() { Territory = _code }).Answer();
        }
    }
}
