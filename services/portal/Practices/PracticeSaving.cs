using Fabrique.Practices.V1;

namespace Fabrique.Portal.Practices;

/// <summary>
/// Saves what was typed, and publishes it when asked. Pressing twice, or again after an answer that never came, finds its own text
/// already saved and goes on.
/// </summary>
/// <param name="practices">The catalogue.</param>
/// <param name="form">What was typed; receives what is refused.</param>
/// <param name="request">Identifier of the form that was shown, so that it writes one draft.</param>
internal sealed class PracticeSaving(PracticeService.PracticeServiceClient practices, MessageForm form, string request)
{
    /// <summary>The practice that is written; null until its first draft is stored.</summary>
    public string? Id { get; set; }

    /// <summary>The version that the text was made from; after a conflict, the one that is stored.</summary>
    public long Version { get; set; }

    /// <summary>After a conflict, the practice as somebody else left it.</summary>
    public Practice? Other { get; private set; }

    /// <summary>Why it stopped, and the HTTP status that says so.</summary>
    public (FormOutcome Outcome, int Status) Stopped { get; private set; }

    /// <summary>The practice as stored, or null when it stopped.</summary>
    public async Task<Practice?> SaveAsync(Practice typed, bool publish)
    {
        var saved = Id is null ? await CreateAsync(typed) : await ReviseAsync(typed);
        if (saved is null || !publish || saved.Status == PracticeStatus.Published)
        {
            return saved;
        }

        var answer = await practices.PublishPracticeAsync(new() { Id = saved.Id, Version = Version }).Answer();
        if (answer.Value is null)
        {
            Stop(answer);
            Stopped = Stopped.Outcome == FormOutcome.Refused ? Stopped with { Outcome = FormOutcome.SavedNotPublished } : Stopped;
        }

        return answer.Value?.Practice;
    }

    private async Task<Practice?> CreateAsync(Practice typed)
    {
        var answer = await practices.CreatePracticeAsync(new() { Practice = typed, RequestId = request }).Answer();
        if (answer.Value is not { Practice: var created })
        {
            Stop(answer);
            return null;
        }

        (Id, Version) = (created.Id, created.Record?.Version ?? 0);

        // An earlier press had been stored although its answer never came: what was typed since goes on top of it.
        return IsSaidBy(created) ? created : await ReviseAsync(typed);
    }

    private async Task<Practice?> ReviseAsync(Practice typed)
    {
        var answer = await practices
            .RevisePracticeAsync(
                new()
                {
                    Id = Id,
                    Practice = typed,
                    Version = Version,
                }
            )
            .Answer();
        if (answer.Value is { Practice: var revised })
        {
            Version = revised.Record?.Version ?? Version;
            return revised;
        }

        if (!answer.IsStale || (await practices.GetPracticeAsync(new() { Id = Id }).Answer()).Value is not { Practice: var current })
        {
            Stop(answer);
            return null;
        }

        Version = current.Record?.Version ?? 0;
        if (IsSaidBy(current))
        {
            return current;
        }

        Other = current;
        Stopped = (FormOutcome.Conflict, StatusCodes.Status409Conflict);
        return null;
    }

    // The service fills these two when they are left empty.
    private bool IsSaidBy(Practice stored) => form.IsSaidBy(stored, "language", "reviewDueOn");

    private void Stop<T>(Answer<T> answer)
        where T : class => Stopped = form.Stopped(answer);
}
