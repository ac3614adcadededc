using Microsoft.AspNetCore.Components;

namespace Fabrique.Identity;

/// <summary>A page for the stewards of the node alone, in a session with a second factor.</summary>
public abstract class StewardPage : ComponentBase
{
    [CascadingParameter]
    public required HttpContext Http { get; set; }

    [Inject]
    internal IdentityDb Db { get; set; } = null!;

    [Inject]
    internal RightsKeeper Rights { get; set; } = null!;

    [Inject]
    internal NodeDesk Desk { get; set; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; set; }

    /// <summary>Who looks after the node and asks; null for anybody else.</summary>
    protected string? Steward { get; private set; }

    /// <summary>Whether somebody else asks, who is told so.</summary>
    protected bool IsDenied { get; private set; }

    /// <summary>Where this page is, to come back to after a sign-in.</summary>
    protected abstract string Address { get; }

    protected sealed override async Task OnInitializedAsync()
    {
        if (await Entry.SessionAsync(Db, Http.User) is not { } session)
        {
            Navigation.NavigateTo(Pages.With(Pages.SignIn, To(Address)));
        }
        else if (await Rights.IsStewardAsync(session))
        {
            Steward = session.Person;
            await ReadAsync();
        }
        else
        {
            IsDenied = true;
        }
    }

    /// <summary>Reads what the page shows.</summary>
    protected abstract Task ReadAsync();
}
