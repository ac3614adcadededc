using System.Net;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Fabrique.Gateway;

/// <summary>Where the identity service is: for people at the site's own address, for this process inside the node.</summary>
internal sealed class IdentityAddress(IConfiguration configuration) : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    public Uri Public { get; } = new(configuration["Site:Address"] is { Length: > 0 } address ? address : "http://127.0.0.1:8080");

    public Uri Internal { get; } = new(configuration["services:identity:http:0"] ?? "http://identity");

    /// <summary>A client that speaks as the services do: HTTP/2 without TLS.</summary>
    public HttpClient Http() =>
        new(new Http2(new SocketsHttpHandler { UseProxy = false })) { BaseAddress = Internal, Timeout = TimeSpan.FromSeconds(5) };

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
        string address,
        IDocumentRetriever retriever,
        CancellationToken cancel
    )
    {
        var configuration = await new IdentityKeys().GetConfigurationAsync(address, retriever, cancel);
        configuration.AuthorizationEndpoint = new Uri(Public, "/connect/authorize").AbsoluteUri;
        configuration.TokenEndpoint = new Uri(Internal, AccessTokens.Endpoint).AbsoluteUri;
        return configuration;
    }

    private sealed class Http2(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
