using System.Net;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;

namespace Fabrique.Sidecar;

/// <summary>One app (service) of this node: where it listens, the token it calls with, and whether it answers.</summary>
internal sealed class App(string id, Uri address, string apiToken)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _down = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id => id;

    /// <summary>Address of the app's only port: HTTP/2 without TLS, for callbacks and gRPC alike.</summary>
    public Uri Address => address;

    /// <summary>SHA-256 of the app's DAPR_API_TOKEN: hashes have one length, so comparing them tells nothing about the token.</summary>
    public byte[] ApiTokenHash { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(apiToken));

    public bool IsUp => _up.Task.IsCompleted;

    /// <summary>Waits until the app has told its subscriptions and nothing has put it in doubt since.</summary>
    public Task WhenUpAsync(CancellationToken cancellation) => _up.Task.WaitAsync(cancellation);

    /// <summary>Completes when the app is put in doubt.</summary>
    public Task WhenDown => _down.Task;

    /// <summary>The app told its subscriptions: messages waiting for it go on.</summary>
    public void Answered()
    {
        lock (_lock)
        {
            if (_up.TrySetResult())
            {
                _down = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>The app refused a connection, or is no longer the one that was asked: its messages wait until it has answered again.</summary>
    public void Doubt()
    {
        lock (_lock)
        {
            if (IsUp)
            {
                _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _down.TrySetResult();
        }
    }
}

/// <summary>The apps of this node, from configuration <c>Apps:{id}:Address</c> and <c>Apps:{id}:ApiToken</c>.</summary>
internal sealed class Apps(IReadOnlyList<App> all)
{
    /// <summary>Header and gRPC metadata key of the token, in both directions.</summary>
    public const string TokenHeader = "dapr-api-token";

    public IReadOnlyList<App> All => all;

    public static Apps Read(IConfiguration configuration, List<string> errors)
    {
        var apps = new List<App>();
        foreach (var section in configuration.GetSection("Apps").GetChildren())
        {
            var token = section["ApiToken"];
            if (string.IsNullOrEmpty(token))
            {
                errors.Add($"{section.Path}:ApiToken: missing; set it to the DAPR_API_TOKEN of the app {section.Key}");
            }

            if (!Uri.TryCreate(section["Address"], UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                errors.Add($"{section.Path}:Address: '{section["Address"]}' is not an address; give one such as http://127.0.0.1:5001");
            }
            else if (!string.IsNullOrEmpty(token))
            {
                apps.Add(new App(section.Key, address, token));
            }
        }

        errors.AddRange(apps.GroupBy(app => Convert.ToHexString(app.ApiTokenHash)).Where(same => same.Count() > 1)
            .Select(same => $"Apps: {string.Join(", ", same.Select(app => app.Id))} have the same ApiToken; an app is known by its own token"));
        return new Apps(apps);
    }

    public App? Find(string id) => all.FirstOrDefault(app => string.Equals(app.Id, id, StringComparison.OrdinalIgnoreCase));

    /// <summary>Finds the calling app by its token, in a time that depends neither on the token nor on the app.</summary>
    private App? Identify(HttpContext context)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Headers[TokenHeader].ToString()));
        App? caller = null;
        foreach (var app in all)
        {
            caller = CryptographicOperations.FixedTimeEquals(hash, app.ApiTokenHash) ? app : caller;
        }

        return caller;
    }

    /// <summary>Lets a request pass with the calling <see cref="App"/> as a feature, or answers 401 / Unauthenticated; health is for all.</summary>
    public Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        var caller = Identify(context);
        context.Features.Set(caller);
        if (caller is not null || IsHealth(context.Request.Path))
        {
            return next(context);
        }

        const string Reason = $"missing or wrong {TokenHeader}: send the DAPR_API_TOKEN this app was started with";
        return DaprApi.WriteErrorAsync(context, StatusCode.Unauthenticated, "ERR_API_TOKEN", Reason);
    }

    private static bool IsHealth(PathString path) =>
        path == "/v1.0/healthz" || path == "/v1.0/healthz/outbound" || path == "/health" || path == "/alive";
}

/// <summary>Calls from the sidecar to the apps: HTTP/2 without TLS, with <c>APP_API_TOKEN</c>, trace headers left to the caller.</summary>
internal sealed class AppClient(string? appApiToken) : HttpMessageInvoker(new SocketsHttpHandler
{
    ActivityHeadersPropagator = null,
    AllowAutoRedirect = false,
    ConnectTimeout = TimeSpan.FromSeconds(5),
    EnableMultipleHttp2Connections = true,
    UseCookies = false,
    UseProxy = false,
})
{
    /// <summary>Tells an app that the sidecar calls; null: the apps do not ask.</summary>
    public string? AppApiToken => appApiToken;

    public HttpRequestMessage Request(HttpMethod method, App app, string path)
    {
        var request = new HttpRequestMessage(method, app.Address.GetLeftPart(UriPartial.Authority) + path)
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
