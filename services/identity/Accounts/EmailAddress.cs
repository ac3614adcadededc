using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>
/// The one rule for addresses that mails go to: what is kept and compared is their normal form, in small letters, with a domain in ASCII
/// (RFC 5890), as mail servers and some browsers write it; people read and type it in letters.
/// </summary>
internal static class EmailAddress
{
    /// <summary>In characters.</summary>
    public const int Longest = 200;

    private const int LongestLocal = 64;
    private static readonly IdnMapping Names = new() { UseStd3AsciiRules = true };

    /// <summary>
    /// The normal form of one plain address, however its domain is written; null for anything else, or an address that not every mail
    /// server delivers to.
    /// </summary>
    /// <param name="typed">As typed: what surrounds it, or cannot be seen, does not count.</param>
    public static string? Read(string? typed) =>
        Parts(typed) is var (local, domain) && IsLocal(local) && domain is not null && local.Length + domain.Length < Longest
            ? $"{local}@{domain}".ToLowerInvariant()
            : null;

    /// <summary>Why <see cref="Read"/> does not take it, and what to do.</summary>
    public static string Problem(string? typed) =>
        HasAccent(typed)
            ? T["Avant le signe @, cette adresse a une lettre accentuée : beaucoup de serveurs de courrier ne la transmettent pas."]
            : T["Indiquez une adresse électronique, par exemple prenom.nom@mairie.fr."];

    /// <summary>
    /// Whether it would be an address if it had no letter outside ASCII before the at sign, which only servers with SMTPUTF8 (RFC 6531)
    /// pass on.
    /// </summary>
    public static bool HasAccent(string? typed) => Parts(typed) is var (local, domain) && domain is not null && !Ascii.IsValid(local);

    /// <summary>What addresses are compared by: those that reach the same mailbox have the same.</summary>
    public static string Key(string? address) =>
        Parts(address) is var (local, domain) && domain is not null
            ? $"{local}@{domain}".ToLowerInvariant()
            : (address ?? "").ToLowerInvariant();

    /// <summary>As people read it.</summary>
    public static string Show(string address)
    {
        var at = address.LastIndexOf('@');
        try
        {
            return address[..(at + 1)] + Names.GetUnicode(address[(at + 1)..]);
        }
        catch (ArgumentException)
        {
            return address;
        }
    }

    private static (string Local, string? Domain)? Parts(string? typed)
    {
        var text = string.Concat(Texts.WellFormed(typed ?? "").Where(letter => char.GetUnicodeCategory(letter) != UnicodeCategory.Format))
            .Trim()
            .Normalize();
        var at = text.LastIndexOf('@');
        return at < 0 ? null : (text[..at], Domain(text[(at + 1)..]));
    }

    /// <summary>Letters, digits and the signs that RFC 5321 allows without quotes.</summary>
    private static bool IsLocal(string local) =>
        local.Length is > 0 and <= LongestLocal
        && local.Split('.').All(part => part.Length > 0)
        && local.All(letter => char.IsAsciiLetterOrDigit(letter) || ".!#$%&'*+/=?^_`{|}~-".Contains(letter, StringComparison.Ordinal));

    /// <summary>In ASCII and small letters; null for what is no name of a domain of the Internet, which has a dot.</summary>
    private static string? Domain(string typed)
    {
        try
        {
            var domain = Names.GetAscii(Names.GetUnicode(typed.ToLowerInvariant())).ToLowerInvariant();
            var labels = domain.Split('.');
            return labels.Length > 1 && labels.All(label => label.Length > 0) && labels[^1].Length > 1 && !labels[^1].All(char.IsAsciiDigit)
                ? domain
                : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>Accounts are found by the normal form of their address.</summary>
internal sealed class AddressNormalizer : ILookupNormalizer
{
    public string? NormalizeEmail(string? email) => email is null ? null : EmailAddress.Key(email).ToUpperInvariant();

    public string? NormalizeName(string? name) => NormalizeEmail(name);
}
