using System.Text.Json.Serialization;

namespace Fabrique.Sidecar;

/// <summary>A subscription as an app declares it in <c>GET /dapr/subscribe</c>, or a file of kind <c>Subscription</c> for it.</summary>
internal sealed record SubscriptionDeclaration(
    string? PubsubName,
    string? Topic,
    string? Route,
    RoutesDeclaration? Routes,
    Dictionary<string, string>? Metadata,
    string? DeadLetterTopic,
    BulkDeclaration? BulkSubscribe
)
{
    /// <summary>Events in one request.</summary>
    public const int MostInBulk = 1000;

    private const string RawPayloadKey = "rawPayload";

    private readonly List<(string Key, string Reason)> _problems = [];
    private Routing? _routing;
    private QueueOptions? _queue;

    /// <summary>It stands in a file.</summary>
    [JsonIgnore]
    public bool IsDeclarative { get; init; }

    /// <summary>Where its events go.</summary>
    public Routing Routing => _routing ??= new Routing(Routes?.Rules ?? [], Routes?.Default ?? Route, _problems);

    /// <summary>What it asks of its queue.</summary>
    public QueueOptions Queue => _queue ??= QueueOptions.Read(Metadata ?? [], _problems);

    public bool RawPayload => string.Equals(Metadata?.GetValueOrDefault(RawPayloadKey), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Why this sidecar refuses the subscription, key by key: better none than one that is served differently.</summary>
    public IReadOnlyList<(string Key, string Reason)> Problems(IEnumerable<string> pubSubs)
    {
        _ = (Routing, Queue);
        List<(string, string)> problems = [.. _problems];
        if (!pubSubs.Contains(PubsubName))
        {
            problems.Add(("pubsubname", $"there is no such pub/sub component '{PubsubName}'"));
        }
        if (string.IsNullOrWhiteSpace(Topic))
        {
            problems.Add(("topic", "missing: it has no topic"));
        }
        if (BulkSubscribe?.Enabled == true && RawPayload)
        {
            problems.Add(("bulkSubscribe", "not supported together with metadata.rawPayload"));
        }
        if (BulkSubscribe is { MaxMessagesCount: < 0 or > MostInBulk })
        {
            problems.Add(("bulkSubscribe.maxMessagesCount", $"must be from 1 to {MostInBulk}"));
        }
        problems.AddRange(
            (Metadata?.Keys ?? Enumerable.Empty<string>())
                .Where(key => key != RawPayloadKey && !QueueOptions.Keys.Contains(key))
                .Select(key => ($"metadata.{key}", $"not supported; known: {string.Join(", ", QueueOptions.Keys.Append(RawPayloadKey))}"))
        );
        return problems;
    }
}

internal sealed record RoutesDeclaration(List<RuleDeclaration>? Rules, string? Default);

/// <summary>What a subscription with <c>bulkSubscribe</c> asks for.</summary>
/// <param name="Enabled">Several events come in one request.</param>
/// <param name="MaxMessagesCount">At most so many; 0 for Dapr's default.</param>
internal sealed record BulkDeclaration(bool Enabled, int MaxMessagesCount = 0)
{
    /// <summary>daprd's default.</summary>
    public const int DefaultCount = 100;

    public int Most => MaxMessagesCount > 0 ? MaxMessagesCount : DefaultCount;
}

/// <summary>A file of kind <c>Subscription</c> (dapr.io/v2alpha1) and the apps it is for.</summary>
internal sealed record DeclarativeSubscription(SubscriptionDeclaration Declaration, IReadOnlyList<string> Scopes)
{
    /// <summary>Without scopes it is for every app, as with daprd.</summary>
    public bool IsFor(string app) => Scopes.Count == 0 || Scopes.Contains(app, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a resource; whatever is wrong goes to the errors of the start.</summary>
    public static DeclarativeSubscription Read(YamlMap resource, IReadOnlyList<string> pubSubs)
    {
        var spec = resource.Map("spec");
        if (spec is null)
        {
            resource.Fail("spec", "missing");
        }
        var routes = spec?.Map("routes");
        var rules = new List<RuleDeclaration>();
        foreach (var rule in routes?.List("rules") ?? [])
        {
            rules.Add(new RuleDeclaration(rule.Text("match"), rule.Text("path")));
            rule.RejectOthers();
        }
        var metadata = spec?.Map("metadata");
        var bulk = spec?.Map("bulkSubscribe");
        var most = bulk?.Number("maxMessagesCount", byDefault: BulkDeclaration.DefaultCount, least: 1, most: int.MaxValue);
        bulk?.Number("maxAwaitDurationMs", byDefault: 1000, least: 1, most: int.MaxValue);
        var declaration = new SubscriptionDeclaration(
            spec?.Text("pubsubname"),
            spec?.Text("topic"),
            null,
            new RoutesDeclaration(rules, routes?.Text("default")),
            metadata?.Keys.ToDictionary(key => key, key => metadata.Text(key) ?? ""),
            spec?.Text("deadLetterTopic"),
            new BulkDeclaration(bulk?.Flag("enabled") ?? false, most ?? 0)
        )
        {
            IsDeclarative = true,
        };
        var subscription = new DeclarativeSubscription(declaration, resource.Texts("scopes"));
        foreach (var (key, reason) in spec is null ? [] : declaration.Problems(pubSubs))
        {
            spec!.Fail(key, reason);
        }
        resource.RejectOthers();
        return subscription;
    }
}
