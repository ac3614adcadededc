using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fabrique.Tests;

/// <summary>A whole node that exports its telemetry to a collector.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Every_process_sends_its_traces_where_it_is_told()
    {
        await using var collector = await Collector.StartAsync();
        await using var node = new NodeWithCollector(collector.Address);
        await node.InitializeAsync();
        using var http = await node.HttpAsync();
        using var activity = new Activity("visit").SetParentId("00-8448eb211c80319c0af7651916cd43dd-b7ad6b7169203331-01").Start();
        var trace = Convert.FromHexString("8448eb211c80319c0af7651916cd43dd");

        await http.GetStringAsync("/territoires/62528", TestContext.Current.CancellationToken);
        foreach (var process in new[] { "gateway", "portal", "sidecar", "territories" })
        {
            await WholeNode.EventuallyAsync(true, () => Task.FromResult(collector.HasSeen(process, trace)), TimeSpan.FromSeconds(30));
        }
    }

    private sealed class NodeWithCollector(Uri collector) : WholeNode("--broker", "memory")
    {
        protected override IReadOnlyDictionary<string, string> Environment =>
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.ToString(),
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            };
    }

    /// <summary>Keeps what it is sent, unread: the names and identifiers looked for are in it as they are.</summary>
    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentBag<byte[]> _traces = [];

        public Uri Address => new(app.Urls.First());

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Configuration["Urls"] = "http://127.0.0.1:0";
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var collector = new Collector(app);
            app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                if (signal == "traces")
                {
                    collector._traces.Add(body.ToArray());
                }
            });
            await app.StartAsync();
            return collector;
        }

        public bool HasSeen(string process, byte[] trace)
        {
            // The resource attribute service.name, as protobuf writes it.
            byte[] name =
            [
                .. "service.name"u8,
                0x12,
                (byte)(process.Length + 2),
                0x0a,
                (byte)process.Length,
                .. Encoding.ASCII.GetBytes(process),
            ];
            return _traces.Any(body => body.AsSpan().IndexOf(trace) >= 0 && body.AsSpan().IndexOf(name) >= 0);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
