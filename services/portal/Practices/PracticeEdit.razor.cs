using System.Globalization;
using Fabrique.Practices.V1;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Practices;

/// <summary>Writing a practice.</summary>
public sealed partial class PracticeEdit(
    PracticeService.PracticeServiceClient practices,
    TerritoryPlaces places,
    NavigationManager navigation,
    IAntiforgery antiforgery,
    TimeProvider clock
) : EditPage(antiforgery)
{
    private int? _failure;
    private Practice? _preview;
    private Practice? _other;
    private string _request = "";
    private long _version;
    private bool _published;
    private bool _isDraft;
    private IReadOnlyList<(string Code, string Label)> _territories = [];

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
        _territories = [.. (await places.NamesAsync(Http.User.WritableTerritories())).Select(name => (name.Key, name.Value))];
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
            _request = Guid.CreateVersion7(clock.GetUtcNow()).ToString();
            Form = new MessageForm(PracticeFields.All);
            Form.Set("licence", "CC-BY-SA-4.0");
            Form.Set("adaptedFrom", Origin ?? "");
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
            Form = MessageForm.Of(practice, PracticeFields.All);
            _version = practice.Record?.Version ?? 0;
            _published = practice.Status == PracticeStatus.Published;
            _isDraft = practice.Status is PracticeStatus.Draft or PracticeStatus.InternalReview or PracticeStatus.PeerReview;
            Outcome = State == "enregistre" ? FormOutcome.Saved : FormOutcome.None;
        }
    }

    private void Take(IFormCollection posted)
    {
        Form = MessageForm.Of(posted, PracticeFields.All);
        _published = posted["_published"] == "true";
        _version = long.TryParse(posted["_version"], NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
        _request = Guid.TryParse(posted["_request"], out var request)
            ? request.ToString()
            : Guid.CreateVersion7(clock.GetUtcNow()).ToString();
    }

    protected override async Task PressAsync(string verb, string what)
    {
        if (verb == "preview")
        {
            _preview = Read<Practice>();
        }
        else
        {
            await SaveAsync(publish: verb == "publish");
        }
    }

    private async Task SaveAsync(bool publish)
    {
        if (Read<Practice>() is not { } typed)
        {
            return;
        }

        var saving = new PracticeSaving(practices, Form!, _request) { Id = Id, Version = _version };
        if (await saving.SaveAsync(typed, publish) is { } saved)
        {
            navigation.NavigateTo(
                To(
                    saved.Status == PracticeStatus.Published
                        ? $"/pratiques/{Uri.EscapeDataString(saved.Id)}?etat=publiee"
                        : $"/pratiques/{Uri.EscapeDataString(saved.Id)}/modifier?etat=enregistre"
                )
            );
            return;
        }

        (Id, _version, _other) = (saving.Id, saving.Version, saving.Other);
        _published = _other is null ? _published : _other.Status == PracticeStatus.Published;
        Stop(saving.Stopped);
    }
}
