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
internal sealed class SidecarNode(string resources, params string[] arguments) : IAsyncDisposable
{
    public const string AppApiToken = "sidecar-to-app";

    private readonly List<SidecarApp> _apps = [];
    private WebApplication? _sidecar;

    public Uri Http => new(_sidecar!.Urls.First());

    public Uri Grpc => new(_sidecar!.Urls.Last());

    /// <summary>An app with its handlers; it starts with the node.</summary>
    public SidecarApp Add(string id, Action<WebApplication> map, Action<IServiceCollection>? services = null)
    {
        var app = new SidecarApp(id, map, services);
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

    public async Task StartSidecarAsync()
    {
        var apps = _apps.SelectMany(app => new[] { $"--Apps:{app.Id}:Address={app.Address}", $"--Apps:{app.Id}:ApiToken={app.Token}" });
        _sidecar = Fabrique.Sidecar.Sidecar.Build(
            [$"--resources-path={resources}", "--dapr-http-port=0", "--dapr-grpc-port=0", $"--APP_API_TOKEN={AppApiToken}", "--Logging:Console:LogLevel:Default=Error", "--Logging:Console:LogLevel:Microsoft.Hosting.Lifetime=Error", .. apps, .. arguments]);
        await _sidecar.StartAsync();
    }

    public async Task StopSidecarAsync()
    {
        await _sidecar!.StopAsync();
        await _sidecar.DisposeAsync();
        _sidecar = null;
    }

    public Task ReadyAsync() => Eventually.TrueAsync(async () =>
    {
        using var http = new HttpClient();
        return (await http.GetAsync(new Uri(Http, "/v1.0/healthz"))).IsSuccessStatusCode;
    }, "the sidecar reads the subscriptions of every app");

    public DaprClient Client(SidecarApp app) => Client(app.Token);

    public DaprClient Client(string token) =>
        new DaprClientBuilder().UseHttpEndpoint(Http.ToString()).UseGrpcEndpoint(Grpc.ToString()).UseDaprApiToken(token).Build();

    public async Task<JsonElement> HealthAsync()
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(Http, "/health"));
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        if (_sidecar is not null)
        {
            await StopSidecarAsync();
        }

        foreach (var app in _apps)
        {
            await app.StopAsync();
        }
    }
}

/// <summary>One app on one h2c port, which it keeps when it is stopped and started again.</summary>
internal sealed class SidecarApp(string id, Action<WebApplication> map, Action<IServiceCollection>? services)
{
    private WebApplication? _app;
    private int _port;

    public string Id => id;

    public string Token { get; } = RandomNumberGenerator.GetHexString(32);

    public string Address => $"http://127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port, listen => listen.Protocols = HttpProtocols.Http2));
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
            await Task.WhenAny(one.CopyToAsync(other), other.CopyToAsync(one));
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
}
