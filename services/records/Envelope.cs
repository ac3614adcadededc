using System.Security.Cryptography;
using System.Security.Cryptography.Cose;
using System.Text;
using Fabrique.Records.V1;
using Google.Protobuf;

namespace Fabrique.Records;

/// <summary>A record in its signed form: COSE_Sign1 (RFC 9052) with ES256; the key identifier is "node/key".</summary>
public static class Envelope
{
    /// <summary>
    /// The largest envelope a node accepts, in bytes: as base64 in a CloudEvent it must pass the 1 MiB that a service accepts.
    /// </summary>
    public const int MaxSize = 512 << 10;

    /// <summary>Signs a record with the node's key.</summary>
    public static byte[] Seal(Record record, NodeKey key) =>
        key.Sign(ecdsa =>
            CoseSign1Message.SignEmbedded(
                record.ToByteArray(),
                new CoseSigner(
                    ecdsa,
                    HashAlgorithmName.SHA256,
                    protectedHeaders: new CoseHeaderMap
                    {
                        [CoseHeaderLabel.KeyIdentifier] = CoseHeaderValue.FromBytes(Encoding.ASCII.GetBytes($"{key.Node}/{key.KeyId}")),
                    }
                )
            )
        );

    /// <summary>Reads an envelope of this service's own database, which was verified when it came in.</summary>
    internal static Record Read(byte[] envelope) => Record.Parser.ParseFrom(CoseMessage.DecodeSign1(envelope).Content!.Value.Span);

    /// <summary>Verifies and reads an envelope.</summary>
    /// <param name="envelope">Its bytes.</param>
    /// <param name="registry">Who may sign.</param>
    /// <param name="isVerified">A process of this node has verified the signature: see <see cref="NodeKey.Mac"/>.</param>
    /// <exception cref="EnvelopeException">The envelope is not one, or is not signed by the home it names.</exception>
    public static Record Open(ReadOnlyMemory<byte> envelope, Registry registry, bool isVerified = false)
    {
        if (envelope.Length > MaxSize)
        {
            throw new EnvelopeException(QuarantineReason.Oversized);
        }
        var (message, signer) = Decode(envelope);
        if (!registry.Verify(signer, message, isVerified))
        {
            throw new EnvelopeException(QuarantineReason.BadSignature);
        }
        var record = Parse(message.Content!.Value);
        if (!IsWellFormed(record))
        {
            throw new EnvelopeException(QuarantineReason.MalformedRecord);
        }
        return record.Home == signer.Split('/')[0] ? record : throw new EnvelopeException(QuarantineReason.WrongHome);
    }

    /// <summary>What an envelope says of itself, as far as it can be read; nothing of it is verified.</summary>
    internal static (Record? Record, string Signer) Look(ReadOnlyMemory<byte> envelope)
    {
        var signer = "";
        try
        {
            (var message, signer) = Decode(envelope);
            return (Parse(message.Content!.Value), signer);
        }
        catch (EnvelopeException)
        {
            return (null, signer);
        }
    }

    private static bool IsWellFormed(Record record) =>
        IsName(record.Kind, 1, 128)
        && IsName(record.Id, 1, 64)
        && IsName(record.Territory, 0, 64)
        && IsName(record.Change, 0, 64)
        && record.Version >= 1
        && record.ChangedAt is not null
        && record.Visibility != Visibility.Unspecified
        && Enum.IsDefined(record.Visibility);

    // A database may take no text with control characters, and no reader expects them.
    private static bool IsName(string text, int least, int most) =>
        text.Length >= least && text.Length <= most && !text.Any(char.IsControl);

    private static (CoseSign1Message Message, string Signer) Decode(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            var message = CoseMessage.DecodeSign1(envelope.Span);
            if (message.Content is not null && message.ProtectedHeaders.TryGetValue(CoseHeaderLabel.KeyIdentifier, out var key))
            {
                return (message, Encoding.ASCII.GetString(key.GetValueAsBytes()));
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The decoder has many ways to fail on a stranger's bytes; whichever it is, they are at fault.
        }
        throw new EnvelopeException(QuarantineReason.MalformedEnvelope);
    }

    private static Record Parse(ReadOnlyMemory<byte> content)
    {
        try
        {
            return Record.Parser.ParseFrom(content.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new EnvelopeException(QuarantineReason.MalformedRecord);
        }
    }
}

/// <summary>Why an envelope was put aside.</summary>
public enum QuarantineReason
{
    MalformedEnvelope,
    Oversized,
    UnknownKey,
    RevokedKey,
    BadSignature,
    MalformedRecord,
    WrongHome,
    UnreadableBody,
    PrivateRecord,
    Unusable,
}

/// <summary>An envelope that cannot be taken in, and why.</summary>
public sealed class EnvelopeException(QuarantineReason reason) : Exception(reason.ToString())
{
    public QuarantineReason Reason { get; } = reason;
}
