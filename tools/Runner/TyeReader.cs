using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fabrique.Runner;

/// <summary>Reads the YAML nodes and collects every error instead of stopping at the first.</summary>
internal sealed class TyeReader(string folder)
{
    public const int MostReplicas = 16;

    /// <summary>Why a service cannot have replicas.</summary>
    public const string OnePort = "a service with a fixed port is one process, for nobody else can listen there";

    public List<(long Line, string Reason)> Errors { get; } = [];

    public TyeFile? Read(string yaml)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException error)
        {
            Errors.Add((error.Start.Line, $"not valid YAML: {error.Message}"));
            return null;
        }
        var root = stream.Documents.Count == 1 ? stream.Documents[0].RootNode : new YamlScalarNode();
        var keys = Keys(root, "the file", "name", "extensions", "services");
        var components = Items(keys, "extensions").Select(Extension).ToList();
        var services = Items(keys, "services", "service").Select(Service).ToList();
        foreach (var twice in services.SelectMany(service => service.Instances.Skip(1)).Intersect(services.Select(service => service.Name)))
        {
            Refuse(root, $"service '{twice}' has the name of another's replica");
        }
        if (services.Count == 0 && Errors.Count == 0)
        {
            Refuse(root, "'services' lists no service");
        }
        return new TyeFile(Text(keys, "name") ?? "fabrique", components.FirstOrDefault(), services);
    }

    private string? Extension(YamlNode node)
    {
        var keys = Keys(node, "an extension", "name", "components-path");
        if (Text(keys, "name") is var name && name != "dapr")
        {
            Refuse(node, $"extension '{name}' is unknown: only 'dapr' is");
        }
        var path = Path.GetFullPath(Path.Combine(folder, Required(node, keys, "components-path")));
        if (!Directory.Exists(path))
        {
            Refuse(node, $"components-path '{Text(keys, "components-path")}' is not a folder");
        }
        return path;
    }

    private TyeService Service(YamlNode node)
    {
        var keys = Keys(node, "a service", "name", "project", "executable", "args", "replicas", "env", "bindings");
        var name = Required(node, keys, "name");
        if (name is "sidecar" or "rabbitmq" or "epmd" or Logs.Own || name.StartsWith("daprd-", StringComparison.Ordinal))
        {
            Refuse(keys["name"], $"service '{name}': the runner starts or is that one itself");
        }
        var (project, executable) = (Text(keys, "project"), Text(keys, "executable"));
        if (project is null == executable is null)
        {
            Refuse(node, $"service '{name}' needs either 'project' or 'executable'");
        }
        if (project is not null && !File.Exists(project = Path.GetFullPath(Path.Combine(folder, project))))
        {
            Refuse(keys["project"], $"project '{Text(keys, "project")}' does not exist");
        }
        var env = Items(keys, "env", "variable")
            .Select(item => (Node: item, Keys: Keys(item, "an 'env' entry", "name", "value")))
            .Select(item => (Name: Required(item.Node, item.Keys, "name"), Value: Required(item.Node, item.Keys, "value")))
            .DistinctBy(item => item.Name)
            .ToDictionary(item => item.Name, item => item.Value);
        var bindings = Items(keys, "bindings", "binding").Select(Binding).ToList();
        var service = new TyeService(
            name,
            project,
            executable,
            Words(keys),
            env,
            bindings.Count > 0 ? bindings : [new TyeBinding("http", null, "h2c")]
        );
        return service with { Replicas = Replicas(keys, service) };
    }

    private int Replicas(Dictionary<string, YamlNode> keys, TyeService service)
    {
        if (!keys.TryGetValue("replicas", out var node))
        {
            return 1;
        }
        var isNumber =
            int.TryParse(Text(keys, "replicas"), NumberStyles.None, CultureInfo.InvariantCulture, out var replicas)
            && replicas is >= 1 and <= MostReplicas;
        if (!isNumber)
        {
            Refuse(node, $"replicas '{node}' is not a number from 1 to {MostReplicas}");
        }
        else if (replicas > 1 && service.IsPublic)
        {
            Refuse(node, $"replicas '{replicas}': {OnePort}");
        }
        return isNumber ? replicas : 1;
    }

    private TyeBinding Binding(YamlNode node)
    {
        var keys = Keys(node, "a binding", "name", "port", "protocol");
        int? port =
            ushort.TryParse(Text(keys, "port"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : null;
        if (port is null && Text(keys, "port") is { } text)
        {
            Refuse(keys["port"], $"port '{text}' is not a number from 1 to 65535");
        }
        if (Text(keys, "protocol") is { } protocol and not ("http" or "h2c"))
        {
            Refuse(keys["protocol"], $"protocol '{protocol}' is unknown: 'http' (HTTP/1.1) or 'h2c' (HTTP/2 without TLS)");
        }
        return new TyeBinding(Text(keys, "name") ?? "http", port, Text(keys, "protocol") ?? "http");
    }

    /// <summary>Tye's <c>args</c> is one string; a list is taken as it is, for arguments with spaces.</summary>
    private List<string> Words(Dictionary<string, YamlNode> keys) =>
        keys.GetValueOrDefault("args") is YamlScalarNode { Value: { } line }
            ? [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]
            : [.. Items(keys, "args").OfType<YamlScalarNode>().Select(item => item.Value ?? "")];

    private Dictionary<string, YamlNode> Keys(YamlNode node, string where, params string[] known)
    {
        var keys = new Dictionary<string, YamlNode>();
        if (node is not YamlMappingNode mapping)
        {
            Refuse(node, $"{where} must be a mapping of {string.Join(", ", known)}");
            return keys;
        }
        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } && known.Contains(name))
            {
                keys[name] = value;
            }
            else
            {
                Refuse(key, $"unknown key '{key}' in {where} (known: {string.Join(", ", known)})");
            }
        }
        return keys;
    }

    /// <param name="unique">What the items are, when no two may have the same name.</param>
    private List<YamlNode> Items(Dictionary<string, YamlNode> keys, string name, string? unique = null)
    {
        if (keys.GetValueOrDefault(name) is not YamlSequenceNode list)
        {
            if (keys.TryGetValue(name, out var other))
            {
                Refuse(other, $"'{name}' must be a list");
            }
            return [];
        }
        var names = list.OfType<YamlMappingNode>()
            .Select(item => item.Children.TryGetValue("name", out var text) ? text : null)
            .OfType<YamlScalarNode>();
        foreach (var twice in unique is null ? [] : names.GroupBy(text => text.Value).SelectMany(group => group.Skip(1)))
        {
            Refuse(twice, $"{unique} '{twice.Value}' is there twice");
        }
        return [.. list.Children];
    }

    private string Required(YamlNode node, Dictionary<string, YamlNode> keys, string name)
    {
        var text = Text(keys, name) ?? "";
        if (text.Length == 0)
        {
            Refuse(node, $"'{name}' is missing");
        }
        return text;
    }

    private static string? Text(Dictionary<string, YamlNode> keys, string name) => (keys.GetValueOrDefault(name) as YamlScalarNode)?.Value;

    private void Refuse(YamlNode node, string reason) => Errors.Add((Math.Max(node.Start.Line, 1), reason));
}
