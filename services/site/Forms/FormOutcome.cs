using Fabrique.Site.Lists;

namespace Fabrique.Site.Forms;

/// <summary>What became of the last press of a button of a form.</summary>
public enum FormOutcome
{
    None,
    Saved,
    Resumed,

    /// <summary>Fields are wrong; each has its own sentence.</summary>
    Refused,
    SavedNotPublished,

    /// <summary>Somebody wrote another version in the meantime, and the page shows both.</summary>
    Conflict,

    /// <summary>Somebody wrote another version in the meantime.</summary>
    Stale,
    SessionEnded,
    NotAllowed,

    /// <summary>What there is does not allow it (any more).</summary>
    NotPossible,

    /// <summary>The territory is no active member.</summary>
    NotAMember,

    /// <summary>Too much for one day.</summary>
    TooMuch,
    DiskFull,
    Unavailable,
}

public static class FormOutcomes
{
    /// <summary>What an answer without a value makes of a form.</summary>
    public static FormOutcome Outcome<TValue>(this Answer<TValue> answer)
        where TValue : class =>
        answer.Error!.StatusCode switch
        {
            Grpc.Core.StatusCode.InvalidArgument => FormOutcome.Refused,
            Grpc.Core.StatusCode.Unauthenticated => FormOutcome.SessionEnded,
            Grpc.Core.StatusCode.PermissionDenied => FormOutcome.NotAllowed,
            _ when answer.IsForMembers => FormOutcome.NotAMember,
            _ when answer.IsStale => FormOutcome.Stale,
            _ when answer.IsFull => FormOutcome.DiskFull,
            Grpc.Core.StatusCode.NotFound
            or Grpc.Core.StatusCode.FailedPrecondition
            or Grpc.Core.StatusCode.Aborted
            or Grpc.Core.StatusCode.AlreadyExists => FormOutcome.NotPossible,
            Grpc.Core.StatusCode.ResourceExhausted => FormOutcome.TooMuch,
            _ => FormOutcome.Unavailable,
        };

    /// <summary>The HTTP status of a page that comes back with a form.</summary>
    public static int FormStatus<TValue>(this Answer<TValue> answer)
        where TValue : class =>
        answer.Outcome() switch
        {
            FormOutcome.Refused => StatusCodes.Status422UnprocessableEntity,
            FormOutcome.TooMuch => StatusCodes.Status429TooManyRequests,
            // Not 404: the page is there, with all that was typed, and would be replaced by that of what is not found.
            FormOutcome.NotPossible => StatusCodes.Status409Conflict,
            _ => answer.StatusCode,
        };

    /// <summary>
    /// Why nothing was done and what to do now, in the language of the page; the service's own sentence where it gave one.
    /// </summary>
    public static string WhyNot<TValue>(this Answer<TValue> answer)
        where TValue : class =>
        answer.Outcome() switch
        {
            FormOutcome.SessionEnded => T["Votre session n’est plus valable : connectez-vous de nouveau."],
            FormOutcome.NotAllowed => T["Vos droits ne permettent pas de le faire."],
            FormOutcome.Stale => T["Quelqu’un a modifié ceci entre-temps. Rechargez la page, puis recommencez."],
            FormOutcome.DiskFull => T[
                "Le disque du serveur est plein : rien n’a été enregistré. Prévenez la personne qui s’occupe de ce site."
            ],
            _ when answer.IsRefusal => answer.Error!.Status.Detail,
            FormOutcome.Unavailable => T["Le service est momentanément indisponible. Recommencez dans un instant."],
            FormOutcome.NotPossible => T["Ce n’est plus possible : quelque chose a changé entre-temps. Rechargez la page."],
            _ => answer.Error!.Status.Detail,
        };

    /// <summary>Why a service did not do it, and the HTTP status that says so; the form receives what is refused.</summary>
    public static (FormOutcome Outcome, int Status) Stopped<TValue>(this MessageForm form, Answer<TValue> answer)
        where TValue : class
    {
        foreach (var (path, message) in answer.Violations)
        {
            form.Refuse(path, message);
        }

        return (answer.Outcome(), answer.FormStatus());
    }
}
