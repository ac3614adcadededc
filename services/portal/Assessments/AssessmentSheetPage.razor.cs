using System.Globalization;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Assessments;

/// <summary>
/// One axis of a family's sheet. Whatever happens to a press of the button, what was chosen and typed comes back with the page.
/// </summary>
public sealed partial class AssessmentSheetPage(
    AssessmentService.AssessmentServiceClient assessments,
    NavigationManager navigation,
    IAntiforgery antiforgery
)
{
    private readonly FormProblems _problems = [];
    private Answer<GetAssessmentResponse> _assessment;
    private Answer<GetQuestionnaireResponse> _questions;
    private QuestionnaireAxis? _axis;
    private AssessmentSheet? _sheet;
    private AssessmentSheet _typed = new();
    private SheetNote _note;
    private string _code = "";
    private string _family = "";
    private long _version;

    private enum SheetNote
    {
        None,
        Saved,
        Resumed,
        Stale,
        SessionEnded,
    }

    [CascadingParameter]
    public required HttpContext Http { get; set; }

    /// <summary>Vocabulary Principle, in small letters.</summary>
    [Parameter]
    public required string Axis { get; set; }

    [SupplyParameterFromQuery(Name = "territoire")]
    public string? Chosen { get; set; }

    [SupplyParameterFromQuery(Name = "famille")]
    public string? Family { get; set; }

    /// <summary>What the device kept of an axis that is saved now.</summary>
    [SupplyParameterFromQuery(Name = "enregistre")]
    public string? Saved { get; set; }

    private string Back => To($"{AssessmentWords.Home}?territoire={_code}");

    private string DraftKey => $"fiche-{_code}-{_family}-{_axis?.Principle}";

    private QuestionnaireAxis? Next =>
        _questions.Value!.Questionnaire.Axes.SkipWhile(axis => axis.Principle != _axis!.Principle).Skip(1).FirstOrDefault();

    protected override async Task OnInitializedAsync()
    {
        var isPost = HttpMethods.IsPost(Http.Request.Method);
        if (!isPost && Http.User.Identity is not { IsAuthenticated: true })
        {
            navigation.NavigateTo(SignIn(To(Http.Request.Path + Http.Request.QueryString)));
            return;
        }
        _code = AssessmentWords.Territory(Http, Chosen);
        _assessment = await assessments.GetAssessmentAsync(new() { Territory = _code }).Answer();
        _family = Family ?? (_assessment.Value?.Families is [var first, ..] ? first : "");
        if (_assessment.Value is not { } answer)
        {
            return;
        }
        _questions = await assessments.GetQuestionnaireAsync(new() { Version = answer.Assessment.Questionnaire }).Answer();
        _axis = _questions.Value?.Questionnaire.Axes.FirstOrDefault(axis =>
            string.Equals(axis.Principle, Axis, StringComparison.OrdinalIgnoreCase)
        );
        Open(answer);
        _version = _sheet?.Version ?? 0;
        _typed = _sheet ?? new();
        _note = Saved is null ? SheetNote.None : SheetNote.Saved;
        if (isPost && _axis is not null)
        {
            Take(_axis, Http.Request.Form);
        }
    }

    /// <summary>The sheet as it is stored; a new one where it was not begun, none where it is another family's.</summary>
    private void Open(GetAssessmentResponse answer) =>
        _sheet = answer.Families.Contains(_family)
            ? answer.Assessment.Sheets.FirstOrDefault(sheet => sheet.Family == _family) ?? new AssessmentSheet { Family = _family }
            : null;

    private void Take(QuestionnaireAxis axis, IFormCollection form)
    {
        _version = long.TryParse(form["_version"], NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
        _typed = new AssessmentSheet
        {
            Answers =
            {
                axis.Questions.Select(question => new AssessmentAnswer
                {
                    Question = question.Code,
                    Answer = $"{form[$"reponse-{question.Code}"]}",
                    Evidence = $"{form[$"preuve-{question.Code}"]}",
                }),
            },
        };
    }

    private async Task SaveAsync()
    {
        var form = Http.Request.Form;
        if (_axis is not { } axis)
        {
            return;
        }
        // As for a practice: nothing is done without the proof, and the page comes back with a new one and all that was typed.
        if (!await antiforgery.IsRequestValidAsync(Http))
        {
            (_note, Http.Response.StatusCode) = (SheetNote.SessionEnded, StatusCodes.Status400BadRequest);
            return;
        }
        if (form["_action"] == "resume")
        {
            _note = SheetNote.Resumed;
            return;
        }
        var answer = await assessments
            .SaveSheetAsync(
                new()
                {
                    Territory = _code,
                    Family = _family,
                    Questionnaire = $"{form["_questionnaire"]}",
                    Principle = axis.Principle,
                    Answers = { _typed.Answers },
                    Version = _version,
                }
            )
            .Answer();
        if (answer.Value is not null)
        {
            var there =
                form["_action"] == "save" ? AssessmentWords.Axis(_code, _family, axis.Principle)
                : Next is { } next ? AssessmentWords.Axis(_code, _family, next.Principle)
                : $"{Back}&etat=enregistre";
            navigation.NavigateTo($"{there}&enregistre={DraftKey}");
            return;
        }
        await RefusedAsync(answer, axis);
    }

    private async Task RefusedAsync(Answer<SaveSheetResponse> answer, QuestionnaireAxis axis)
    {
        Http.Response.StatusCode = answer.StatusCode;
        if (answer.IsStale && (await assessments.GetAssessmentAsync(new() { Territory = _code }).Answer()).Value is { } now)
        {
            Open(now);
            (_version, _note) = (_sheet?.Version ?? 0, SheetNote.Stale);
            return;
        }
        _problems.Add(answer, path =>
            axis.Questions.Index().FirstOrDefault(asked => path.StartsWith($"answers[{asked.Index}]", StringComparison.Ordinal)).Item
                is { } question
                ? ($"preuve-{question.Code}", question.Text)
                : ("", "")
        );
    }
}
