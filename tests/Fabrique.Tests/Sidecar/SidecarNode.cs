using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Dapr.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabrique.Tests;

/// <summary>The embedded sidecar and the apps of a test, each on its own Kestrel, spoken to through the unmodified Dapr SDK.</summary>
internal class SidecarNode(string resources, params string[] arguments) : IAsyncDisposable
{
    public const string AppApiToken = "sidecar-to-app";

    private readonly List<SidecarApp> _apps = [];
    private WebApplication? _sidecar;

    public Uri Http => new(_sidecar!.Urls.First());

    public Uri Grpc => new(_sidecar!.Urls.Last());

    /// <summary>Where this app finds its sidecar.</summary>
    public virtual Uri HttpOf(SidecarApp app) => Http;

    public virtual Uri GrpcOf(SidecarApp app) => Grpc;

    /// <summary>An app with its handlers; it starts with the node. Two with one id are replicas of one app.</summary>
    public SidecarApp Add(string id, Action<WebApplication> map, Action<IServiceCollection>? services = null)
    {
        var app = new SidecarApp(id, _apps.Find(other => other.Id == id)?.Token ?? RandomNumberGenerator.GetHexString(32), map, services);
        _apps.Add(app);
        return app;
    }

    /// <summary>Starts apps and sidecar, and waits until the sidecar has read every app's subscriptions.</summary>
    public async Task<SidecarNode> StartAsync(params SidecarApp[] later)
    {
        foreach (var app in _apps)
        {
            await app.StartAsync();
            if (later.Contains(app))
            {
                await app.StopAsync();
            }
        }

        await StartSidecarAsync();
        if (later.Length == 0)
        {
            await ReadyAsync();
        }

        return this;
    }

    public virtual async Task StartSidecarAsync()
    {
        var apps = _apps
            .GroupBy(app => app.Id)
            .SelectMany(same =>
                new[]
                {
                    $"--Apps:{same.Key}:Address={string.Join(';', same.Select(app => app.Address))}",
                    $"--Apps:{same.Key}:ApiToken={same.First().Token}",
                }.Concat(same.SelectMany(app => app.Settings).Select(setting => $"--Apps:{same.Key}:{setting}"))
            );
        _sidecar = Fabrique.Sidecar.Sidecar.Build([
            $"--resources-path={resources}",
            "--dapr-http-port=0",
            "--dapr-grpc-port=0",
            $"--APP_API_TOKEN={AppApiToken}",
            "--Logging:Console:LogLevel:Default=Error",
            "--Logging:Console:LogLevel:Microsoft.Hosting.Lifetime=Error",
            .. apps,
            .. arguments,
        ]);
        await _sidecar.StartAsync();
    }

    public virtual async Task StopSidecarAsync()
    {
        if (_sidecar is not null)
        {
            await _sidecar.StopAsync();
            await _sidecar.DisposeAsync();
            _sidecar = null;
        }
    }

    public virtual Task ReadyAsync() => Eventually.TrueAsync(() => IsReadyAsync(Http), "the sidecar reads the subscriptions of every app");

    public DaprClient Client(SidecarApp app) => Client(HttpOf(app), GrpcOf(app), app.Token);

    public DaprClient Client(string token) => Client(Http, Grpc, token);

    public async Task<JsonElement> HealthAsync()
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(Http, "/health"));
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    protected IReadOnlyList<SidecarApp> Apps => _apps;

    protected static async Task<bool> IsReadyAsync(Uri sidecar)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(sidecar, "/v1.0/healthz"));
        return response.IsSuccessStatusCode;
    }

    private static DaprClient Client(Uri http, Uri grpc, string token) =>
        new DaprClientBuilder().UseHttpEndpoint(http.ToString()).UseGrpcEndpoint(grpc.ToString()).UseDaprApiToken(token).Build();

    public async ValueTask DisposeAsync()
    {
        await StopSidecarAsync();
        foreach (var app in _apps)
        {
            await app.StopAsync();
        }
    }
}

/// <summary>One app on one h2c port, which it keeps when it is stopped and started again.</summary>
internal sealed class SidecarApp(string id, string token, Action<WebApplication> map, Action<IServiceCollection>? services)
{
    private WebApplication? _app;
    private int _port;

    public string Id => id;

    public string Token => token;

    /// <summary>What the sidecar is told about the app besides, such as <c>enable-app-health-check=true</c>.</summary>
    public List<string> Settings { get; } = [];

    public string Address => $"http://127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, _port, listen => listen.Protocols = HttpProtocols.Http2)
        );
        services?.Invoke(builder.Services);
        _app = builder.Build();
        map(_app);
        await _app.StartAsync();
        _port = new Uri(_app.Urls.First()).Port;
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            _app = null;
        }
    }
}

/// <summary>Waits for what must become true, with a deadline and a sentence that says what was waited for.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"within {Deadline.TotalSeconds} s: {what}");
            await Task.Delay(Pause);
        }
    }
}

/// <summary>A wire to a server that a test can cut.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Task _accepting;

    public TcpRelay()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Port of the server; 0: nobody answers.</summary>
    public int Target { get; set; }

    /// <summary>Nothing goes through while it is true, and nobody is told.</summary>
    public bool IsHung { get; set; }

    /// <summary>Ends every connection, without a word to either side.</summary>
    public void Cut()
    {
        foreach (var socket in _open.Keys)
        {
            socket.Close(timeout: 0);
            _open.TryRemove(socket, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The relay ends.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _open[client] = true;
            _open[server] = true;
            await server.ConnectAsync(IPAddress.Loopback, Target);
            await using var one = new NetworkStream(client, ownsSocket: true);
            await using var other = new NetworkStream(server, ownsSocket: true);
            await Task.WhenAny(CopyAsync(one, other), CopyAsync(other, one));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or ArgumentException)
        {
            // One side is gone; so is the other.
        }
        finally
        {
            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
            client.Dispose();
            server.Dispose();
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 << 10];
        int count;
        while ((count = await from.ReadAsync(buffer)) > 0)
        {
            while (IsHung)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10));
            }

            await to.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
