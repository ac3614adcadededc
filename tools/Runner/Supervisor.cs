using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Fabrique.Runner;

/// <summary>Runs the processes of a node: in order of stage, each stage when the one before is healthy; stops them the other way.</summary>
internal sealed class Supervisor(NodePlan plan, string data, Logs logs, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(5);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly List<ManagedProcess> _processes = [];
    private readonly Lock _file = new();
    private bool _ready;

    /// <summary>Returns when all is stopped.</summary>
    /// <param name="ready">Called once, when every process is healthy.</param>
    /// <param name="stop">Stop in order.</param>
    /// <param name="kill">Stop at once.</param>
    public async Task RunAsync(Action ready, CancellationToken stop, CancellationToken kill)
    {
        using var spawner = new Spawner();
        try
        {
            foreach (var stage in plan.Processes.GroupBy(spec => spec.Stage).OrderBy(group => group.Key))
            {
                var started = stage.Select(spec => new ManagedProcess(spec, spawner, logs, time, WriteRunFile)).ToList();
                lock (_file)
                {
                    _processes.AddRange(started);
                }

                started.ForEach(process => process.Start());
                await Task.WhenAll(started.Select(process => HealthyAsync(process, stop)));
            }

            _ready = true;
            WriteRunFile();
            ready();
            await WatchAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            logs.Write(Logs.Own, "stopping");
        }
        finally
        {
            foreach (var stage in _processes.GroupBy(process => process.Spec.Stage).OrderByDescending(group => group.Key))
            {
                await Task.WhenAll(stage.Select(process => process.StopAsync(Patience, kill)));
            }

            _processes.ForEach(process => process.Dispose());
            RunFile.Delete(data);
            logs.Write(Logs.Own, "stopped");
        }
    }

    private async Task HealthyAsync(ManagedProcess process, CancellationToken stop)
    {
        var (begin, told) = (time.GetTimestamp(), 1);
        using var timer = new PeriodicTimer(ProbeEvery, time);
        while (
            await Probe.AskAsync(process.Spec.Address, process.Spec.Http2, process.Spec.HealthPage, stop) is var health && !health.IsHealthy
        )
        {
            await timer.WaitForNextTickAsync(stop);
            if (time.GetElapsedTime(begin).TotalSeconds > 10 * told)
            {
                logs.Write(Logs.Own, $"{process.Spec.Name} is not healthy after {10 * told++} s: {health.Text}");
            }
        }

        process.Healthy = true;
        logs.Write(
            Logs.Own,
            $"{process.Spec.Name} is healthy after {time.GetElapsedTime(begin).TotalSeconds:0.0} s{(Text(process.Spec.Address) is { } at ? $" at {at}" : "")}"
        );
        WriteRunFile();
    }

    /// <summary>An unhealthy process is reported, not restarted: what ails it (a broker, a disk) is often not its own.</summary>
    private async Task WatchAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(WatchEvery, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            foreach (var process in _processes)
            {
                var health = await Probe.AskAsync(process.Spec.Address, process.Spec.Http2, process.Spec.HealthPage, stop);
                if (health.IsHealthy != process.Healthy)
                {
                    process.Healthy = health.IsHealthy;
                    logs.Write(Logs.Own, $"{process.Spec.Name} is {(health.IsHealthy ? "healthy again" : $"not healthy: {health.Text}")}");
                    WriteRunFile();
                }
            }
        }
    }

    private static string? Text(Uri? address) => address?.GetLeftPart(UriPartial.Authority);

    private void WriteRunFile()
    {
        lock (_file)
        {
            var states = _processes
                .Where(process => process.State is not null)
                .Select(process => process.State! with { Healthy = process.Healthy });
            try
            {
                new RunFile(
                    Environment.ProcessId,
                    Proc.StartTicks(Environment.ProcessId) ?? 0,
                    _startedAt,
                    Text(plan.Address),
                    Text(plan.GrpcAddress),
                    plan.Broker.Description,
                    plan.Database.Description,
                    plan.Sidecar.Description,
                    plan.Keepers,
                    _ready,
                    [.. states]
                ).Write(data);
            }
            catch (IOException exception)
            {
                logs.Write(Logs.Own, $"{RunFile.PathIn(data)} cannot be written: {exception.Message}");
            }
        }
    }
}

/// <summary>What a process says of itself.</summary>
internal sealed record Probe(bool IsHealthy, string Text)
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    /// <summary>Asks the health page, or whether a broker listens; without address there is nothing to ask and the answer is healthy.</summary>
    public static async Task<Probe> AskAsync(Uri? address, bool http2, string page, CancellationToken cancel)
    {
        try
        {
            return address switch
            {
                null => new Probe(true, "alive"),
                { Scheme: "amqp" } => await ConnectAsync(address, cancel),
                _ => await GetAsync(new Uri(address, page), http2, cancel),
            };
        }
        catch (Exception exception)
            when (exception is HttpRequestException or SocketException or IOException or JsonException
                || (exception is OperationCanceledException && !cancel.IsCancellationRequested)
            )
        {
            return new Probe(false, exception is OperationCanceledException ? "no answer in 3 s" : "no answer");
        }
    }

    private static async Task<Probe> GetAsync(Uri page, bool http2, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, page)
        {
            Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await Client.SendAsync(request, cancel);
        var body = await response.Content.ReadAsStringAsync(cancel);
        var status =
            response.Content.Headers.ContentType?.MediaType == "application/json"
            && JsonDocument.Parse(body).RootElement is { ValueKind: JsonValueKind.Object } json
            && json.TryGetProperty("status", out var value)
                ? value.ToString()
                : null;
        return new Probe(
            response.IsSuccessStatusCode,
            status ?? (response.IsSuccessStatusCode ? "healthy" : $"answers {(int)response.StatusCode}")
        );
    }

    /// <summary>A broker opens its port when all the rest of it is up. Nothing is said: it would log a greeting without a login.</summary>
    private static async Task<Probe> ConnectAsync(Uri address, CancellationToken cancel)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, cancel);
        return new Probe(true, "healthy");
    }
}
