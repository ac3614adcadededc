using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fabrique.Sidecar;

/// <summary>
/// Follows the apps: asks each one for its subscriptions until it answers, and again and again, since an app may start late,
/// restart, or be replaced by one that subscribes to something else.
/// </summary>
internal sealed partial class Subscriptions(
    Apps apps,
    IReadOnlyList<PubSub> pubSubs,
    Delivery delivery,
    AppClient client,
    TimeProvider time,
    IConfiguration configuration,
    ILogger<Subscriptions> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan WhileDown = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WhileUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PublisherPatience = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<(string App, string PubSub, string Topic), Running> _running = new();
    private readonly ConcurrentDictionary<string, string> _problems = new();
    private readonly ConcurrentDictionary<string, bool> _unread = new(apps.All.Select(app => KeyValuePair.Create(app.Id, true)));
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IEnumerable<Subscription> Of(App app) => _running.Values.Select(running => running.Subscription).Where(subscription => subscription.App == app);

    /// <summary>True once the app has told its subscriptions and their queues exist.</summary>
    public bool AreRead(App app) => !_unread.ContainsKey(app.Id);

    /// <summary>
    /// Holds a publish back while an app may still subscribe: published before its queue exists, an event would reach the others and
    /// never that app. An app that does not start in time (<c>--subscriptions-wait</c>, 30 s) no longer holds the others.
    /// </summary>
    /// <exception cref="RpcException">FailedPrecondition, naming the apps not heard yet; Unavailable when their queues wait for the broker.</exception>
    public async Task WhenReadAsync(PubSub pubSub, CancellationToken cancellation)
    {
        try
        {
            await _ready.Task.WaitAsync(PublisherPatience, time, cancellation);
        }
        catch (TimeoutException)
        {
            var reason = $"the subscriptions of {Missing} are not known yet: keep the message and publish again";
            throw pubSub.Away() ?? new RpcException(new Status(StatusCode.FailedPrecondition, reason));
        }
    }

    /// <summary>The apps' part of the health page: degraded while one is down, or a subscription of it does not flow.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var flowing = apps.All.All(app => app.IsUp && !_problems.ContainsKey(app.Id) && Of(app).All(subscription => subscription.Problem is null));
        var data = apps.All.ToDictionary(app => app.Id, app => (object)new
        {
            state = !app.IsUp ? "down" : _problems.ContainsKey(app.Id) ? "refused" : "up",
            subscriptions = Of(app).OrderBy(subscription => subscription.Topic, StringComparer.Ordinal).Select(subscription => subscription.Figures),
        });
        return Task.FromResult(new HealthCheckResult(flowing ? HealthStatus.Healthy : HealthStatus.Degraded, data: data));
    }

    private string Missing => string.Join(", ", _unread.Keys.Order(StringComparer.Ordinal));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = stoppingToken.Register(delivery.BeginGrace);
        await Task.WhenAll([WaitAsync(stoppingToken), .. apps.All.Select(app => FollowAsync(app, stoppingToken))]);
        await Task.WhenAll(_running.Values.Select(running => running.Consuming));
    }

    private async Task WaitAsync(CancellationToken stopping)
    {
        var wait = TimeSpan.FromSeconds(configuration.GetValue("subscriptions-wait", 30.0));
        await Task.WhenAny(_ready.Task, Task.Delay(wait, time, stopping));
        if (_ready.TrySetResult() && !stopping.IsCancellationRequested && !_unread.IsEmpty)
        {
            LogNotHeard(Missing, wait);
        }
    }

    private async Task FollowAsync(App app, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                if (await ReadAsync(app, stopping) is { } declared)
                {
                    Take(app, declared, stopping);
                    app.Answered();
                    if (_unread.ContainsKey(app.Id))
                    {
                        await Task.WhenAll(Of(app).Select(subscription => subscription.WhenSettled)).WaitAsync(stopping);
                        _unread.TryRemove(app.Id, out _);
                    }

                    if (_unread.IsEmpty)
                    {
                        _ready.TrySetResult();
                    }
                }

                await Task.WhenAny(app.WhenDown, Task.Delay(WhileUp, time, stopping));
                if (!app.IsUp)
                {
                    await Task.Delay(WhileDown, time, stopping);
                }

                stopping.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The sidecar stops.
        }
    }

    /// <summary>The app's subscriptions; null when it did not answer or its answer is of no use, in which case those it has go on.</summary>
    private async Task<List<SubscriptionDeclaration>?> ReadAsync(App app, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            using var request = client.Request(HttpMethod.Get, app, "/dapr/subscribe");
            using var response = await client.SendAsync(request, limit.Token);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return [];
            }

            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            return await JsonSerializer.DeserializeAsync<List<SubscriptionDeclaration>>(body, JsonSerializerOptions.Web, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            if (e is HttpRequestException { StatusCode: null } unreachable)
            {
                app.Doubt();
                Complain(app, unreachable.HttpRequestError == HttpRequestError.ConnectionError ? null : e.Message);
                return null;
            }

            if (e is HttpRequestException or JsonException)
            {
                app.Answered();
            }

            Complain(app, $"GET /dapr/subscribe: {e.Message}");

            return null;
        }
    }

    private void Take(App app, List<SubscriptionDeclaration> declared, CancellationToken stopping)
    {
        var problems = new List<string>();
        var kept = new HashSet<(string, string, string)>();
        foreach (var declaration in declared.OfType<SubscriptionDeclaration>())
        {
            var pubSub = pubSubs.FirstOrDefault(pubSub => pubSub.Name == declaration.PubsubName);
            if (declaration.Unsupported is not null || pubSub is null || string.IsNullOrEmpty(declaration.Topic))
            {
                var reason = declaration.Unsupported ?? (pubSub is null ? "there is no such pub/sub component" : "it has no topic");
                problems.Add($"{declaration.PubsubName}/{declaration.Topic}: {reason}");
                continue;
            }

            var key = (app.Id, pubSub.Name, declaration.Topic);
            kept.Add(key);
            _running.GetOrAdd(key, _ => Start(new Subscription(app, pubSub, declaration), stopping)).Subscription.Declaration = declaration;
        }

        foreach (var (key, running) in _running.Where(running => running.Key.App == app.Id && !kept.Contains(running.Key)))
        {
            LogGone(app.Id, key.Topic, running.Subscription.Queue);
            running.Stop.Cancel();
            _running.TryRemove(key, out _);
        }

        Complain(app, problems.Count > 0 ? string.Join("; ", problems) : null);
    }

    private Running Start(Subscription subscription, CancellationToken stopping)
    {
        LogSubscribed(subscription.App.Id, subscription.Topic, subscription.Declaration.Path);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        return new Running(subscription, stop, ConsumeAsync());

        async Task ConsumeAsync()
        {
            using (stop)
            {
                Task<Settlement> Deliver(ReadOnlyMemory<byte> body, CancellationToken returned) => delivery.DeliverAsync(subscription, body, returned);
                await subscription.PubSub.ConsumeAsync(subscription, Deliver, stop.Token);
            }
        }
    }

    private void Complain(App app, string? problem)
    {
        if (problem is null)
        {
            _problems.TryRemove(app.Id, out _);
        }
        else if (_problems.GetValueOrDefault(app.Id) != problem)
        {
            _problems[app.Id] = problem;
            LogProblem(app.Id, problem);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{App} subscribes to {Topic} at {Path}")]
    private partial void LogSubscribed(string app, string topic, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{App} no longer subscribes to {Topic}: RabbitMQ keeps filling {Queue} until somebody deletes it")]
    private partial void LogGone(string app, string topic, string queue);

    [LoggerMessage(Level = LogLevel.Error, Message = "Subscriptions of {App}: {Problem}")]
    private partial void LogProblem(string app, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No subscriptions from {Apps} after {Wait}: publishing goes on without them")]
    private partial void LogNotHeard(string apps, TimeSpan wait);

    private sealed record Running(Subscription Subscription, CancellationTokenSource Stop, Task Consuming);
}
