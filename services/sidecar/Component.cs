using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fabrique.Sidecar;

/// <summary>Refuses a start: one message listing everything that is wrong in configuration and resource files.</summary>
public sealed class InvalidConfigurationException(IReadOnlyList<string> errors)
    : Exception($"The sidecar cannot start:{string.Concat(errors.Select(error => $"{Environment.NewLine}  - {error}"))}")
{
    /// <summary>One sentence per error: where, what, and the way out.</summary>
    public IReadOnlyList<string> Errors => errors;
}

/// <summary>A Dapr component as its YAML declares it, with its secrets resolved.</summary>
internal sealed record Component(string Name, string Type, string Version, YamlMap Metadata);

/// <summary>The content of a Dapr resources folder (<c>--resources-path</c>).</summary>
internal sealed record Resources(
    IReadOnlyList<Component> Components,
    Resiliency Resiliency,
    IReadOnlyList<DeclarativeSubscription> Subscriptions
)
{
    private const string EnvironmentStore = "secretstores.local.env";

    /// <summary>
    /// Reads every YAML document of the folder; whatever is wrong is added to <paramref name="errors"/>, nothing is guessed.
    /// </summary>
    public static Resources Read(string? folder, IConfiguration environment, List<string> errors)
    {
        var documents = Documents(folder, errors).ToList();
        var components = documents.Where(document => document.Kind == "Component").ToList();
        var stores = components
            .Where(document => document.Map.Map("spec")?.Text("type") == EnvironmentStore)
            .Select(document => document.Name)
            .ToHashSet();
        var read = new List<Component>();
        foreach (var (_, name, map) in components)
        {
            var component = ReadComponent(name, map, stores, environment);
            if (read.Exists(other => other.Name == name))
            {
                map.Fail("metadata.name", $"'{name}' is declared twice");
            }
            read.Add(component);
        }
        read.RemoveAll(component => component.Type == EnvironmentStore);
        var names = read.ConvertAll(component => component.Name);
        var resiliency = new Resiliency();
        var subscriptions = new List<DeclarativeSubscription>();
        foreach (var (kind, _, map) in documents.Where(document => document.Kind != "Component"))
        {
            switch (kind)
            {
                case "Resiliency":
                    resiliency.Read(map, names);
                    break;
                case "Subscription":
                    subscriptions.Add(ReadSubscription(map, names, subscriptions));
                    break;
                default:
                    map.Fail("kind", $"'{kind}' is not supported; known: Component, Resiliency, Subscription");
                    break;
            }
        }
        return new Resources(read, resiliency, subscriptions);
    }

    /// <summary>Of two files for one topic of an app daprd takes the first and ignores the other: here the second is an error.</summary>
    private static DeclarativeSubscription ReadSubscription(
        YamlMap map,
        IReadOnlyList<string> pubSubs,
        List<DeclarativeSubscription> others
    )
    {
        var subscription = DeclarativeSubscription.Read(map, pubSubs);
        var (pubSub, topic) = (subscription.Declaration.PubsubName, subscription.Declaration.Topic);
        if (
            others.Exists(other =>
                other.Declaration.PubsubName == pubSub
                && other.Declaration.Topic == topic
                && (other.Scopes.Count == 0 || subscription.Scopes.Count == 0 || other.Scopes.Any(subscription.IsFor))
            )
        )
        {
            map.Map("spec")?.Fail("topic", $"'{topic}' of {pubSub} is declared twice for an app");
        }
        return subscription;
    }

    private static IEnumerable<(string Kind, string Name, YamlMap Map)> Documents(string? folder, List<string> errors)
    {
        if (!Directory.Exists(folder))
        {
            errors.Add($"--resources-path: the folder '{folder}' does not exist; give the folder of the Dapr component files");
            yield break;
        }
        var files = Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file) is ".yaml" or ".yml");
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var stream = new YamlStream();
            try
            {
                using var reader = File.OpenText(file);
                stream.Load(reader);
            }
            catch (YamlException error)
            {
                errors.Add($"{Path.GetFileName(file)}:{error.Start.Line}: {error.Message}");
            }
            foreach (var root in stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>())
            {
                var map = new YamlMap(root, Path.GetFileName(file), "", errors);
                var kind = map.Text("kind") ?? "";
                var version = kind == "Subscription" ? "dapr.io/v2alpha1" : "dapr.io/v1alpha1";
                if (map.Required("apiVersion") is { Length: > 0 } declared && declared != version)
                {
                    map.Fail("apiVersion", $"'{declared}' must be {version}");
                }
                yield return (kind, map.Map("metadata")?.Required("name") ?? "", map);
            }
        }
    }

    private static Component ReadComponent(string name, YamlMap map, HashSet<string> stores, IConfiguration environment)
    {
        var spec = map.Map("spec");
        var type = spec?.Required("type") ?? "";
        if (spec is null)
        {
            map.Fail("spec", "missing");
        }
        var store = map.Map("auth")?.Text("secretStore");
        var metadata = map.Entries("spec.metadata");
        foreach (var item in spec?.List("metadata") ?? [])
        {
            var (key, value, secret) = (item.Required("name"), item.Text("value"), item.Map("secretKeyRef"));
            if (secret is null)
            {
                metadata.Add(key, value, item);
            }
            else
            {
                var (secretName, variable) = (secret.Required("name"), secret.Text("key"));
                variable ??= secretName;
                metadata.Add(key, environment[variable], item);
                if (store is null || !stores.Contains(store))
                {
                    metadata.Fail(key, $"a secretKeyRef needs auth.secretStore with the name of a component of type {EnvironmentStore}");
                }
                else if (string.IsNullOrEmpty(environment[variable]))
                {
                    metadata.Fail(key, $"the environment variable {variable} is not set");
                }
            }
            item.RejectOthers();
        }
        if (type is not ("pubsub.in-memory" or "pubsub.rabbitmq" or EnvironmentStore))
        {
            spec?.Fail("type", $"'{type}' is unknown; known: pubsub.in-memory, pubsub.rabbitmq, {EnvironmentStore}");
        }
        var component = new Component(name, type, spec?.Text("version") ?? "v1", metadata);
        spec?.RejectOthers();
        map.RejectOthers();
        return component;
    }
}
