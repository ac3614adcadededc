using System.Security.Cryptography;
using Fabrique.Records;
using Google.Protobuf;

namespace Fabrique.Benchmarks;

/// <summary>Sealing and opening of records, against the bare signature of the same bytes.</summary>
internal sealed class SignVerify() : Benchmark("sign", "records signed and verified per second, one at a time, against bare ECDSA P-256")
{
    public override async Task RunAsync(Report report)
    {
        using var key = NodeKey.Ephemeral();
        var registry = new Registry(key);
        var record = Samples.NewRecord(Samples.NewId(), key.Node);
        var (bytes, envelope) = (record.ToByteArray(), Envelope.Seal(record, key));
        using var bare = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signature = bare.SignData(bytes, HashAlgorithmName.SHA256);

        report.Say($"an envelope has {envelope.Length:#,0} bytes");
        await report.CompareAsync(
            "sign a record",
            new("Fabrique", () => Load.RunAsync(() => Envelope.Seal(record, key))),
            new("ECDsa.SignData", () => Load.RunAsync(() => bare.SignData(bytes, HashAlgorithmName.SHA256)))
        );
        await report.CompareAsync(
            "verify and read a record",
            new("Fabrique", () => Load.RunAsync(() => Envelope.Open(envelope, registry))),
            new("ECDsa.VerifyData", () => Load.RunAsync(() => bare.VerifyData(bytes, signature, HashAlgorithmName.SHA256)))
        );
    }
}
