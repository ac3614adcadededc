using Fabrique.Identity;
using Microsoft.Extensions.Configuration;

namespace Fabrique.Tests;

/// <summary>What the settings of providers of identities are read as.</summary>
public sealed class ProviderSettingsTests
{
    [Fact]
    public void Several_providers_are_read_and_what_is_not_said_is_what_is_usual()
    {
        var read = Provider.Read(
            Settings(
                ("proconnect:Name", "ProConnect"),
                ("proconnect:Kind", "proconnect"),
                ("proconnect:Authority", "https://auth.example.org/api/v2/"),
                ("proconnect:ClientId", "a"),
                ("proconnect:ClientSecret", "b"),
                ("proconnect:SecondFactor", "mfa pop"),
                ("syndicat:Name", "Syndicat"),
                ("syndicat:Authority", "https://id.example.org"),
                ("syndicat:ClientId", "a"),
                ("syndicat:ClientSecret", "b")
            )
        );
        Assert.Equal(["openid", "given_name", "usual_name", "email", "uid", "siret", "idp_id"], read[0].Scopes);
        Assert.Equal(["mfa", "pop"], read[0].SecondFactor);
        Assert.Equal("https://auth.example.org/api/v2", read[0].Authority.AbsoluteUri);
        Assert.Equal(["openid", "profile", "email"], read[1].Scopes);
        Assert.Equal((true, false), (read[0].IsProConnect, read[1].IsProConnect));
        Assert.Empty(read[1].SecondFactor);
        Assert.Empty(Provider.Read(Settings()));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_and_nothing_is_taken()
    {
        var refused = Assert.Throws<InvalidOperationException>(() =>
            Provider.Read(
                Settings(
                    ("Pro Connect:Name", "x"),
                    ("Pro Connect:Authority", "http://auth.example.org"),
                    ("Pro Connect:Kind", "saml"),
                    ("Pro Connect:ClientId", "a"),
                    ("syndicat:Autority", "https://id.example.org"),
                    ("syndicat:Scopes", "email"),
                    ("syndicat:ClientSecret", "b")
                )
            )
        );
        foreach (
            var said in new[]
            {
                "Pro Connect: the code",
                "Pro Connect:ClientSecret is missing",
                "Pro Connect:Kind",
                "Pro Connect:Authority",
                "syndicat:Autority: no such setting",
                "syndicat:Name is missing",
                "syndicat:ClientId is missing",
                "syndicat:Authority must",
                "syndicat:Scopes must",
            }
        )
        {
            Assert.Contains($"Identity:Providers:{said}", refused.Message, StringComparison.Ordinal);
        }
    }

    private static IConfiguration Settings(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                settings.Select(setting => KeyValuePair.Create($"Identity:Providers:{setting.Key}", (string?)setting.Value))
            )
            .Build();
}
