using System.Net;

namespace Fabrique.Sidecar;

/// <summary>Calls from the sidecar to the apps: HTTP/2 without TLS, with <c>APP_API_TOKEN</c>, trace headers left to the caller.</summary>
internal sealed class AppClient(string? appApiToken)
    : HttpMessageInvoker(
        new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            EnableMultipleHttp2Connections = true,
            UseCookies = false,
            UseProxy = false,
        }
    )
{
    /// <summary>Tells an app that the sidecar calls; null: the apps do not ask.</summary>
    public string? AppApiToken => appApiToken;

    public HttpRequestMessage Request(HttpMethod method, Replica replica, string path)
    {
        var request = new HttpRequestMessage(method, replica.Address.GetLeftPart(UriPartial.Authority) + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (!string.IsNullOrEmpty(appApiToken))
        {
            request.Headers.Add(Apps.TokenHeader, appApiToken);
        }
        return request;
    }
}
