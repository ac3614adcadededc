using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>Refuses what is short, and what an attacker tries first: common passwords, names, keyboard rows, and what the account itself tells.</summary>
internal sealed class PasswordStrength : IPasswordValidator<Person>
{
    /// <summary>In characters (ANSSI and NIST both ask for length rather than for kinds of characters).</summary>
    public const int Shortest = 12;

    public Task<IdentityResult> ValidateAsync(UserManager<Person> manager, Person user, string? password)
    {
        var told = new[] { user.Email ?? "", user.Email?.Split('@')[0] ?? "", user.Name, "fabrique", "transition" };
        var weak =
            string.IsNullOrEmpty(password)
            || password.Length < Shortest
            || Zxcvbn.Zxcvbn.MatchPassword(password[..Math.Min(password.Length, 100)], told).Score < 3;
        return Task.FromResult(
            weak ? IdentityResult.Failed(new IdentityError { Code = nameof(PasswordStrength) }) : IdentityResult.Success
        );
    }
}
