using System.Globalization;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Components.Pages;

/// <summary>
/// Writing a practice. Every press of a button comes back with the page and all that was typed, until the services have
/// acknowledged it.
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

    /// <summary>The practice that a new one is an adaptation of.</summary>
    [SupplyParameterFromQuery(Name = "adaptee-de")]
    public string? Origin { get; set; }

    private string Heading => Id is null ? T["Raconter une pratique"] : T["Modifier la pratique"];

    private string Action => To(Id is null ? "/pratiques/nouvelle" : $"/pratiques/{Uri.EscapeDataString(Id)}/modifier");

    protected override async Task OnInitializedAsync()
    {
        _territories = await NameTerritoriesAsync(Http.User.WritableTerritories());
        if (HttpMethods.IsPost(Http.Request.Method))
        {
            Take(Http.Request.Form);
        }
        else if (Http.User.Identity is not { IsAuthenticated: true })
        {
            navigation.NavigateTo(SignIn(To(Http.Request.Path)));
        }
        else if (_territories.Count == 0)
        {
            _failure = StatusCodes.Status403Forbidden;
        }
        else if (Id is null)
        {
            _request = Guid.CreateVersion7(time.GetUtcNow()).ToString();
            _form = new MessageForm();
            _form.Set("licence", "CC-BY-SA-4.0");
            _form.Set("adaptedFrom", Origin ?? "");
        }
        else
        {
            await OpenAsync(Id);
        }
    }

    private async Task OpenAsync(string id)
    {
        var answer = await practices.GetPracticeAsync(new() { Id = id }).Answer();
        if (answer.Value is not { Practice: var practice })
        {
            _failure = answer.StatusCode;
        }
        else if (!Http.User.WritableTerritories().Contains(practice.Territory))
        {
            _failure = StatusCodes.Status403Forbidden;
        }
        else
        {
            _form = MessageForm.Of(practice);
            _version = practice.Record?.Version ?? 0;
            _published = practice.Status == PracticeStatus.Published;
            _outcome = State == "enregistre" ? FormOutcome.Saved : FormOutcome.None;
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
            // What the device kept comes back as a page, with as many rows as it has.
            case ["resume"]:
                _outcome = FormOutcome.Resumed;
                break;
            case ["preview"]:
                _preview = Read();
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
        if (Read() is not { } typed)
        {
            return;
        }

        var saving = new PracticeSaving(practices, _form!, _request) { Id = Id, Version = _version };
        if (await saving.SaveAsync(typed, publish) is { } saved)
        {
            navigation.NavigateTo(To(saved.Status == PracticeStatus.Published
                ? $"/pratiques/{Uri.EscapeDataString(saved.Id)}?etat=publiee"
                : $"/pratiques/{Uri.EscapeDataString(saved.Id)}/modifier?etat=enregistre"));
            return;
        }

        (Id, _version, _other) = (saving.Id, saving.Version, saving.Other);
        _published = _other is null ? _published : _other.Status == PracticeStatus.Published;
        Stop(saving.Stopped.Outcome, saving.Stopped.Status);
    }

    private Practice? Read()
    {
        var typed = _form!.Read<Practice>();
        if (_form.Errors.Count == 0)
        {
            return typed;
        }

        Stop(FormOutcome.Refused, StatusCodes.Status422UnprocessableEntity);
        return null;
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
