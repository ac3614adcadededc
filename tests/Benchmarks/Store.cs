using Dapr.AspNetCore;
using Fabrique.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fabrique.Benchmarks;

/// <summary>The records of a service, hosted as the service hosts them, in a data folder; no sidecar answers it.</summary>
internal sealed class Store<TDb> : IAsyncDisposable
    where TDb : RecordsDb
{
    private const string Token = "bench";

    private readonly WebApplication _app;

    private Store(WebApplication app) => _app = app;

    public RecordStore<TDb> Records => _app.Services.GetRequiredService<RecordStore<TDb>>();

    /// <summary>A part of the hosted service.</summary>
    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public NodeKey Key => _app.Services.GetRequiredService<NodeKey>();

    /// <param name="folder">Data folder; it may be an earlier one.</param>
    /// <param name="kinds">What the service owns and follows, and derives from it.</param>
    /// <param name="port">On loopback; 0: a free one.</param>
    /// <param name="feed">Answers in the place of every application that is followed.</param>
    /// <param name="database">Connection string of a PostgreSQL server; null: SQLite in the data folder.</param>
    /// <param name="add">Adds what the service has besides.</param>
    public static async Task<Store<TDb>> StartAsync(
        string folder,
        Action<RecordKinds> kinds,
        int port = 0,
        Uri? feed = null,
        string? database = null,
        Action<IServiceCollection>? add = null
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration["Data"] = folder;
        // Nobody listens on this port, so that nothing is taken for a sidecar.
        builder.Configuration["DAPR_GRPC_ENDPOINT"] = feed?.ToString() ?? "http://127.0.0.1:1";
        // The token that the sidecar would show: who presents it is of this node.
        builder.Configuration["DAPR_API_TOKEN"] = Token;
        builder.Services.PostConfigureAll<DaprAuthenticationOptions>(dapr => dapr.Token = Token);
        builder.Configuration[ServiceDatabase.Variable] = database ?? "";
        add?.Invoke(builder.Services);
        builder.AddServiceDefaults();
        builder.AddGrpcApi();
        builder.AddRecords<TDb>(kinds);
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.AddFilter("", LogLevel.Error).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Error);
        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapRecords<TDb>();
        await app.StartAsync();
        return new Store<TDb>(app);
    }

    /// <summary>A connection to the database as the store itself uses it.</summary>
    public Task<TDb> OpenAsync() => _app.Services.GetRequiredService<IDbContextFactory<TDb>>().CreateDbContextAsync();

    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }
}
