using Fabrique.Territories.V1;

namespace Fabrique.Portal.Territories;

/// <summary>
/// Saves one step of what a territory tells of itself. Two people who write different steps never meet; two who write the same one are
/// shown each other's text. Pressing twice, or again after an answer that never came, finds its own text already saved.
/// </summary>
/// <param name="territories">Who keeps the profiles.</param>
/// <param name="form">What was typed; receives what is refused.</param>
/// <param name="step">The step.</param>
internal sealed class ProfileSaving(TerritoryService.TerritoryServiceClient territories, MessageForm form, ProfileStep step)
{
    private const int Tries = 3;

    /// <summary>After a conflict, the step as somebody else left it, and its mark.</summary>
    public Territory? Other { get; private set; }

    /// <summary>Why it stopped, and the HTTP status that says so.</summary>
    public (FormOutcome Outcome, int Status) Stopped { get; private set; }

    /// <summary>Whether the step is stored as it was typed.</summary>
    /// <param name="code">Of the territory.</param>
    /// <param name="typed">What was read from the form.</param>
    /// <param name="mark">Of the step as it was when the page was made.</param>
    public async Task<bool> SaveAsync(string code, Profile typed, string mark)
    {
        for (var attempt = 1; ; attempt++)
        {
            var found = await territories.GetTerritoryAsync(new() { Id = code }).Answer();
            if (found.Value is not { Territory: var territory })
            {
                Stopped = form.Stopped(found);
                return false;
            }

            var (stored, told) = (territory.Profile ?? new Profile(), typed.Clone());
            var whole = Merge(form, step, stored, told);
            if (step.Of(whole).Equals(step.Of(stored)) && territory.Profile is not null)
            {
                return true;
            }

            if (step.Mark(stored) != mark)
            {
                Other = territory;
                Stopped = (FormOutcome.Conflict, StatusCodes.Status409Conflict);
                return false;
            }

            var answer = await territories
                .UpdateProfileAsync(
                    new()
                    {
                        Id = code,
                        Profile = whole,
                        Version = territory.Record?.Version ?? 0,
                    }
                )
                .Answer();
            if (answer.Value is not null)
            {
                return true;
            }

            // Somebody saved in this very moment, perhaps another step.
            if (!answer.IsStale || attempt == Tries)
            {
                Stopped = form.Stopped(answer);
                return false;
            }
        }
    }

    /// <summary>The whole profile with what was typed in a step, the sources added beside its facts included.</summary>
    public static Profile Merge(MessageForm form, ProfileStep step, Profile stored, Profile typed)
    {
        var profile = stored.Clone();
        ProfileSources.Add(form, typed, profile);
        return step.Put(profile, typed);
    }
}
