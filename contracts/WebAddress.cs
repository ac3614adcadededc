using System.Text.RegularExpressions;

namespace Fabrique;

/// <summary>Addresses of pages, as people type and copy them.</summary>
public static partial class WebAddress
{
    /// <summary>The address with its scheme: "www.loos-en-gohelle.fr" lacks one. What is no address stays as it is.</summary>
    public static string Complete(string typed) =>
        typed.StartsWith("//", StringComparison.Ordinal) ? $"https:{typed}"
        : WithoutScheme().IsMatch(typed) ? $"https://{typed}"
        : typed;

    /// <summary>Whether it leads to a page.</summary>
    public static bool IsPage(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && address is { Scheme: "https" or "http", Host.Length: > 0 }
        && !url.Any(char.IsWhiteSpace);

    /// <summary>Whether it tells who comes, and perhaps a password: it would be published.</summary>
    public static bool NamesSomebody(string url) => Uri.TryCreate(url, UriKind.Absolute, out var address) && address.UserInfo.Length > 0;

    [GeneratedRegex(@"\A(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}[\p{L}\p{N}-]+\.?(?::\d{1,5})?(?:[/?#]\S*)?\z")]
    private static partial Regex WithoutScheme();
}
