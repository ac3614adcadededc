using System.Globalization;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.DependencyInjection;
using Record = Fabrique.Records.V1.Record;

namespace Fabrique.Tests;

/// <summary>One store of one node, on a real database, with the smallest index that can be wrong.</summary>
public sealed class RecordsNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RecordsNode(WebApplication app, string folder, string? database)
    {
        (_app, Folder, Database) = (app, folder, database);
    }

    public string Folder { get; }

    /// <summary>The PostgreSQL server; null when the database is a file of the folder.</summary>
    public string? Database { get; }

    public RecordStore<TestDb> Records => _app.Services.GetRequiredService<RecordStore<TestDb>>();

    public NodeKey Key => _app.Services.GetRequiredService<NodeKey>();

    public Registry Registry => _app.Services.GetRequiredService<Registry>();

    /// <param name="folder">Data folder of an earlier node, to start it again.</param>
    /// <param name="indexVersion">Another version makes the start build another index.</param>
    /// <param name="database">The PostgreSQL server; without it the database is a file of the folder.</param>
    /// <param name="kinds">Practices of its own and the memberships of others, unless said otherwise.</param>
    /// <param name="configure">What is special about this node.</param>
    public static async Task<RecordsNode> StartAsync(
        string? folder = null,
        string indexVersion = "1",
        string? database = null,
        Func<RecordKinds, RecordKinds>? kinds = null,
        Action<WebApplicationBuilder>? configure = null
    )
    {
        folder ??= Directory.CreateTempSubdirectory("fabrique-records-").FullName;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration["Data"] = folder;
        builder.Configuration["Urls"] = "http://127.0.0.1:0";
        builder.Configuration[ServiceDatabase.Variable] = database;
        builder.AddServiceDefaults();
        builder.AddGrpcApi();
        builder.Services.AddSingleton(new TestIndexVersion(indexVersion));
        builder.AddRecords<TestDb>(
            described => (kinds?.Invoke(described) ?? described.Owns(TestKind.Practice).Follows<Membership>()).IndexedBy<TestPart>(),
            "test"
        );
        configure?.Invoke(builder);
        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapRecords<TestDb>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RecordsNode(app, folder, database);
    }

    /// <summary>The same node once more, after it stopped or beside it.</summary>
    public Task<RecordsNode> AgainAsync(string indexVersion = "1", Action<WebApplicationBuilder>? configure = null) =>
        StartAsync(Folder, indexVersion, Database, configure: configure);

    /// <summary>Waits until everything is in the index.</summary>
    public Task IndexedAsync() =>
        WholeNode.EventuallyAsync(
            true,
            () =>
                LookAsync(async db =>
                    await db.Indexes.Where(index => index.Version == IndexVersion).Select(index => index.Sequence).SingleAsync()
                    >= await db.Store.Select(store => store.LastSequence).SingleAsync()
                ),
            TimeSpan.FromSeconds(30)
        );

    public string IndexVersion => Services.GetRequiredService<RecordIndex<TestDb>>().Version;

    public Writes<TestDb> Writes => _app.Services.GetRequiredService<Writes<TestDb>>();

    public IServiceProvider Services => _app.Services;

    public Uri Address => new(_app.Urls.First());

    public Task<Versioned<Practice>> WriteAsync(string id, string title, Visibility visibility = Visibility.Public) =>
        Records.WriteAsync<Practice>(
            id,
            _ => new Change<Practice>("written", "62528", new Practice { Id = id, Title = title }, visibility),
            TestContext.Current.CancellationToken
        );

    public async Task<(int Stored, int Quarantined)> IngestAsync(params byte[][] envelopes) =>
        await Records.IngestAsync("test", [.. envelopes.Select(envelope => new Arrival(envelope))], TestContext.Current.CancellationToken);

    /// <summary>
    /// Everything that can be seen of the store: records as their readers get them, the index, the reasons of the quarantine.
    /// </summary>
    public async Task<T> LookAsync<T>(Func<TestDb, Task<T>> look)
    {
        await using var db = await _app
            .Services.GetRequiredService<IDbContextFactory<TestDb>>()
            .CreateDbContextAsync(TestContext.Current.CancellationToken);
        return await look(db);
    }

    internal Task<List<RecordRow>> RowsAsync() => LookAsync(db => db.Records.AsNoTracking().OrderBy(row => row.Sequence).ToListAsync());

    public Task<List<string>> TitlesAsync() => LookAsync(db => db.Items.OrderBy(item => item.Id).Select(item => item.Title).ToListAsync());

    public Task<List<string>> QuarantineAsync() =>
        LookAsync(db => db.Quarantine.OrderBy(item => item.Reason).Select(item => item.Reason).ToListAsync());

    public async Task StopAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}

public sealed class TestDb(DbContextOptions<TestDb> options) : RecordsDb(options)
{
    public DbSet<TestItem> Items => Set<TestItem>();
}

public sealed class TestItem
{
    public required string Id { get; init; }
    public required string Title { get; init; }
}

public sealed record TestIndexVersion(string Version);

/// <summary>Practices, as the tests of the kernel write them.</summary>
public static class TestKind
{
    public static RecordKind<Practice> Practice { get; } =
        new()
        {
            Territory = practice => practice.Territory,
            Visibility = practice =>
                practice.Status switch
                {
                    PracticeStatus.Published => Visibility.Public,
                    PracticeStatus.PeerReview => Visibility.Network,
                    _ => Visibility.Private,
                },
            Members = MembersWrite.WhatIsShown,
            Missing = () => Refusal.NotFound($"no"),
            Stale = version => Conflict.StaleVersion($"no", version),
        };
}

public sealed class TestPart(TestIndexVersion version, Registry registry) : RowPart<TestDb, Practice, TestItem>
{
    /// <summary>Title of a practice of another node that cannot be stored the first time.</summary>
    public const string FailsOnce = "the disk is full, once";

    private bool _failed;

    public override int Number => int.Parse(version.Version, CultureInfo.InvariantCulture);

    protected override void Configure(EntityTypeBuilder<TestItem> row) => row.ToTable("items").HasKey(item => item.Id);

    protected override TestItem Row(Record record, Practice practice)
    {
        if (practice.Title == FailsOnce && record.Home != registry.Node && !_failed)
        {
            _failed = true;
            throw new IOException(practice.Title);
        }
        return practice.Title == "what breaks the index"
            ? throw new InvalidOperationException(practice.Title)
            : new() { Id = record.Id, Title = practice.Title };
    }
}
