using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Territories;

/// <summary>Writing one step of what a territory tells of itself.</summary>
public sealed partial class ProfileEdit(
    TerritoryService.TerritoryServiceClient territories,
    MembershipService.MembershipServiceClient memberships,
    NavigationManager navigation,
    IAntiforgery antiforgery
) : EditPage(antiforgery)
{
    private string _code = "";
    private Territory? _territory;
    private int? _failure;
    private bool _isClosed;
    private Profile _stored = new();
    private Profile? _preview;
    private Profile? _other;
    private RecordInfo? _otherRecord;
    private ProfileStep? _done;
    private Dictionary<string, string> _labels = [];
    private string _mark = "";

    /// <summary>The step, as in its address.</summary>
    [Parameter]
    public required string Word { get; set; }

    [SupplyParameterFromQuery(Name = "territoire")]
    public string? Chosen { get; set; }

    /// <summary>The step that has just been saved.</summary>
    [SupplyParameterFromQuery(Name = "enregistre")]
    public string? Saved { get; set; }

    private ProfileStep? Step => ProfileStep.All.FirstOrDefault(step => step.Word == Word);

    private string Name => _territory is null ? _code : Show.Where(_territory);

    protected override async Task OnInitializedAsync()
    {
        _code = Http.User.ChosenTerritory(Chosen);
        if (HttpMethods.IsPost(Http.Request.Method))
        {
            // Whoever lost the session, or the right, still has the text.
            Form = MessageForm.Of(Http.Request.Form, ProfileFields.All);
            _mark = $"{Http.Request.Form["_mark"]}";
            _code = _code.Length > 0 ? _code : Chosen ?? "";
        }
        else if (Http.User.Identity is not { IsAuthenticated: true })
        {
            navigation.NavigateTo(SignIn(To(Http.Request.Path + Http.Request.QueryString)));
            return;
        }
        else if (_code.Length == 0)
        {
            _failure = StatusCodes.Status403Forbidden;
            return;
        }

        if (Step is not { } step)
        {
            _failure = StatusCodes.Status404NotFound;
            return;
        }

        var membership = memberships.GetMembershipAsync(new() { Territory = _code }).Answer();
        var found = await territories.GetTerritoryAsync(new() { Id = _code }).Answer();
        _territory = found.Value?.Territory;
        Keep(_territory?.Profile ?? new Profile());
        if (Form is not null)
        {
            return;
        }

        if (_territory is null)
        {
            _failure = found.StatusCode;
            return;
        }

        _isClosed =
            await membership
                is { Value: { Membership.Status: not MembershipStatus.Active } }
                    or { StatusCode: StatusCodes.Status404NotFound };
        Form = MessageForm.Of(step.Of(_stored), ProfileFields.All);
        _mark = step.Mark(_stored);
        _done = ProfileStep.All.FirstOrDefault(one => one.Word == Saved);
    }

    protected override async Task PressAsync(string verb, string what)
    {
        if (Step is not { } step || Read<Profile>() is not { } typed)
        {
            return;
        }

        foreach (var source in typed.Sources.Where(source => source.Code.Length == 0))
        {
            source.Code = ProfileSources.NewCode(typed.Sources.Select(other => other.Code));
        }

        if (verb == "preview")
        {
            var whole = ProfileSaving.Merge(Form!, step, _stored, typed);
            _preview = step.Of(whole);
            if (step.Word is "periodes" or "etapes")
            {
                // Only together do they make a drawing.
                _preview = new Profile { Phases = { whole.Phases }, Milestones = { whole.Milestones } };
            }

            var uses = ProfileSources.Uses(_preview);
            _preview.Sources.Clear();
            _preview.Sources.AddRange(whole.Sources.Where(source => step.Word == "sources" || uses.ContainsKey(source.Code)));
            return;
        }

        if (step.Word == "sources" && ProfileSources.Missing(_stored, typed) is { Length: > 0 } missing)
        {
            Form!.Refuse("sources", T["« {0} » est encore citée : retirez-la d’abord de ce qui la cite.", missing]);
            Stop(FormOutcome.Refused, StatusCodes.Status422UnprocessableEntity);
            return;
        }

        var saving = new ProfileSaving(territories, Form!, step);
        if (await saving.SaveAsync(_code, typed, _mark))
        {
            navigation.NavigateTo($"{Address(verb == "next" && step.Next is { } next ? next : step)}&enregistre={step.Word}");
            return;
        }

        if (saving.Other is { Profile: var current, Record: var record })
        {
            Keep(current);
            (_other, _otherRecord, _mark) = (step.Of(current), record, step.Mark(current));
        }

        Stop(saving.Stopped);
    }

    private void Keep(Profile stored)
    {
        _stored = stored;
        _labels = stored
            .Sources.Select(source => (source.Code, source.Title))
            .Concat(stored.Phases.Select(phase => (phase.Code, phase.Title)))
            .Concat(_territory?.Practices.Select(practice => (practice.Id, practice.Title)) ?? [])
            .DistinctBy(label => label.Item1)
            .ToDictionary(label => label.Item1, label => label.Item2);
    }

    private string Address(ProfileStep step) => ProfilePage.Address(_code, step);

    private string Draft(ProfileStep step) => $"profil-{_code}-{step.Word}";
}
