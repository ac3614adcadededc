using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// A form that shows a secret once, sent twice: the browser throws away the first answer and shows the second, which must hold a secret that works, of one thing and
/// not of two. After a while it is somebody who reloads the page and may have copied the first secret: that one stays.
/// </summary>
internal static class SecondClick
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Whether what was made then (Unix milliseconds) is too old for a second click.</summary>
    public static bool IsLate(long madeAt, long now) => now - madeAt > Longest.TotalMilliseconds;

    /// <summary>Makes something under an identifier drawn with the form; where another click made it at the same moment, looks once more.</summary>
    public static async Task<T> OnceAsync<T>(IdentityDb db, Func<Task<T>> make)
    {
        try
        {
            return await make();
        }
        catch (DbUpdateException)
        {
            db.ChangeTracker.Clear();
            return await make();
        }
    }
}
