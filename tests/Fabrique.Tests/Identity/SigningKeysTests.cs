using Fabrique.Identity;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Server;

namespace Fabrique.Tests;

/// <summary>The keys that sign people's tokens, over a year.</summary>
public sealed class SigningKeysTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabrique-keys-").FullName;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 10, 8, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_key_signs_for_ninety_days_and_what_it_signed_is_believed_for_as_long_again()
    {
        var keys = Open();
        var early = Sign(keys);
        _clock.Advance(TimeSpan.FromDays(89));
        Assert.False(keys.Rotate());
        Assert.Single(await KnownAsync(keys));

        _clock.Advance(TimeSpan.FromDays(2));
        Assert.True(keys.Rotate());
        Assert.False(keys.Rotate());
        var late = Sign(keys);
        Assert.NotEqual(KeyOf(early), KeyOf(late));
        Assert.True(await IsBelievedAsync(keys, early));
        Assert.True(await IsBelievedAsync(keys, late));

        // Another process of the same folder, and one that starts again, know the same keys.
        Assert.Equal(await KnownAsync(keys), await KnownAsync(Open()));

        _clock.Advance(TimeSpan.FromDays(95));
        Assert.True(keys.Rotate());
        Assert.False(await IsBelievedAsync(keys, early));
        Assert.True(await IsBelievedAsync(keys, late));
    }

    [Fact]
    public void Only_the_owner_of_the_processes_reads_a_key()
    {
        Open().Rotate();
        var file = Assert.Single(Directory.GetFiles(_folder, "*.pem", SearchOption.AllDirectories));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SigningKeys Open() => new(_folder, new NodeSite(new Uri("http://127.0.0.1:8080")), _clock);

    /// <summary>A token as the service would sign it now.</summary>
    private static string Sign(SigningKeys keys)
    {
        var options = new OpenIddictServerOptions();
        keys.Configure(options);
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor { Issuer = keys.Issuer, SigningCredentials = options.SigningCredentials[0] }
        );
    }

    private static string KeyOf(string token) => new JsonWebToken(token).Kid;

    private static async Task<IEnumerable<string>> KnownAsync(SigningKeys keys) =>
        ((OpenIdConnectConfiguration)await keys.GetBaseConfigurationAsync(TestContext.Current.CancellationToken))
            .SigningKeys.Select(key => key.KeyId)
            .Order(StringComparer.Ordinal);

    private static async Task<bool> IsBelievedAsync(SigningKeys keys, string token)
    {
        var known = (OpenIdConnectConfiguration)await keys.GetBaseConfigurationAsync(TestContext.Current.CancellationToken);
        return (
            await new JsonWebTokenHandler().ValidateTokenAsync(
                token,
                new TokenValidationParameters
                {
                    ValidIssuer = keys.Issuer,
                    ValidateAudience = false,
                    ValidateLifetime = false,
                    IssuerSigningKeys = known.SigningKeys,
                }
            )
        ).IsValid;
    }
}
