using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
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
    /// <param name="kinds">Practices of its own, unless said otherwise.</param>
    /// <param name="configure">What is special about this node.</param>
    public static async Task<RecordsNode> StartAsync(
        string? folder = null,
        string indexVersion = "1",
        string? database = null,
        RecordKinds? kinds = null,
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
        builder.AddRecords<TestDb, TestIndex>("test", kinds ?? new RecordKinds().Owns<Practice>());
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
                    await db
                        .Indexes.Where(index => index.Version == Services.GetRequiredService<TestIndexVersion>().Version)
                        .Select(index => index.Sequence)
                        .SingleAsync() >= await db.Store.Select(store => store.LastSequence).SingleAsync()
                ),
            TimeSpan.FromSeconds(30)
        );

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

    /// <summary>Everything that can be seen of the store: records as their readers get them, the index, the reasons of the quarantine.</summary>
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

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<TestItem>().ToTable("items").HasKey(item => item.Id);
    }
}

public sealed class TestItem
{
    public required string Id { get; init; }
    public required string Title { get; init; }
}

public sealed record TestIndexVersion(string Version);

public sealed class TestIndex(TestIndexVersion version) : RecordIndex<TestDb>
{
    public override string Version => version.Version;

    public override async Task ApplyAsync(TestDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation)
    {
        await db.Items.Where(item => item.Id == record.Id).ExecuteDeleteAsync(cancellation);
        if (body is Practice practice)
        {
            if (practice.Title == "what breaks the index")
            {
                throw new InvalidOperationException(practice.Title);
            }

            db.Items.Add(new TestItem { Id = record.Id, Title = practice.Title });
        }
    }
}
