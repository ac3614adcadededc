using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.Cose;
using Fabrique.Records.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>
/// Who may sign what: the public keys of the nodes this one trusts, and which node is the home of a territory's records in an area.
/// Read once at start, then kept in step with the tables of the service.
/// </summary>
public sealed class Registry(NodeKey own)
{
    private readonly ConcurrentDictionary<string, TrustedKey> _keys = new() { [$"{own.Node}/{own.KeyId}"] = new TrustedKey(own.OpenPublicKey(), null) };
    private readonly ConcurrentDictionary<(string Territory, string Area), string> _homes = new();

    /// <summary>This node.</summary>
    public string Node => own.Node;

    /// <summary>The home of everything that no entry gives to another node: the hub. A node alone is its own hub.</summary>
    public string Hub { get; init; } = own.Node;

    public string HomeOf(string territory, string area) => _homes.GetValueOrDefault((territory, area), Hub);

    /// <summary>What a reader needs to know about a record, seen from this node.</summary>
    public RecordInfo Info(Record record) => new()
    {
        Version = record.Version,
        ChangedAt = record.ChangedAt,
        Change = record.Change,
        Visibility = record.Visibility,
        Home = record.Home,
        Replica = record.Home != Node,
    };

    /// <summary>Whether the message is signed by the named key, and the key is trusted.</summary>
    internal bool Verify(string signer, CoseSign1Message message)
    {
        if (!_keys.TryGetValue(signer, out var key))
        {
            throw new EnvelopeException(QuarantineReason.UnknownKey);
        }
        if (key.RevokedAt is not null)
        {
            throw new EnvelopeException(QuarantineReason.RevokedKey);
        }
        try
        {
            lock (key.Key)
            {
                return message.VerifyEmbedded(key.Key);
            }
        }
        catch (CryptographicException)
        {
            // Another algorithm than this key's, or critical headers that nobody here understands.
            return false;
        }
    }

    internal async Task LoadAsync(RecordsDb db, CancellationToken cancellation)
    {
        await foreach (var key in db.NodeKeys.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellation))
        {
            Add(key);
        }
        await foreach (var home in db.Homes.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellation))
        {
            _homes[(home.Territory, home.Area)] = home.Node;
        }
    }

    internal void Add(NodeKeyRow row)
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(row.PublicKey, out _);
        _keys[$"{row.Node}/{row.KeyId}"] = new TrustedKey(key, row.RevokedAt);
    }

    internal void Add(HomeRow row) => _homes[(row.Territory, row.Area)] = row.Node;

    private sealed record TrustedKey(ECDsa Key, DateTime? RevokedAt);
}
