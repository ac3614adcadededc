using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>
/// A form that shows a secret once, sent twice: the browser throws away the first answer and shows the second, which must hold a secret
/// that works, of one thing and not of two. After a while it is somebody who reloads the page and may have copied the first secret: that
/// one stays.
/// </summary>
internal static class SecondClick
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Whether what was made then (Unix milliseconds) is too old for a second click.</summary>
    public static bool IsLate(long madeAt, long now) => now - madeAt > Longest.TotalMilliseconds;

    /// <summary>
    /// The identifier of what a form makes: the same at each click, and never that of what somebody else has, whatever is sent.
    /// </summary>
    /// <param name="person">Who sends the form.</param>
    /// <param name="request">Drawn with the form.</param>
    public static Guid IdOf(string person, Guid request) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{person} {request}")).AsSpan(0, 16));

    /// <summary>
    /// Makes something under an identifier drawn with the form; where another click made it at the same moment, looks once more.
    /// </summary>
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
