using System.Text.RegularExpressions;

namespace Fabrique.Identity;

/// <summary>
/// A provider of identities by OpenID Connect: one section <c>Identity:Providers:{code}</c> of the settings. See docs/identity.md.
/// </summary>
/// <param name="Code">Names it in addresses and in the database: it never changes.</param>
/// <param name="Name">What the pages call it.</param>
/// <param name="Authority">Where its description is: this and /.well-known/openid-configuration.</param>
/// <param name="ClientId">What it calls this node.</param>
/// <param name="ClientSecret">What this node proves that with.</param>
/// <param name="IsProConnect">Whether it has the peculiarities of ProConnect: what it says of a person is a signed token, and it says how
/// somebody signed in only when asked.</param>
/// <param name="Scopes">What is asked of it.</param>
/// <param name="SecondFactor">The values of <c>amr</c> or <c>acr</c> with which it says that somebody showed a second factor; empty when
/// its word does not count for that.</param>
internal sealed partial record Provider(
    string Code,
    string Name,
    Uri Authority,
    string ClientId,
    string ClientSecret,
    bool IsProConnect,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<string> SecondFactor
)
{
    /// <summary>Where it sends people back to: to be declared there.</summary>
    public string Callback => $"/compte/retour/{Code}";

    /// <summary>Where it sends people after a sign-out: to be declared there too.</summary>
    public string SignedOut => $"/compte/sortie/{Code}";

    private static readonly string[] Settings =
    [
        nameof(Name),
        nameof(Authority),
        nameof(ClientId),
        nameof(ClientSecret),
        "Kind",
        nameof(Scopes),
        nameof(SecondFactor),
    ];
    private static readonly string[] ProConnectScopes = ["openid", "given_name", "usual_name", "email", "uid", "siret", "idp_id"];
    private static readonly string[] UsualScopes = ["openid", "profile", "email"];

    /// <summary>Those of the settings, in the order of their codes.</summary>
    /// <exception cref="InvalidOperationException">Something is wrong: all of it is said, and nothing is taken.</exception>
    public static IReadOnlyList<Provider> Read(IConfiguration configuration)
    {
        var sections = configuration.GetSection("Identity:Providers").GetChildren().ToList();
        var errors = sections.SelectMany(Errors).ToList();
        return errors.Count == 0
            ? [.. sections.Select(Of)]
            : throw new InvalidOperationException($"The providers of identities cannot be used:\n{string.Join('\n', errors)}");
    }

    private static IEnumerable<string> Errors(IConfigurationSection section)
    {
        if (!CodeForm().IsMatch(section.Key))
        {
            yield return $"{section.Path}: the code has up to 30 small letters, digits and dashes, and begins with a letter";
        }
        foreach (var setting in section.GetChildren().Where(setting => !Settings.Contains(setting.Key, StringComparer.OrdinalIgnoreCase)))
        {
            yield return $"{setting.Path}: no such setting; there are {string.Join(", ", Settings)}";
        }
        foreach (
            var needed in new[] { nameof(Name), nameof(ClientId), nameof(ClientSecret) }.Where(needed =>
                string.IsNullOrWhiteSpace(section[needed])
            )
        )
        {
            yield return $"{section.Path}:{needed} is missing";
        }
        if (section["Kind"] is not (null or "oidc" or "proconnect"))
        {
            yield return $"{section.Path}:Kind is oidc or proconnect";
        }
        if (
            !Uri.TryCreate(section[nameof(Authority)], UriKind.Absolute, out var authority)
            || !(authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))
            || authority.Query.Length > 0
        )
        {
            yield return $"{section.Path}:Authority must be an address such as https://auth.example.org/api/v2, by HTTPS";
        }
        if (Words(section, nameof(Scopes)) is { Length: > 0 } scopes && !scopes.Contains("openid"))
        {
            yield return $"{section.Path}:Scopes must have openid among them, separated by spaces";
        }
    }

    private static Provider Of(IConfigurationSection section)
    {
        var proConnect = section["Kind"] == "proconnect";
        var scopes = Words(section, nameof(Scopes));
        return new(
            section.Key,
            section[nameof(Name)]!.Trim(),
            new Uri(section[nameof(Authority)]!.TrimEnd('/')),
            section[nameof(ClientId)]!,
            section[nameof(ClientSecret)]!,
            proConnect,
            scopes.Length > 0 ? scopes
                : proConnect ? ProConnectScopes
                : UsualScopes,
            Words(section, nameof(SecondFactor))
        );
    }

    private static string[] Words(IConfigurationSection section, string setting) =>
        (section[setting] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("^[a-z][a-z0-9-]{0,29}$")]
    private static partial Regex CodeForm();
}
