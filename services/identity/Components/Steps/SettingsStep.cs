using Microsoft.AspNetCore.Components;

namespace Fabrique.Identity.Components.Steps;

/// <summary>One form of settings. What it saves is in force at once, unless it says otherwise.</summary>
public abstract class SettingsStep : ComponentBase
{
    protected FormProblems Problems { get; } = [];

    /// <summary>What was done; empty while nothing was.</summary>
    protected string Done { get; set; } = "";

    [CascadingParameter]
    public required HttpContext Http { get; set; }

    [Inject]
    internal NodeDesk Desk { get; set; } = null!;

    /// <summary>Who sets it.</summary>
    [Parameter, EditorRequired]
    public string Steward { get; set; } = "";

    /// <summary>Where its form goes.</summary>
    [Parameter, EditorRequired]
    public string Address { get; set; } = "";

    /// <summary>What was typed in a field: tidy, and on one line.</summary>
    protected static string Typed(IFormCollection form, string field) => Accounts.OneLine(form[field]);

    protected async Task SaveAsync(params (string Name, string Value)[] changes)
    {
        await Desk.SaveAsync(Steward, changes.ToDictionary(change => change.Name, change => change.Value), Http.RequestAborted);
        Done = T["C’est enregistré"];
    }
}
