using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Fabrique;

/// <summary>
/// What programs prove themselves with: a prefix by which scanners of secrets know it, 256 random bits, and four bytes of checksum, by
/// which what was mistyped or made up is told from the rest without asking anybody.
/// </summary>
public static class ProgramSecret
{
    /// <summary>Of the token with which a program acts for a person.</summary>
    public const string Personal = "fab_";

    /// <summary>Of the secret of a program of the node.</summary>
    public const string Own = "fabs_";

    private const int Random = 64;
    private const int Checksum = 8;

    public static string New(string prefix)
    {
        var secret = RandomNumberGenerator.GetHexString(Random, lowercase: true);
        return $"{prefix}{secret}{Check(secret)}";
    }

    /// <summary>Whether this may be one with that prefix.</summary>
    public static bool IsWellFormed(string text, string prefix) =>
        text.Length == prefix.Length + Random + Checksum
        && text.StartsWith(prefix, StringComparison.Ordinal)
        && Check(text.Substring(prefix.Length, Random)) == text[(prefix.Length + Random)..];

    /// <summary>
    /// What is kept of it. Nobody guesses 256 random bits, however quickly they are tried: a slow hash, which is for what people think up,
    /// would only slow the node.
    /// </summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>The personal token that a request bears, or says to; null without one.</summary>
    public static string? PersonalOf(HttpRequest request) =>
        AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
        && header is { Scheme: { } scheme, Parameter: { } token }
        && scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
        && token.StartsWith(Personal, StringComparison.Ordinal)
            ? token
            : null;

    private static string Check(string secret) => Hash(secret)[..Checksum];
}
