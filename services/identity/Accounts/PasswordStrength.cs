using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>
/// Refuses what is short, and what an attacker tries first: common passwords, French words and names of communes, keyboard rows, years, and
/// what the account itself tells.
/// </summary>
internal sealed class PasswordStrength(RightsKeeper rights, Places places) : IPasswordValidator<Person>
{
    /// <summary>In characters (ANSSI and NIST both ask for length rather than for kinds of characters).</summary>
    public const int Shortest = 12;

    /// <summary>In characters: what comes after makes no weak password of a strong one.</summary>
    private const int Longest = 100;

    /// <summary>Of zxcvbn: more than ten thousand million guesses, so that two words and a year are too few.</summary>
    private const int Safe = 4;

    public async Task<IdentityResult> ValidateAsync(UserManager<Person> manager, Person user, string? password) =>
        string.IsNullOrEmpty(password)
        || password.Length < Shortest
        || Zxcvbn.Zxcvbn.MatchPassword(FrenchWords.Fold(password[..Math.Min(password.Length, Longest)]), await TriedAsync(user)).Score
            < Safe
            ? IdentityResult.Failed(new IdentityError { Code = nameof(PasswordStrength) })
            : IdentityResult.Success;

    /// <summary>What is tried first, the likeliest first.</summary>
    private async Task<IEnumerable<string>> TriedAsync(Person user)
    {
        var territories = new List<string>();
        foreach (var row in await rights.GrantsAsync(user.Id))
        {
            territories.Add((await places.FindAsync(row.Scope, CancellationToken.None)).Name);
        }
        return territories
            .Prepend(user.Name)
            .Prepend(user.Email ?? "")
            .SelectMany(FrenchWords.Forms)
            .Concat(FrenchWords.OfTownHalls)
            .Concat(FrenchWords.All)
            .Where(word => word.Length > 2)
            .Distinct();
    }
}
