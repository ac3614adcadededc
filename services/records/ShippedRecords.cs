using Google.Protobuf;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Fabrique.Records;

/// <summary>
/// Records that come with the platform: JSON files of a service's <c>Data</c> folder, published once by the hub, by the same rules as
/// anybody's. What was changed, withdrawn or erased here since is left alone. On a node that was started for a demonstration, those of the
/// folder <c>demo</c> below too: see <see cref="Fictional"/>.
/// </summary>
public abstract class ShippedRecords<TDb, TBody>(
    RecordKind<TBody> kind,
    RecordStore<TDb> records,
    Registry registry,
    IHostEnvironment environment,
    IConfiguration configuration
) : IHostedService
    where TDb : RecordsDb
    where TBody : class, IMessage<TBody>, new()
{
    /// <summary>Folder of the files, under the service's own.</summary>
    protected abstract string Folder { get; }

    /// <summary>The records of a file, each with its identifier, checked by the rules of the service.</summary>
    protected abstract IEnumerable<(string Id, TBody Body)> Read(string json);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (registry.Node != registry.Hub)
        {
            return;
        }
        var folder = Path.Combine(environment.ContentRootPath, Folder);
        string[] folders = configuration.GetValue<bool>("Demo") ? [folder, Path.Combine(folder, "demo")] : [folder];
        foreach (
            var file in folders
                .Where(Directory.Exists)
                .SelectMany(each => Directory.EnumerateFiles(each, "*.json").Order(StringComparer.Ordinal))
        )
        {
            foreach (var (id, body) in Read(await File.ReadAllTextAsync(file, cancellationToken)))
            {
                if (!await records.ExistsAsync<TBody>(id, cancellationToken))
                {
                    await records.WriteAsync<TBody>(id, _ => kind.Change("published", body), cancellationToken);
                }
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
