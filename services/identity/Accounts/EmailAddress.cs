using MimeKit;

namespace Fabrique.Identity;

internal static class EmailAddress
{
    /// <summary>In characters.</summary>
    public const int Longest = 200;

    /// <summary>Whether this is one plain address, without a name or a comment around it.</summary>
    public static bool IsOne(string text) =>
        text.Length <= Longest
        && MailboxAddress.TryParse(text, out var address)
        && address.Address == text
        && text.Contains('@', StringComparison.Ordinal)
        && !text.Any(char.IsControl);
}
