using Google.Protobuf;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Fabrique.Records;

/// <summary>
/// Records that come with the platform: JSON files of a service's <c>Data</c> folder, published by the hub, by the same rules as anybody's. A
/// release that corrects a file corrects the record. What was changed, withdrawn or erased here since is left alone. On a node that was
/// started for a demonstration, those of the folder <c>demo</c> below too: see <see cref="Fictional"/>.
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
    private const string Corrected = "corrected";

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
                await records.WriteAsync<TBody>(id, writing => ValueTask.FromResult(Next(writing, body)), null, cancellationToken);
            }
        }
    }

    /// <summary>Fills in what a first publication set and no file says, so that it is no difference.</summary>
    protected virtual void Keep(TBody current, TBody shipped) { }

    private Change<TBody>? Next(Writing<TDb, TBody> writing, TBody shipped)
    {
        if (!writing.WasWritten)
        {
            return kind.Change("published", shipped);
        }
        // Only what nobody but a release wrote: its first version, or a correction.
        if (
            writing.Current is not { Info: { Replica: false } info } current
            || (info.Version > 1 && info.Change != Corrected)
            || registry.HomeOf(kind.Territory(shipped), kind.Area) != registry.Node
        )
        {
            return null;
        }
        Keep(current.Body, shipped);
        return current.Body.Equals(shipped) ? null : kind.Change(Corrected, shipped);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
