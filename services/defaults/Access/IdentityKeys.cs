using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Fabrique;

/// <summary>
/// The issuer and the keys of the identity service, asked from inside the node: its public address may not lead back here.
/// </summary>
public sealed class IdentityKeys : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    /// <param name="sidecarToken">What the sidecar wants to see; null when it wants nothing.</param>
    public static HttpClient Client(string? sidecarToken)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        if (sidecarToken is { Length: > 0 })
        {
            http.DefaultRequestHeaders.Add("dapr-api-token", sidecarToken);
        }
        return http;
    }

    /// <param name="address">Where the service answers, with a slash at its end.</param>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
        string address,
        IDocumentRetriever retriever,
        CancellationToken cancel
    )
    {
        var configuration = OpenIdConnectConfiguration.Create(
            await retriever.GetDocumentAsync($"{address}.well-known/openid-configuration", cancel)
        );
        configuration.JsonWebKeySet = JsonWebKeySet.Create(await retriever.GetDocumentAsync($"{address}.well-known/jwks", cancel));
        foreach (var key in configuration.JsonWebKeySet.GetSigningKeys())
        {
            configuration.SigningKeys.Add(key);
        }
        return configuration;
    }
}
