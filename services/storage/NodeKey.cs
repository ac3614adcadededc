using System.Security.Cryptography;
using System.Text.Json;

namespace Fabrique.Storage;

/// <summary>
/// The signing key of a node (ECDSA P-256) and the node's name in the network. Made at the first start, kept in <c>node.json</c> of the
/// data folder with owner-only permissions, shared by every process of the node. Whoever has this file is the node.
/// </summary>
public sealed class NodeKey : IDisposable
{
    private readonly Lock _signing = new();
    private readonly ECDsa _key;
    private readonly byte[] _macKey;

    private NodeKey(string node, ECDsa key)
    {
        Node = node;
        _key = key;
        KeyId = Thumbprint(key);
        // From the private half: who can make such a code could sign as well.
        _macKey = HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            key.ExportParameters(includePrivateParameters: true).D!,
            outputLength: 32,
            info: "fabrique/envelope"u8.ToArray()
        );
    }

    /// <summary>Identifier of the node: "n" and 16 hexadecimal digits, drawn once; it outlives the key.</summary>
    public string Node { get; }

    /// <summary>First 16 hexadecimal digits of the SHA-256 of the public key (SubjectPublicKeyInfo).</summary>
    public string KeyId { get; }

    /// <summary>Opens the key of the data folder, or makes it. Safe when several processes start together: one key wins.</summary>
    /// <exception cref="InvalidOperationException">The file is there, and holds no key.</exception>
    public static NodeKey OpenOrCreate(string dataFolder)
    {
        var path = Path.Combine(Directory.CreateDirectory(dataFolder).FullName, "node.json");
        var content = OwnerFile.ReadOrCreate(path, Make);
        var key = ECDsa.Create();
        try
        {
            var file = JsonSerializer.Deserialize<KeyFile>(content);
            key.ImportFromPem(file?.PrivateKey ?? "");
            return file is { Node.Length: > 0 } ? new NodeKey(file.Node, key) : throw new JsonException();
        }
        catch (Exception error) when (error is JsonException or ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new InvalidOperationException(
                $"{path} {(content.Length == 0 ? "is empty" : "holds no key of a node")}: put back the copy of it that was kept; with another key this node would be somebody else",
                error
            );
        }
    }

    /// <summary>A key that is written nowhere: tests, and peers in tests.</summary>
    public static NodeKey Ephemeral() => new(NewName(), ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>The public key, as SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey() => _key.ExportSubjectPublicKeyInfo();

    /// <summary>The public half, in an instance of its own: one is not for concurrent use.</summary>
    public ECDsa OpenPublicKey()
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(PublicKey(), out _);
        return key;
    }

    /// <summary>Runs a signature; the key is not for concurrent use.</summary>
    public T Sign<T>(Func<ECDsa, T> sign)
    {
        lock (_signing)
        {
            return sign(_key);
        }
    }

    /// <summary>
    /// The node's authentication code (HMAC-SHA256, 32 bytes) for an envelope whose signature one of its processes made or verified: the
    /// others need not verify it again. Nobody else can make or check it, and it ends with the key.
    /// </summary>
    public byte[] Mac(ReadOnlySpan<byte> envelope) => HMACSHA256.HashData(_macKey, envelope);

    /// <summary>Whether the code is this node's, for exactly these bytes.</summary>
    public bool IsMac(ReadOnlySpan<byte> mac, ReadOnlySpan<byte> envelope) =>
        mac.Length > 0 && CryptographicOperations.FixedTimeEquals(Mac(envelope), mac);

    public static string Thumbprint(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));

    public void Dispose() => _key.Dispose();

    private static string Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return JsonSerializer.Serialize(new KeyFile(NewName(), key.ExportPkcs8PrivateKeyPem()));
    }

    private static string NewName() => $"n{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    private sealed record KeyFile(string Node, string PrivateKey);
}
