using System.Security.Cryptography;
using System.Text.Json;

namespace Fabrique.Records;

/// <summary>
/// The signing key of a node (ECDSA P-256) and the node's name in the network. Made at the first start, kept in <c>node.json</c> of the
/// data folder with owner-only permissions, shared by every process of the node. Whoever has this file is the node.
/// </summary>
public sealed class NodeKey : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _signing = new();
    private readonly ECDsa _key;

    private NodeKey(string node, ECDsa key)
    {
        Node = node;
        _key = key;
        KeyId = Thumbprint(key);
    }

    /// <summary>Identifier of the node: "n" and 16 hexadecimal digits, drawn once; it outlives the key.</summary>
    public string Node { get; }

    /// <summary>First 16 hexadecimal digits of the SHA-256 of the public key (SubjectPublicKeyInfo).</summary>
    public string KeyId { get; }

    /// <summary>Opens the key of the data folder, or makes it. Safe when several processes start together: one key wins.</summary>
    public static NodeKey OpenOrCreate(string dataFolder)
    {
        var path = Path.Combine(Directory.CreateDirectory(dataFolder).FullName, "node.json");
        if (!File.Exists(path))
        {
            using var turn = TakeTurn(Path.Combine(dataFolder, "node.lock"));
            if (!File.Exists(path))
            {
                Create(path);
            }
        }
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
        {
            throw new InvalidOperationException($"{path} can be read by others than its owner: chmod 600 it, and think of renewing the key.");
        }
        var file = JsonSerializer.Deserialize<KeyFile>(File.ReadAllText(path))
            ?? throw new InvalidOperationException($"{path} holds no node key.");
        var key = ECDsa.Create();
        key.ImportFromPem(file.PrivateKey);
        return new NodeKey(file.Node, key);
    }

    /// <summary>A key that is written nowhere: tests, and peers in tests.</summary>
    public static NodeKey Ephemeral() => new(NewName(), ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>The public key, as SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey() => _key.ExportSubjectPublicKeyInfo();

    /// <summary>The public half, in an instance of its own: one is not for concurrent use.</summary>
    internal ECDsa OpenPublicKey()
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(PublicKey(), out _);
        return key;
    }

    /// <summary>Runs a signature; the key is not for concurrent use.</summary>
    internal T Sign<T>(Func<ECDsa, T> sign)
    {
        lock (_signing)
        {
            return sign(_key);
        }
    }

    internal static string Thumbprint(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));

    public void Dispose() => _key.Dispose();

    private static void Create(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        var draft = $"{path}.{RandomNumberGenerator.GetHexString(8)}";
        using (var stream = new FileStream(draft, options))
        {
            JsonSerializer.Serialize(stream, new KeyFile(NewName(), key.ExportPkcs8PrivateKeyPem()));
            stream.Flush(flushToDisk: true);
        }
        File.Move(draft, path);
    }

    /// <summary>Until it is disposed of, no other process makes the key: to look and then to move is not one step.</summary>
    private static FileStream TakeTurn(string path)
    {
        var waiting = new SpinWait();
        for (var tries = 0; ; tries++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (tries < 10_000 && File.Exists(path))
            {
                // Its turn lasts as long as writing one small file; beyond some seconds something else is wrong.
                waiting.SpinOnce();
            }
        }
    }

    private static string NewName() => $"n{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    private sealed record KeyFile(string Node, string PrivateKey);
}
