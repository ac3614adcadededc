using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Server;

namespace Fabrique.Identity;

/// <summary>
/// The keys that sign people's tokens (ECDSA P-256): files of the data folder, named by the day they were made. The newest signs for 90
/// days; the one before stays known for as long again, so that nobody's token or cached key set breaks.
/// </summary>
internal sealed class SigningKeys(string dataFolder, NodeSite site, TimeProvider clock)
    : BaseConfigurationManager,
        IConfigureOptions<OpenIddictServerOptions>
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(90);

    private readonly DirectoryInfo _folder = OwnerFile.Folder(Path.Combine(dataFolder, "identity-keys", "signing"));

    public string Issuer => site.Issuer;

    /// <summary>Makes a key when the newest is too old, and forgets those that nobody can need. Tells whether anything changed.</summary>
    public bool Rotate()
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var days = Days();
        var old = days.Where(day => day < today.AddDays(-2 * (int)Life.TotalDays)).ToList();
        old.ForEach(day => File.Delete(FileOf(day)));
        if (days.Count > 0 && days[0] > today.AddDays(-(int)Life.TotalDays))
        {
            return old.Count > 0;
        }
        OwnerFile.ReadOrCreate(FileOf(today), () =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return key.ExportPkcs8PrivateKeyPem();
        });
        return true;
    }

    public void Configure(OpenIddictServerOptions options)
    {
        Rotate();
        foreach (var key in Keys())
        {
            options.SigningCredentials.Add(new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256));
        }
    }

    /// <summary>What this service itself checks tokens with.</summary>
    public override Task<BaseConfiguration> GetBaseConfigurationAsync(CancellationToken cancel)
    {
        var configuration = new OpenIdConnectConfiguration { Issuer = site.Issuer };
        foreach (var key in Keys())
        {
            configuration.SigningKeys.Add(key);
        }
        return Task.FromResult<BaseConfiguration>(configuration);
    }

    public override void RequestRefresh() { }

    private string FileOf(DateOnly day) => Path.Combine(_folder.FullName, $"{day:yyyy-MM-dd}.pem");

    /// <summary>The days on which keys were made, the newest first.</summary>
    private List<DateOnly> Days() =>
        [
            .. _folder
                .EnumerateFiles("*.pem")
                .Select(file =>
                    DateOnly.ParseExact(Path.GetFileNameWithoutExtension(file.Name), "yyyy-MM-dd", CultureInfo.InvariantCulture)
                )
                .OrderDescending(),
        ];

    private IEnumerable<ECDsaSecurityKey> Keys() =>
        Days()
            .Select(day =>
            {
                var key = ECDsa.Create();
                key.ImportFromPem(OwnerFile.ReadOrCreate(FileOf(day), () => throw new InvalidOperationException("The key is gone.")));
                return new ECDsaSecurityKey(key)
                {
                    KeyId = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8)),
                };
            });
}
