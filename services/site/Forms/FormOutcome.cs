using Fabrique.Site.Lists;

namespace Fabrique.Site.Forms;

/// <summary>What became of the last press of a button of a form.</summary>
public enum FormOutcome
{
    None,
    Saved,
    Resumed,
    Refused,
    SavedNotPublished,
    Conflict,
    SessionEnded,
    NotAllowed,
    NotPossible,
    NotAMember,
    DiskFull,
    Unavailable,
}

public static class FormOutcomes
{
    /// <summary>Why a service did not do it, and the HTTP status that says so; the form receives what is refused.</summary>
    public static (FormOutcome Outcome, int Status) Stopped<T>(this MessageForm form, Answer<T> answer)
        where T : class
    {
        foreach (var (path, message) in answer.Violations)
        {
            form.Refuse(path, message);
        }

        return answer.Error!.StatusCode switch
        {
            Grpc.Core.StatusCode.InvalidArgument => (FormOutcome.Refused, StatusCodes.Status422UnprocessableEntity),
            Grpc.Core.StatusCode.Unauthenticated => (FormOutcome.SessionEnded, answer.StatusCode),
            Grpc.Core.StatusCode.PermissionDenied => (FormOutcome.NotAllowed, answer.StatusCode),
            _ when answer.IsForMembers => (FormOutcome.NotAMember, answer.StatusCode),
            Grpc.Core.StatusCode.NotFound
            or Grpc.Core.StatusCode.FailedPrecondition
            or Grpc.Core.StatusCode.Aborted
            or Grpc.Core.StatusCode.AlreadyExists => (FormOutcome.NotPossible, answer.StatusCode),
            _ when answer.IsFull => (FormOutcome.DiskFull, answer.StatusCode),
            _ => (FormOutcome.Unavailable, answer.StatusCode),
        };
    }
}
