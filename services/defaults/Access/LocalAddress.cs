namespace Fabrique;

/// <summary>
/// Addresses that came with a request and are followed later: only those of this site, so that no forged link leads elsewhere.
/// </summary>
public static class LocalAddress
{
    /// <summary>Characters; the address of a sign-in under way, with all it carries, is half as long.</summary>
    public const int MaxLength = 4_000;

    /// <summary>The address itself when it is a path of this site; null for all others, what is too long or not ASCII included.</summary>
    public static string? Of(string? address) =>
        address is { Length: > 0 and <= MaxLength }
        && address[0] == '/'
        && (address.Length == 1 || address[1] is not ('/' or '\\'))
        && address.All(letter => char.IsAscii(letter) && !char.IsControl(letter))
            ? address
            : null;
}
