using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace Fabrique;

/// <summary>Pages of a list. A token is opaque, and only good for the request that it continues.</summary>
public static class Paging
{
    public const int DefaultSize = 20;
    public const int MaxSize = 100;

    /// <summary>The size asked for: 1 to 100, 0 meaning 20.</summary>
    public static int Size(int asked) =>
        asked switch
        {
            0 => DefaultSize,
            > 0 and <= MaxSize => asked,
            _ => throw Refusal.Invalid("pageSize", $"Demandez de 1 à {MaxSize} éléments par page."),
        };

    /// <summary>The token that continues a request after the given position.</summary>
    /// <param name="filter">The request without its page size and token.</param>
    /// <param name="position">Where the page ended.</param>
    public static string Token<T>(IMessage filter, T position) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new Continuation<T>(Fingerprint(filter), position)));

    /// <summary>The position of a token; null for the first page.</summary>
    public static T? Position<T>(IMessage filter, string token)
        where T : class
    {
        if (token.Length == 0)
        {
            return null;
        }
        try
        {
            var continuation = JsonSerializer.Deserialize<Continuation<T>>(Base64Url.DecodeFromChars(token));
            if (continuation?.Filter == Fingerprint(filter))
            {
                return continuation.Position;
            }
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            // Not one of ours: refused below.
        }
        throw Refusal.Invalid("pageToken", $"Ce jeton de page ne correspond pas à cette recherche : reprenez-la depuis la première page.");
    }

    private static string Fingerprint(IMessage filter) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(filter.Descriptor.FullName + filter.ToByteString().ToBase64())).AsSpan(0, 6)
        );

    private sealed record Continuation<T>(string Filter, T Position);
}
