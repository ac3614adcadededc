using System.Globalization;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Components.Pages;

/// <summary>What became of the last press of a button of the form.</summary>
public enum FormOutcome
{
    None,
    Saved,
    Refused,
    SavedNotPublished,
    Conflict,
    SessionEnded,
    NotAllowed,
    NotPossible,
    Unavailable,
}

/// <summary>
/// Writing a practice. Every press of a button comes back with the page and all that was typed, until the services have
/// acknowledged it; a second click finds its own text already saved and goes on.
/// </summary>
public sealed partial class PracticeEdit(
    PracticeService.PracticeServiceClient practices,
    TerritoryService.TerritoryServiceClient territories,
    NavigationManager navigation,
    IAntiforgery antiforgery,
    TimeProvider time)
{
    private MessageForm? _form;
    private int? _failure;
    private FormOutcome _outcome;
    private Practice? _preview;
    private Practice? _other;
    private string _request = "";
    private long _version;
    private bool _published;
    private IReadOnlyList<(string Code, string Label)> _territories = [];

    [CascadingParameter]
    public required HttpContext Http { get; set; }

    [Parameter]
    public string? Id { get; set; }

    [SupplyParameterFromQuery(Name = "etat")]
    public string? State { get; set; }

    private string Heading => Id is null ? "Raconter une pratique" : "Modifier la pratique";

    private string Action => Id is null ? "/pratiques/nouvelle" : $"/pratiques/{Uri.EscapeDataString(Id)}/modifier";

    protected override async Task OnInitializedAsync()
    {
        _territories = await NameTerritoriesAsync(Http.User.WritableTerritories());
        if (HttpMethods.IsPost(Http.Request.Method))
        {
            Take(Http.Request.Form);
        }
        else if (Http.User.Identity is not { IsAuthenticated: true })
        {
            navigation.NavigateTo($"/session?retour={Uri.EscapeDataString(Http.Request.Path)}");
        }
        else if (_territories.Count == 0)
        {
            _failure = StatusCodes.Status403Forbidden;
        }
        else if (Id is null)
        {
            _request = Guid.CreateVersion7(time.GetUtcNow()).ToString();
            _form = new MessageForm();
        }
        else
        {
            var answer = await practices.GetPracticeAsync(new() { Id = Id }).Answer();
            if (answer.Value is { Practice: var practice } && Http.User.WritableTerritories().Contains(practice.Territory))
            {
                _form = MessageForm.Of(practice);
                _version = practice.Record?.Version ?? 0;
                _published = practice.Status == PracticeStatus.Published;
                _outcome = State == "enregistre" ? FormOutcome.Saved : FormOutcome.None;
            }
            else
            {
                _failure = answer.Value is null ? answer.StatusCode : StatusCodes.Status403Forbidden;
            }
        }
    }

    private void Take(IFormCollection posted)
    {
        _form = MessageForm.Of(posted);
        PracticeFields.ReadDates(_form);
        _published = posted["_published"] == "true";
        _version = long.TryParse(posted["_version"], NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
        _request = Guid.TryParse(posted["_request"], out var request) ? request.ToString() : Guid.CreateVersion7(time.GetUtcNow()).ToString();
    }

    private async Task SubmitAsync()
    {
        // Checked here and not by the framework, which would answer with an empty page: the text of somebody whose session
        // ended while writing would be lost. Nothing is done without the proof; the page comes back with a new one.
        if (!await antiforgery.IsRequestValidAsync(Http))
        {
            Stop(FormOutcome.SessionEnded, StatusCodes.Status400BadRequest);
            return;
        }

        switch (Http.Request.Form["_action"].ToString().Split(':'))
        {
            case ["add", var list]:
                _form!.AddRow(list);
                break;
            case ["more", var words]:
                _form!.AddValue(words);
                break;
            case ["remove", var list, var row] when int.TryParse(row, NumberStyles.None, CultureInfo.InvariantCulture, out var index):
                _form!.RemoveRow(list, index);
                break;
            case ["preview"]:
                _preview = _form!.Read<Practice>();
                Refuse();
                break;
            case ["publish"]:
                await SaveAsync(publish: true);
                break;
            default:
                await SaveAsync(publish: false);
                break;
        }
    }

    private async Task SaveAsync(bool publish)
    {
        var typed = _form!.Read<Practice>();
        if (Refuse() || (Id is null ? await CreateAsync(typed) : await ReviseAsync(typed)) is not { } saved)
        {
            return;
        }

        if (publish && saved.Status != PracticeStatus.Published)
        {
            var answer = await practices.PublishPracticeAsync(new() { Id = saved.Id, Version = saved.Record?.Version ?? 0 }).Answer();
            if (answer.Value is null)
            {
                Explain(answer);
                _outcome = _outcome == FormOutcome.Refused ? FormOutcome.SavedNotPublished : _outcome;
                return;
            }

            saved = answer.Value.Practice;
        }

        navigation.NavigateTo(saved.Status == PracticeStatus.Published
            ? $"/pratiques/{Uri.EscapeDataString(saved.Id)}?etat=publiee"
            : $"/pratiques/{Uri.EscapeDataString(saved.Id)}/modifier?etat=enregistre");
    }

    private async Task<Practice?> CreateAsync(Practice typed)
    {
        var answer = await practices.CreatePracticeAsync(new() { Practice = typed, RequestId = _request }).Answer();
        if (answer.Value is not { Practice: var created })
        {
            Explain(answer);
            return null;
        }

        Id = created.Id;
        _version = created.Record?.Version ?? 0;

        // An earlier press had been stored although its answer never came: what was typed since goes on top of it.
        return IsSaidBy(created) ? created : await ReviseAsync(typed);
    }

    private async Task<Practice?> ReviseAsync(Practice typed)
    {
        var answer = await practices.RevisePracticeAsync(new() { Id = Id, Practice = typed, Version = _version }).Answer();
        if (answer.Value is { Practice: var revised })
        {
            _version = revised.Record?.Version ?? _version;
            return revised;
        }

        if (answer.IsStale)
        {
            var current = await practices.GetPracticeAsync(new() { Id = Id }).Answer();
            if (current.Value is { Practice: var other })
            {
                if (IsSaidBy(other))
                {
                    return other;
                }

                _other = other;
                _version = other.Record?.Version ?? 0;
                _published = other.Status == PracticeStatus.Published;
                Stop(FormOutcome.Conflict, StatusCodes.Status409Conflict);
                return null;
            }
        }

        Explain(answer);
        return null;
    }

    private bool IsSaidBy(Practice stored) => _form!.IsSaidBy(stored, "language", "reviewDueOn");

    private void Explain<T>(Answer<T> answer)
        where T : class
    {
        foreach (var (path, message) in answer.Violations)
        {
            _form!.Refuse(path, message);
        }

        Stop(
            answer.Error!.StatusCode switch
            {
                Grpc.Core.StatusCode.InvalidArgument => FormOutcome.Refused,
                Grpc.Core.StatusCode.Unauthenticated => FormOutcome.SessionEnded,
                Grpc.Core.StatusCode.PermissionDenied => FormOutcome.NotAllowed,
                Grpc.Core.StatusCode.NotFound or Grpc.Core.StatusCode.FailedPrecondition or Grpc.Core.StatusCode.Aborted => FormOutcome.NotPossible,
                _ => FormOutcome.Unavailable,
            },
            answer.Error.StatusCode == Grpc.Core.StatusCode.InvalidArgument ? StatusCodes.Status422UnprocessableEntity : answer.StatusCode);
    }

    private bool Refuse()
    {
        if (_form!.Errors.Count > 0)
        {
            Stop(FormOutcome.Refused, StatusCodes.Status422UnprocessableEntity);
        }

        return _form.Errors.Count > 0;
    }

    private void Stop(FormOutcome outcome, int status)
    {
        _outcome = outcome;
        Http.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            Http.Response.Headers.RetryAfter = "60";
        }
    }

    // The form does not need the names: without the territories service the codes do.
    private async Task<IReadOnlyList<(string Code, string Label)>> NameTerritoriesAsync(IReadOnlyList<string> codes)
    {
        var answers = await Task.WhenAll(codes.Select(code => territories.GetTerritoryAsync(new() { Id = code }).Answer()));
        return [.. codes.Zip(answers, (code, answer) => (code, answer.Value is { Territory: var territory } ? Show.Where(territory) : code))];
    }
}
