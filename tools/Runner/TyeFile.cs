namespace Fabrique.Runner;

/// <summary>A port of a service. <paramref name="Port"/> null: a free one on loopback, chosen by the runner.</summary>
/// <param name="Protocol"><c>http</c> (HTTP/1.1) or <c>h2c</c> (HTTP/2 without TLS).</param>
internal sealed record TyeBinding(string Name, int? Port, string Protocol);

/// <summary>A service of a node: either a <paramref name="Project"/> of this repository or any <paramref name="Executable"/>.</summary>
/// <param name="Replicas">How many processes of it run.</param>
internal sealed record TyeService(
    string Name,
    string? Project,
    string? Executable,
    IReadOnlyList<string> Args,
    IReadOnlyDictionary<string, string> Env,
    IReadOnlyList<TyeBinding> Bindings,
    int Replicas = 1
)
{
    /// <summary>True for a service with a port given in the file: it faces the outside and opens when the rest is healthy.</summary>
    public bool IsPublic => Bindings.Any(binding => binding.Port is not null);

    /// <summary>The names of its processes.</summary>
    public IEnumerable<string> Instances => Enumerable.Range(1, Replicas).Select(number => number == 1 ? Name : $"{Name}-{number}");
}

/// <summary>
/// A named subset of the tye.yaml format (dotnet/tye, docs/reference/schema.md). What is not in the subset is refused rather than
/// ignored: a misspelt key must not start a node that is subtly different.
/// </summary>
/// <param name="ComponentsPath">Folder of the Dapr components, absolute; null when the file does not ask for Dapr.</param>
internal sealed record TyeFile(string Name, string? ComponentsPath, IReadOnlyList<TyeService> Services)
{
    /// <exception cref="PlainError">The file is missing or wrong; the message lists every error with its line.</exception>
    public static TyeFile Load(string path)
    {
        var reader = new TyeReader(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var file = reader.Read(File.Exists(path) ? File.ReadAllText(path) : throw new PlainError($"{path} does not exist"));
        var errors = reader
            .Errors.OrderBy(error => error.Line)
            .Select(error => $"{Path.GetFileName(path)} line {error.Line}: {error.Reason}");
        return reader.Errors.Count == 0 ? file! : throw new PlainError(string.Join('\n', errors));
    }

    /// <param name="replicas">How many processes of a service run, instead of what the file says.</param>
    /// <exception cref="PlainError">There is no such service, or it cannot have several.</exception>
    public TyeFile With(IReadOnlyDictionary<string, int> replicas)
    {
        if (replicas.Keys.FirstOrDefault(name => Services.All(service => service.Name != name)) is { } unknown)
        {
            throw new PlainError(
                $"--replicas {unknown}: there is no such service, but {string.Join(", ", Services.Select(service => service.Name))}"
            );
        }
        var file = this with
        {
            Services =
            [
                .. Services.Select(service => service with { Replicas = replicas.GetValueOrDefault(service.Name, service.Replicas) }),
            ],
        };
        return file.Services.FirstOrDefault(service => service is { Replicas: > 1, IsPublic: true }) is { } fixedPort
            ? throw new PlainError($"--replicas {fixedPort.Name}: {TyeReader.OnePort}")
            : file;
    }
}
