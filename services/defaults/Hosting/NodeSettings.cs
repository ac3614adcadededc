using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace Fabrique;

/// <summary>
/// What whoever looks after a node set on its pages: the file <c>settings.json</c> of the data folder, which only its owner reads, a line
/// for each setting. Every process reads it below the environment and the command line, and again when it changes.
/// </summary>
public static class NodeSettings
{
    public const string FileName = "settings.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
    private static readonly Lock Saving = new();

    /// <summary>Adds the file of the folder <c>Data</c>, below all that says more exactly what this process is to do.</summary>
    /// <exception cref="JsonException">It was edited by hand, and is no list of settings any more.</exception>
    public static void AddNodeSettings(this IConfigurationManager configuration)
    {
        var folder = Path.GetFullPath(configuration["Data"] ?? "data");
        if (configuration["Data"] is null && !Directory.Exists(folder))
        {
            // A process that keeps nothing here.
            return;
        }
        configuration.Sources.Insert(0, new Source(Directory.CreateDirectory(folder).FullName));
    }

    /// <summary>What the file holds; nothing where there is none.</summary>
    /// <param name="folder">The data folder.</param>
    public static Dictionary<string, string> Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(path)) ?? [] : [];
        }
        catch (JsonException error)
        {
            throw new JsonException(
                $"{path} is {(new FileInfo(path).Length == 0 ? "empty" : "no list of settings any more")}: put back a copy, or move it away and set its values again on the page of the node",
                error
            );
        }
    }

    /// <summary>Reads the file again now, rather than in some seconds.</summary>
    public static void ReloadNodeSettings(this IConfiguration configuration)
    {
        foreach (var provider in ((IConfigurationRoot)configuration).Providers.OfType<Provider>())
        {
            provider.Load();
        }
    }

    /// <summary>Changes some settings and leaves the others as they are.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="changes">By name, "Mail:Server"; an empty one is taken out.</param>
    public static void Save(string folder, IReadOnlyDictionary<string, string> changes)
    {
        lock (Saving)
        {
            var settings = Read(folder);
            foreach (var (name, value) in changes)
            {
                settings.Remove(name);
                if (value.Length > 0)
                {
                    settings.Add(name, value);
                }
            }
            OwnerFile.Replace(Path.Combine(folder, FileName), JsonSerializer.Serialize(settings, Json) + "\n");
        }
    }

    private sealed class Source(string folder) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(folder);
    }

    /// <summary>
    /// The file as configuration. One reading at a time: of two, the one that began before a change could end after the other and bring the
    /// old settings back.
    /// </summary>
    private sealed class Provider : ConfigurationProvider, IDisposable
    {
        private readonly string _folder;
        private readonly PhysicalFileProvider _files;
        private readonly IDisposable _watch;
        private readonly Lock _reading = new();
        private bool _started;

        public Provider(string folder)
        {
            _folder = folder;
            // Looked at every few seconds: a watcher would hear every write of the databases beside it.
            _files = new PhysicalFileProvider(folder) { UsePollingFileWatcher = true, UseActivePolling = true };
            _watch = ChangeToken.OnChange(() => _files.Watch(FileName), Load);
        }

        public override void Load()
        {
            lock (_reading)
            {
                try
                {
                    Data = new Dictionary<string, string?>(Read(_folder)!, StringComparer.OrdinalIgnoreCase);
                }
                catch (Exception error) when (_started && error is JsonException or IOException or UnauthorizedAccessException)
                {
                    // A slip of the pen stops the start, which says so, but not what runs.
                    return;
                }
                _started = true;
                // Whoever listens is told by one at a time as well: registrations are lost otherwise.
                OnReload();
            }
        }

        public void Dispose()
        {
            _watch.Dispose();
            _files.Dispose();
        }
    }
}
