using Fabrique.Identity.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Memberships;

/// <summary>
/// What waits in the territory of whoever is signed in: its membership, requests, the delegation and who is missing in it, invitations.
/// </summary>
public partial class MyTerritoryPage
{
    private readonly FormProblems _problems = [];
    private readonly List<(string Code, string Name)> _others = [];
    private RequestDesk _desk = null!;
    private Answer<GetMembershipResponse> _membership;
    private string _code = "";
    private string _place = "";
    private string _me = "";
    private string _email = "";
    private string _done = "";
    private bool _leads;
    private GetDelegationResponse? _delegation;
    private IReadOnlyList<Identity.V1.Delegate> _people = [];
    private IReadOnlyList<Invitation> _invitations = [];
    private IReadOnlyList<JoinRequest> _requests = [];
    private IReadOnlyList<JoinRequest> _mine = [];

    [CascadingParameter]
    public required HttpContext Http { get; set; }

    [SupplyParameterFromQuery(Name = "territoire")]
    public string? Chosen { get; set; }

    protected override async Task OnInitializedAsync()
    {
        // Before anything else: what leads elsewhere is rendered too.
        _desk = new(Identity);
        if (Http.User.Identity is not { IsAuthenticated: true })
        {
            Navigation.NavigateTo(SignIn(To("/mon-territoire")));
            return;
        }
        _me = Http.User.FindFirst("sub")?.Value ?? "";
        var codes = Http.User.WritableTerritories();
        _code = Http.User.ChosenTerritory(Chosen);
        if (_code.Length == 0)
        {
            _mine = (await Identity.ListJoinRequestsAsync(new() { Mine = true, PageSize = 20 }).Answer()).Value?.Requests ?? [];
            return;
        }
        _leads = Http.User.Leads(_code);
        var names = await Places.NamesAsync(codes);
        _place = names[_code];
        _others.AddRange(names.Where(name => name.Key != _code).Select(name => (name.Key, name.Value)));
        await ReadAsync();
    }

    private async Task ReadAsync()
    {
        _membership = await Memberships.GetMembershipAsync(new() { Territory = _code }).Answer();
        var (delegation, people) = (
            Identity.GetDelegationAsync(new() { Territory = _code }).Answer(),
            Identity.ListDelegatesAsync(new() { Territory = _code }).Answer()
        );
        (_delegation, _people) = ((await delegation).Value, (await people).Value?.Delegates ?? []);
        if (_leads)
        {
            var (invitations, requests) = (
                Identity.ListInvitationsAsync(new() { Territory = _code }).Answer(),
                Identity.ListJoinRequestsAsync(new() { Territory = _code, PageSize = 20 }).Answer()
            );
            (_invitations, _requests) = ((await invitations).Value?.Invitations ?? [], (await requests).Value?.Requests ?? []);
        }
    }

    private async Task ActAsync()
    {
        var form = Http.Request.Form;
        switch (form["_action"].ToString().Split(':', 3))
        {
            case ["inviter"]:
                await InviteAsync(
                    form["courriel"].ToString(),
                    form["famille"].ToString(),
                    form["fonction"].ToString(),
                    form["mandat"].ToString()
                );
                break;
            case ["mandat", var elected]:
                await SetMandateAsync(elected, form[Mandates.Prefix + elected].ToString());
                break;
            case ["reveiller"]:
                Tell(
                    await Memberships.WakeMembershipAsync(new() { Territory = _code }).Answer(),
                    T["Votre territoire est de nouveau actif"]
                );
                break;
            case ["activer"]:
                Tell(
                    await Memberships.ActivateMembershipAsync(new() { Territory = _code }).Answer(),
                    T["Votre territoire est membre du réseau"]
                );
                break;
            case ["annuler", var id]:
                Tell(await Identity.WithdrawInvitationAsync(new() { Id = id }).Answer(), T["L’invitation est annulée"]);
                break;
            case ["retirer", var role, var person]:
                Tell(
                    await Identity
                        .RemoveGrantAsync(
                            new()
                            {
                                Person = person,
                                Grant = new()
                                {
                                    Role = role,
                                    Scope = _code,
                                    Family = _people.FirstOrDefault(one => one.Person == person)?.Grant.Family ?? "",
                                },
                            }
                        )
                        .Answer(),
                    T["Ce droit a pris fin"]
                );
                break;
            default:
                await _desk.DecideAsync(form);
                break;
        }
        await ReadAsync();
    }

    private async Task SetMandateAsync(string person, string typed)
    {
        var (field, until) = (Mandates.Prefix + person, MandateEnd.Of(typed));
        if (typed.Length > 0 && until is null)
        {
            _problems.Add(field, T["Fin de mandat"], NoDay);
            return;
        }
        var answer = await Identity
            .SetMandateAsync(
                new()
                {
                    Territory = _code,
                    Person = person,
                    Until = until,
                }
            )
            .Answer();
        if (answer.Violations.FirstOrDefault() is { Message: { Length: > 0 } message })
        {
            _problems.Add(field, T["Fin de mandat"], message);
        }
        else
        {
            Tell(answer, T["La fin de mandat est enregistrée"]);
        }
    }

    private async Task InviteAsync(string email, string family, string function, string mandate)
    {
        (_email, var until) = (email, MandateEnd.Of(mandate));
        if (mandate.Length > 0 && until is null)
        {
            _problems.Add("mandat", T["Fin de mandat"], NoDay);
            return;
        }
        var answer = await Identity
            .CreateInvitationAsync(
                new()
                {
                    Email = email,
                    Grant = new()
                    {
                        Role = Grant.Delegate,
                        Scope = _code,
                        Family = family,
                        Function = function,
                        Until = until,
                    },
                }
            )
            .Answer();
        foreach (var (path, message) in answer.Violations)
        {
            var (field, name) = path switch
            {
                "email" => ("courriel", T["Adresse électronique"]),
                "grant.until" => ("mandat", T["Fin de mandat"]),
                _ => ("fonction", T["Fonction"]),
            };
            _problems.Add(field, name, message);
        }
        if (_problems.Count == 0)
        {
            Tell(answer, T["L’invitation est partie"]);
            _email = "";
        }
    }

    private static string NoDay => T["Écrivez un jour ainsi : 22/03/2032."];

    private void Tell<TAnswer>(Answer<TAnswer> answer, string done)
        where TAnswer : class
    {
        if (answer.Value is not null)
        {
            _done = done;
        }
        else
        {
            _problems.Add(answer);
        }
    }

    /// <summary>The family to invite first: one of which nobody is there yet.</summary>
    private string Wanted => Families.Four.FirstOrDefault(family => _delegation?.Families.ContainsKey(family) == false) ?? Families.Four[0];

    /// <summary>The family, the function and the end of the mandate of somebody, as far as they are known.</summary>
    private static string About(Identity.V1.Delegate person) =>
        string.Join(
            " – ",
            new[]
            {
                Vocabulary.Role4F.Label(person.Grant.Family),
                person.Grant.Function,
                person.Grant.Until is { } until ? T["mandat jusqu’au {0}", Show.Date(until)] : "",
            }.Where(text => text.Length > 0)
        );

    private static string State(JoinRequest request) =>
        request.Status switch
        {
            JoinRequestStatus.Open => T["Votre demande pour le territoire {0} attend une réponse", request.Territory],
            JoinRequestStatus.Refused => T["Votre demande pour le territoire {0} n’est pas acceptée", request.Territory],
            _ => T["Votre demande pour le territoire {0} est acceptée : rechargez la page dans un instant", request.Territory],
        };
}
