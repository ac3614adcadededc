using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Fabrique.Tests;

/// <summary>A passkey in memory: makes what a browser and its device would answer (WebAuthn, attestation "none", ES256).</summary>
internal sealed class SoftPasskey : IDisposable
{
    private const byte Present = 1;
    private const byte Verified = 4;
    private const byte HasKey = 64;

    private static readonly string[] Transports = ["internal"];

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _id = RandomNumberGenerator.GetBytes(32);

    /// <summary>What the page says the owner is called.</summary>
    public string Owner { get; set; } = "";

    /// <summary>Where the page seems to be.</summary>
    public string Origin { get; set; } = IdentityUnderTest.Origin;

    /// <summary>Whether the device asked for a finger, a face or a code.</summary>
    public bool Asks { get; set; } = true;

    /// <summary>The answer to a challenge for a new key.</summary>
    public string Create(string challenge)
    {
        var options = JsonElement.Parse(challenge);
        Owner = options.GetProperty("user").GetProperty("id").GetString()!;
        var data = new byte[55];
        Begin(data, options.GetProperty("rp").GetProperty("id").GetString()!, HasKey);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(53), (ushort)_id.Length);
        var point = _key.ExportParameters(false).Q;
        var cose = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cose.WriteStartMap(5);
        Write(1, 2);
        Write(3, -7);
        Write(-1, 1);
        cose.WriteInt32(-2);
        cose.WriteByteString(point.X!);
        cose.WriteInt32(-3);
        cose.WriteByteString(point.Y!);
        cose.WriteEndMap();
        var attestation = new CborWriter(CborConformanceMode.Ctap2Canonical);
        attestation.WriteStartMap(3);
        attestation.WriteTextString("fmt");
        attestation.WriteTextString("none");
        attestation.WriteTextString("attStmt");
        attestation.WriteStartMap(0);
        attestation.WriteEndMap();
        attestation.WriteTextString("authData");
        attestation.WriteByteString([.. data, .. _id, .. cose.Encode()]);
        attestation.WriteEndMap();
        return Answer(
            new()
            {
                ["clientDataJSON"] = Text(ClientData("webauthn.create", options)),
                ["attestationObject"] = Text(attestation.Encode()),
                ["transports"] = Transports,
            }
        );

        void Write(int name, int value)
        {
            cose.WriteInt32(name);
            cose.WriteInt32(value);
        }
    }

    /// <summary>The answer to a challenge for whoever wants to enter.</summary>
    public string Show(string challenge)
    {
        var options = JsonElement.Parse(challenge);
        var data = new byte[37];
        Begin(data, options.GetProperty("rpId").GetString()!, 0);
        var client = ClientData("webauthn.get", options);
        return Answer(
            new()
            {
                ["clientDataJSON"] = Text(client),
                ["authenticatorData"] = Text(data),
                ["signature"] = Text(
                    _key.SignData([.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
                ),
                ["userHandle"] = Owner,
            }
        );
    }

    public void Dispose() => _key.Dispose();

    private void Begin(byte[] data, string site, byte flags)
    {
        SHA256.HashData(Encoding.UTF8.GetBytes(site), data);
        data[32] = (byte)(Present | (Asks ? Verified : 0) | flags);
    }

    private byte[] ClientData(string type, JsonElement options) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                type,
                challenge = options.GetProperty("challenge").GetString(),
                origin = Origin,
                crossOrigin = false,
            }
        );

    private string Answer(Dictionary<string, object> response) =>
        JsonSerializer.Serialize(
            new
            {
                id = Text(_id),
                rawId = Text(_id),
                type = "public-key",
                clientExtensionResults = new { },
                response,
            }
        );

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
