using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.Cose;
using Fabrique.Records.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>
/// Who may sign what: the public keys of the nodes this one trusts, and which node is the home of a territory's records in an area.
/// A copy of the tables of the service, read again when another process has changed them.
/// </summary>
public sealed class Registry(NodeKey own)
{
    private volatile Copy _copy = new(0, [], []);
    private readonly TrustedKey _own = new(own.PublicKey(), null);

    /// <summary>This node.</summary>
    public string Node => own.Node;

    /// <summary>The home of everything that no entry gives to another node: the hub. A node alone is its own hub.</summary>
    public string Hub { get; init; } = own.Node;

    /// <summary>Which state of the tables this is a copy of.</summary>
    internal long Version => _copy.Version;

    public string HomeOf(string territory, string area) => _copy.Homes.GetValueOrDefault((territory, area), Hub);

    /// <summary>Whether this node writes the territory's records of the area.</summary>
    public bool IsHome(string territory, string area) => HomeOf(territory, area) == Node;

    /// <summary>Refuses to write for a territory whose home is another node.</summary>
    internal void DemandHome(string territory, string area)
    {
        if (!IsHome(territory, area))
        {
            throw new Refusal(
                StatusCode.FailedPrecondition,
                "NOT_HOME",
                $"Ce territoire tient cette pièce chez lui : modifiez-la sur son propre site."
            );
        }
    }

    /// <summary>What a reader needs to know about a record, seen from this node.</summary>
    public RecordInfo Info(Record record) =>
        new()
        {
            Version = record.Version,
            ChangedAt = record.ChangedAt,
            Change = record.Change,
            Visibility = record.Visibility,
            Home = record.Home,
            Replica = record.Home != Node,
        };

    /// <summary>Whether the message is signed by the named key, and the key is trusted.</summary>
    /// <param name="signer">The key it names.</param>
    /// <param name="isVerified">A process of this node has verified the signature: what is left is whether the key is trusted
    /// still.</param>
    internal bool Verify(string signer, CoseSign1Message message, bool isVerified = false)
    {
        var key =
            signer == $"{own.Node}/{own.KeyId}"
                ? _own
                : _copy.Keys.GetValueOrDefault(signer) ?? throw new EnvelopeException(QuarantineReason.UnknownKey);
        return key.RevokedAt is null ? isVerified || key.Verify(message) : throw new EnvelopeException(QuarantineReason.RevokedKey);
    }

    internal async Task LoadAsync(RecordsDb db, CancellationToken cancellation)
    {
        // The version first: a change between the reads is then noticed at the next transaction.
        var version = await db.Store.Select(store => store.Registry).SingleAsync(cancellation);
        var keys = await db
            .NodeKeys.AsNoTracking()
            .ToDictionaryAsync(row => $"{row.Node}/{row.KeyId}", row => new TrustedKey(row.PublicKey, row.RevokedAt), cancellation);
        var homes = await db.Homes.AsNoTracking().ToDictionaryAsync(row => (row.Territory, row.Area), row => row.Node, cancellation);
        _copy = new Copy(version, keys, homes);
    }

    private sealed record Copy(
        long Version,
        Dictionary<string, TrustedKey> Keys,
        Dictionary<(string Territory, string Area), string> Homes
    );

    private sealed record TrustedKey(byte[] PublicKey, DateTime? RevokedAt)
    {
        // An instance is not for concurrent use.
        private readonly ConcurrentBag<ECDsa> _free = [];

        public bool Verify(CoseSign1Message message)
        {
            if (!_free.TryTake(out var key))
            {
                key = ECDsa.Create();
                key.ImportSubjectPublicKeyInfo(PublicKey, out _);
            }
            try
            {
                return message.VerifyEmbedded(key);
            }
            catch (CryptographicException)
            {
                // Another algorithm than this key's, or critical headers that nobody here understands.
                return false;
            }
            finally
            {
                _free.Add(key);
            }
        }
    }
}
