using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;

namespace Fabrique.Tests;

/// <summary>RabbitMQ over TLS: a node of its own, with certificates made here.</summary>
public sealed class SidecarRabbitMqTls : SidecarTest
{
    private readonly RabbitMqServer _server = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabrique-tls-");

    protected override async Task<(string Component, string[] Arguments)> BrokerAsync()
    {
        using var authority = Authority("CN=Fabrique tests");
        using var stranger = Authority("CN=Somebody else");
        using var broker = Certificate(authority, "CN=broker");
        using var guest = Certificate(authority, "CN=guest");
        string Save(string name, string pem)
        {
            var path = Path.Combine(_folder.FullName, name);
            File.WriteAllText(path, pem);
            return path;
        }

        _server.Plugins = "rabbitmq_auth_mechanism_ssl";
        _server.Configuration = $"""
            listeners.ssl.1 = 127.0.0.1:{_server.TlsPort}
            ssl_options.cacertfile = {Save("ca.pem", authority.ExportCertificatePem())}
            ssl_options.certfile = {Save("broker.pem", broker.ExportCertificatePem())}
            ssl_options.keyfile = {Save("broker.key", KeyPem(broker))}
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = false
            ssl_cert_login_from = common_name
            auth_mechanisms.1 = PLAIN
            auth_mechanisms.2 = EXTERNAL

            """;
        await _server.StartAsync();
        return (
            Component("CA"),
            [
                $"--FABRIQUE_BROKER=amqps://guest:guest@127.0.0.1:{_server.TlsPort}/",
                $"--WITHOUT_PASSWORD=amqps://127.0.0.1:{_server.TlsPort}/",
                $"--CA={authority.ExportCertificatePem()}",
                $"--STRANGER={stranger.ExportCertificatePem()}",
                $"--CERTIFICATE={guest.ExportCertificatePem()}",
                $"--KEY={KeyPem(guest)}",
            ]
        );
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_broker_is_known_by_its_certificate() => await PublishAndReceiveAsync();

    [Fact]
    public async Task The_sidecar_can_sign_in_with_a_certificate_alone()
    {
        Resource(
            "pubsub.yaml",
            Component("CA", clientCert: "CERTIFICATE", clientKey: "KEY", saslExternal: true)
                .Replace("FABRIQUE_BROKER", "WITHOUT_PASSWORD", StringComparison.Ordinal)
        );
        await PublishAndReceiveAsync();
    }

    [Fact]
    public async Task A_broker_that_somebody_else_certified_gets_nothing()
    {
        Resource("pubsub.yaml", Component("STRANGER"));
        var app = Recorder("practices");
        await Node.StartAsync(later: app);
        await app.StartAsync();
        using var dapr = Node.Client(app);
        Assert.Equal(
            StatusCode.Unavailable,
            (await RefusedAsync(() => dapr.PublishEventAsync("pubsub", Topic, new Practice("x"), Cancellation))).StatusCode
        );
        Assert.Equal("unhealthy", (await Node.HealthAsync()).GetProperty("status").GetString());
    }

    private async Task PublishAndReceiveAsync()
    {
        var app = Recorder("practices");
        await Node.StartAsync();
        using var dapr = Node.Client(app);
        await dapr.PublishEventAsync("pubsub", Topic, new Practice("chiffré"), Cancellation);
        await ArrivedAsync("practices: chiffré");
    }

    private static string Component(string caCert, string? clientCert = null, string? clientKey = null, bool saslExternal = false)
    {
        static string Item(string name, string variable) =>
            $"    - name: {name}\n      secretKeyRef: {{ name: {variable}, key: {variable} }}\n";
        var items =
            Item("caCert", caCert)
            + (clientCert is null ? "" : Item("clientCert", clientCert))
            + (clientKey is null ? "" : Item("clientKey", clientKey))
            + (saslExternal ? "    - name: saslExternal\n      value: \"true\"\n" : "");
        return SidecarRabbitMq.Component.Replace("    - name: durable", $"{items}    - name: durable", StringComparison.Ordinal);
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true)
        );
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 Certificate(X509Certificate2 authority, string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true)
        );
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(authority, now.AddHours(-12), now.AddHours(12), RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    private static string KeyPem(X509Certificate2 certificate) => certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem();
}
