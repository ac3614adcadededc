using Fabrique.Identity.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Assessments;

/// <summary>
/// Where a territory's assessment stands: one's own sheet, those of the other families, what they see differently, what was kept.
/// </summary>
public sealed partial class AssessmentPage(
    AssessmentService.AssessmentServiceClient assessments,
    TerritoryPlaces places,
    IdentityService.IdentityServiceClient identity,
    NavigationManager navigation,
    TimeProvider clock
)
{
    private readonly FormProblems _problems = [];
    private Answer<GetAssessmentResponse> _assessment;
    private Answer<GetQuestionnaireResponse> _questions;
    private Answer<ListSnapshotsResponse> _snapshots;
    private GetDelegationResponse? _delegation;
    private string _code = "";
    private string _place = "";
    private string _request = "";
    private string _done = "";
    private bool _leads;

    [CascadingParameter]
    public required HttpContext Http { get; set; }

    [SupplyParameterFromQuery(Name = "territoire")]
    public string? Chosen { get; set; }

    [SupplyParameterFromQuery(Name = "etat")]
    public string? Outcome { get; set; }

    /// <summary>What the device kept of a sheet that is saved now.</summary>
    [SupplyParameterFromQuery(Name = "enregistre")]
    public string? Saved { get; set; }

    private string Here => To($"{AssessmentWords.Home}?territoire={_code}");

    /// <summary>The families of which nobody is there, once it is known.</summary>
    private IEnumerable<string> Absent =>
        _delegation is null ? [] : Families.Four.Where(family => !_delegation.Families.ContainsKey(family));

    protected override async Task OnInitializedAsync()
    {
        if (Http.User.Identity is not { IsAuthenticated: true })
        {
            navigation.NavigateTo(SignIn(To(AssessmentWords.Home)));
            return;
        }
        _code = AssessmentWords.Territory(Http, Chosen);
        _leads = AssessmentWords.Leads(Http, _code);
        _request = Guid.TryParse(HttpMethods.IsPost(Http.Request.Method) ? Http.Request.Form["demande"] : "", out var drawn)
            ? drawn.ToString()
            : Guid.CreateVersion7(clock.GetUtcNow()).ToString();
        _done = Outcome switch
        {
            "envoyee" => T["Votre fiche est envoyée. Merci !"],
            "reprise" => T["Votre fiche est de nouveau ouverte. Envoyez-la quand elle est prête"],
            "efface" => T["L’instantané est effacé"],
            "recommence" => T["Les fiches sont vides : une nouvelle auto-évaluation commence"],
            "enregistre" => T["Vos réponses sont enregistrées"],
            _ => "",
        };
        await ReadAsync();
    }

    private async Task ReadAsync()
    {
        _assessment = await assessments.GetAssessmentAsync(new() { Territory = _code }).Answer();
        if (_assessment.Value is not { } answer)
        {
            return;
        }
        var (questions, snapshots) = (
            assessments.GetQuestionnaireAsync(new() { Version = answer.Assessment.Questionnaire }).Answer(),
            assessments.ListSnapshotsAsync(new() { Territory = _code }).Answer()
        );
        var (delegation, names) = (identity.GetDelegationAsync(new() { Territory = _code }).Answer(), places.NamesAsync([_code]));
        (_questions, _snapshots, _delegation, _place) = (await questions, await snapshots, (await delegation).Value, (await names)[_code]);
    }

    private async Task FreezeAsync()
    {
        var answer = await assessments.FreezeAssessmentAsync(new() { Territory = _code, RequestId = _request }).Answer();
        if (answer.Value is { } frozen)
        {
            navigation.NavigateTo(AssessmentWords.Snapshot(frozen.Snapshot) + "&etat=pris");
            return;
        }
        _problems.Add(answer);
    }

    private async Task RestartAsync()
    {
        if (Http.Request.Form["compris"] != "oui")
        {
            _problems.Add(
                "compris",
                T["Recommencer une nouvelle auto-évaluation"],
                T["Cochez la case qui dit que les réponses seront effacées."]
            );
            return;
        }
        var answer = await assessments.RestartAssessmentAsync(new() { Territory = _code }).Answer();
        if (answer.Value is not null)
        {
            navigation.NavigateTo($"{Here}&etat=recommence");
            return;
        }
        _problems.Add(answer);
    }

    /// <summary>The four families, and whoever else is there.</summary>
    private IEnumerable<string> Shown(GetAssessmentResponse answer) =>
        Vocabulary.Role4F.Codes.Where(family =>
            Families.Four.Contains(family)
            || _delegation?.Families.ContainsKey(family) == true
            || answer.Assessment.Sheets.Any(sheet => sheet.Family == family)
        );

    private string State(string family, AssessmentSheet? sheet) =>
        sheet switch
        {
            { SubmittedOn.Length: > 0 } => T["fiche envoyée le {0}", Show.Date(sheet.SubmittedOn)],
            not null => T["fiche commencée"],
            null when Absent.Contains(family) => T["à trouver"],
            null => T["pas encore commencée"],
        };
}
