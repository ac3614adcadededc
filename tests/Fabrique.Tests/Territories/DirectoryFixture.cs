using Fabrique.Territories;
using Fabrique.Territories.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabrique.Tests;

/// <summary>The official directory, in a folder of its own.</summary>
public sealed class DirectoryFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("directory").FullName;

    internal OfficialDirectory Official { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await DirectoryFile.CopyToAsync(_folder, demonstration: false);
        Official = await OfficialDirectory.OpenAsync(
            _folder,
            demonstration: false,
            NullLogger.Instance,
            TestContext.Current.CancellationToken
        );
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    internal async Task<IReadOnlyList<Territory>> FindAsync(string query, params string[] kinds) =>
        (await PageAsync(query, kinds: kinds)).Territories;

    internal Task<OfficialDirectory.Page> PageAsync(
        string query,
        int offset = 0,
        int limit = 20,
        string[]? kinds = null,
        string region = "",
        string department = "",
        string epci = "",
        string[]? onlyIds = null
    ) => Official.SearchAsync(new(query, kinds, region, department, epci, onlyIds), offset, limit, TestContext.Current.CancellationToken);
}
