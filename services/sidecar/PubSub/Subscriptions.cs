using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fabrique.Sidecar;

/// <summary>
/// Follows the apps: asks each replica for its subscriptions until it answers, and again and again, since an app may start late,
/// restart, or be replaced by one that subscribes to something else. What an app says replaces what a file says for the same topic.
/// </summary>
internal sealed partial class Subscriptions(
    Apps apps,
    IReadOnlyList<DeclarativeSubscription> files,
    Consumers consumers,
    Delivery delivery,
    AppClient client,
    TimeProvider clock,
    IConfiguration configuration,
    ILogger<Subscriptions> log
) : BackgroundService, IHostedLifecycleService, IHealthCheck
{
    /// <summary>
    /// Setting, as daprd's: seconds that a delivery under way has when the sidecar stops; what is not done then is delivered again.
    /// </summary>
    public const string GraceKey = "dapr-graceful-shutdown-seconds";

    public const double GraceByDefault = 5;

    /// <summary>Setting: seconds that publishers wait for the next app that tells its subscriptions, while some have not yet.</summary>
    public const string WaitKey = "subscriptions-wait";

    public const double WaitByDefault = 30;

    private static readonly TimeSpan WhileDown = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WhileUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PublisherPatience = TimeSpan.FromSeconds(4);

    private readonly Lock _taking = new();
    private readonly ConcurrentDictionary<Replica, string> _problems = new();
    private readonly ConcurrentDictionary<string, bool> _unread = new(apps.All.Select(app => KeyValuePair.Create(app.Id, true)));
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True once the app has told its subscriptions and their queues exist.</summary>
    public bool AreRead(App app) => !_unread.ContainsKey(app.Id);

    /// <summary>
    /// Holds a publish back while an app may still subscribe: published before its queue exists, an event would reach the others and
    /// never that app. When no further app arrives in time (<c>--subscriptions-wait</c>, 30 s), those that are missing no longer hold the
    /// others.
    /// </summary>
    /// <exception cref="RpcException">
    /// FailedPrecondition, naming the apps not heard yet; Unavailable when their queues wait for the broker.
    /// </exception>
    public async Task WhenReadAsync(PubSub pubSub, CancellationToken cancellation)
    {
        try
        {
            await _ready.Task.WaitAsync(PublisherPatience, clock, cancellation);
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
        var flowing = apps.All.All(app =>
            StateOf(app) == "up" && consumers.Of(app).All(subscription => subscription.Problem is null && !delivery.IsPaused(subscription))
        );
        var data = apps.All.ToDictionary(
            app => app.Id,
            app =>
                (object)
                    new
                    {
                        state = StateOf(app),
                        replicas = app.Replicas.Count,
                        replicasUp = app.Replicas.Count(replica => replica.IsUp),
                        subscriptions = consumers
                            .Of(app)
                            .OrderBy(subscription => subscription.Topic, StringComparer.Ordinal)
                            .Select(subscription => subscription.Figures(delivery.IsPaused(subscription))),
                    }
        );
        return Task.FromResult(new HealthCheckResult(flowing ? HealthStatus.Healthy : HealthStatus.Degraded, data: data));
    }

    private string StateOf(App app) =>
        !app.Replicas.Any(replica => replica.HasAnswered) ? "down"
        : !app.IsUp ? "unhealthy"
        : app.Replicas.Any(_problems.ContainsKey) ? "refused"
        : "up";

    private string Missing => string.Join(", ", _unread.Keys.Order(StringComparer.Ordinal));

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before anything else stops: handlers at work must be able to publish and to call.</summary>
    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => StopAsync(cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var grace = TimeSpan.FromSeconds(configuration.GetValue(GraceKey, GraceByDefault));
        using var stopping = stoppingToken.Register(() => delivery.BeginGrace(grace));
        await Task.WhenAll([
            WaitAsync(stoppingToken),
            .. apps.All.SelectMany(app => app.Replicas.Select(replica => FollowAsync(app, replica, stoppingToken))),
        ]);
        await consumers.WhenEndedAsync();
    }

    private async Task WaitAsync(CancellationToken stopping)
    {
        var wait = TimeSpan.FromSeconds(configuration.GetValue(WaitKey, WaitByDefault));
        // Where several start one after the other on a slow machine, each that arrives gives the next one its time.
        int missing;
        do
        {
            missing = _unread.Count;
            await Task.WhenAny(_ready.Task, Task.Delay(wait, clock, stopping));
        } while (!_ready.Task.IsCompleted && !stopping.IsCancellationRequested && _unread.Count < missing);
        if (_ready.TrySetResult() && !stopping.IsCancellationRequested && !_unread.IsEmpty)
        {
            LogNotHeard(Missing, wait);
        }
    }

    private async Task FollowAsync(App app, Replica replica, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                if (await ReadAsync(app, replica, stopping) is { } declared)
                {
                    Take(app, replica, declared, stopping);
                    replica.Answered();
                    if (_unread.ContainsKey(app.Id))
                    {
                        await Task.WhenAll(consumers.Of(app).Select(subscription => subscription.WhenSettled)).WaitAsync(stopping);
                        _unread.TryRemove(app.Id, out _);
                    }
                    if (_unread.IsEmpty)
                    {
                        _ready.TrySetResult();
                    }
                }
                await Task.WhenAny(replica.WhenDoubted, Task.Delay(WhileUp, clock, stopping));
                if (!replica.HasAnswered)
                {
                    await Task.Delay(WhileDown, clock, stopping);
                }
                stopping.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The sidecar stops.
        }
    }

    /// <summary>
    /// The replica's subscriptions; null when it did not answer or its answer is of no use, in which case those it has go on.
    /// </summary>
    private async Task<List<SubscriptionDeclaration>?> ReadAsync(App app, Replica replica, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            using var request = client.Request(HttpMethod.Get, replica, "/dapr/subscribe");
            using var response = await client.SendAsync(request, limit.Token);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return [];
            }
            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            return await JsonSerializer.DeserializeAsync<List<SubscriptionDeclaration>>(body, JsonSerializerOptions.Web, limit.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            if (error is HttpRequestException { StatusCode: null } unreachable)
            {
                replica.Doubt();
                Complain(app, replica, unreachable.HttpRequestError == HttpRequestError.ConnectionError ? null : error.Message);
                return null;
            }
            if (error is HttpRequestException or JsonException)
            {
                replica.Answered();
            }
            Complain(app, replica, $"GET /dapr/subscribe: {error.Message}");

            return null;
        }
    }

    private void Take(App app, Replica replica, List<SubscriptionDeclaration> declared, CancellationToken stopping)
    {
        lock (_taking)
        {
            replica.Declared = [.. declared.OfType<SubscriptionDeclaration>()];
            var ofReplicas = app.Replicas.Where(other => other == replica || other.HasAnswered).SelectMany(other => other.Declared);
            var ofFiles = files.Where(file => file.IsFor(app.Id)).Select(file => file.Declaration);
            var wanted = ofReplicas.Concat(ofFiles).DistinctBy(declaration => (declaration.PubsubName, declaration.Topic));
            Complain(app, replica, consumers.Take(app, [.. wanted], stopping));
        }
    }

    private void Complain(App app, Replica replica, string? problem)
    {
        if (problem is null)
        {
            _problems.TryRemove(replica, out _);
        }
        else if (_problems.GetValueOrDefault(replica) != problem)
        {
            _problems[replica] = problem;
            LogProblem(app.Id, problem);
        }
    }

    [LoggerMessage(LogLevel.Error, "Subscriptions of {App}: {Problem}")]
    private partial void LogProblem(string app, string problem);

    [LoggerMessage(LogLevel.Warning, "No subscriptions from {Apps} after {Wait}: publishing goes on without them")]
    private partial void LogNotHeard(string apps, TimeSpan wait);
}
