using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Fabrique.Tests;

/// <summary>What a person has beside the browser: mails, and an application that gives codes.</summary>
public static partial class Mailbox
{
    /// <summary>The link of the n-th mail to an address, once it is in the mailbox.</summary>
    public static async Task<string> LinkAsync(WholeNode node, string recipient, int number)
    {
        string? link = null;
        await WholeNode.EventuallyAsync(
            true,
            async () =>
            {
                var folder = Directory.CreateDirectory(Path.Combine(node.Data, "mailbox"));
                var mails = folder
                    .GetFiles("*.eml")
                    .OrderBy(file => file.Name, StringComparer.Ordinal)
                    .Select(file => File.ReadAllText(file.FullName))
                    .Where(mail => mail.Contains($"To: {recipient}", StringComparison.Ordinal))
                    .ToList();
                link =
                    mails.Count >= number
                        ? Link()
                            .Match(
                                mails[number - 1]
                                    .Replace("=\r\n", "", StringComparison.Ordinal)
                                    .Replace("=\n", "", StringComparison.Ordinal)
                            )
                            .Value
                        : null;
                await Task.CompletedTask;
                return link is { Length: > 0 };
            },
            TimeSpan.FromSeconds(20)
        );
        return link!;
    }

    /// <summary>The address of the page of mails, as it is printed for whoever starts the node.</summary>
    public static async Task<string> PageAsync(WholeNode node) =>
        $"/compte/boite?cle={await File.ReadAllTextAsync(Path.Combine(node.Data, "mailbox-key"))}";

    /// <summary>What an authenticator application shows now (RFC 6238).</summary>
    public static string OneTimeCode(string secret)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var bits = string.Concat(
            secret
                .Where(char.IsLetterOrDigit)
                .Select(letter =>
                    Convert.ToString(alphabet.IndexOf(char.ToUpperInvariant(letter), StringComparison.Ordinal), 2).PadLeft(5, '0')
                )
        );
        var key = bits.Chunk(8).Where(part => part.Length == 8).Select(part => Convert.ToByte(new string(part), 2)).ToArray();
        var step = BitConverter.GetBytes(IPAddress.HostToNetworkOrder(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 30));
#pragma warning disable CA5350 // The standard says SHA-1.
        var hash = HMACSHA1.HashData(key, step);
#pragma warning restore CA5350
        var offset = hash[^1] & 15;
        var number = IPAddress.NetworkToHostOrder(BitConverter.ToInt32(hash, offset)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"http://(127\.0\.0\.1|localhost):\d+(/en)?/compte/lien/[\w-]+")]
    private static partial Regex Link();
}
