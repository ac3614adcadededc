using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace Fabrique.Sidecar;

/// <summary>
/// TLS to RabbitMQ, asked for by <c>amqps://</c>, with daprd's metadata, all PEM: <c>caCert</c> whom the broker must be certified by
/// (without it: whom the machine trusts), <c>clientCert</c> and <c>clientKey</c> what the sidecar shows, <c>saslExternal</c> to sign in
/// with that alone.
/// </summary>
internal static class RabbitMqTls
{
    private static readonly string[] Keys = ["caCert", "clientCert", "clientKey", "saslExternal"];

    public static void Read(YamlMap metadata, ConnectionFactory factory)
    {
        var (authorities, certificate, key) = (metadata.Text("caCert"), metadata.Text("clientCert"), metadata.Text("clientKey"));
        var isExternal = metadata.Flag("saslExternal") ?? false;
        if (!factory.Ssl.Enabled)
        {
            foreach (var name in Keys.Where(name => metadata.Text(name) is not (null or "false")))
            {
                metadata.Fail(name, "needs a connectionString that begins with amqps://");
            }
            return;
        }
        if (certificate is null != key is null)
        {
            metadata.Fail(certificate is null ? "clientCert" : "clientKey", "missing: clientCert and clientKey go together");
        }
        if (isExternal && certificate is null)
        {
            metadata.Fail("saslExternal", "needs clientCert and clientKey: they say who signs in");
        }
        if (authorities is not null && Certificates(metadata, authorities) is { } trusted)
        {
            factory.Ssl.CertificateValidationCallback = (_, shown, chain, errors) => IsCertified(trusted, shown, chain, errors);
        }
        if (certificate is not null && key is not null && Identity(metadata, certificate, key) is { } identity)
        {
            factory.Ssl.Certs = [identity];
        }
        if (isExternal)
        {
            factory.AuthMechanisms = [new ExternalMechanismFactory()];
        }
    }

    /// <summary>
    /// The broker's certificate bears the name it was called by and comes from one of these authorities, whatever else the machine trusts.
    /// </summary>
    private static bool IsCertified(X509Certificate2Collection trusted, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        if (shown is not X509Certificate2 certificate || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }
        using var built = new X509Chain();
        built.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        built.ChainPolicy.CustomTrustStore.AddRange(trusted);
        built.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        built.ChainPolicy.ExtraStore.AddRange(chain?.ChainPolicy.ExtraStore ?? []);
        return built.Build(certificate);
    }

    private static X509Certificate2Collection? Certificates(YamlMap metadata, string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // Said below.
        }
        if (certificates.Count == 0)
        {
            metadata.Fail("caCert", "must hold certificates as PEM (-----BEGIN CERTIFICATE-----)");
        }
        return certificates.Count > 0 ? certificates : null;
    }

    private static X509Certificate2? Identity(YamlMap metadata, string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // The key is a secret: neither it nor what a library says of it is repeated.
            metadata.Fail("clientKey", "clientCert and clientKey must be a certificate and its own private key, as PEM");
            return null;
        }
    }
}
