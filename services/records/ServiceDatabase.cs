using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabrique.Records;

/// <summary>The database of a service that keeps no records: its tables come from numbered scripts alone.</summary>
public static class ServiceDatabase
{
    /// <param name="builder">The service.</param>
    /// <param name="name">Name of its database: a file of the data folder, or a database of the server of <see cref="RecordsHosting.DatabaseVariable"/>.</param>
    public static void AddDatabase<TDb>(this WebApplicationBuilder builder, string name)
        where TDb : DbContext
    {
        builder.Services.AddSingleton<StoreEngine>(provider =>
            builder.Configuration[RecordsHosting.DatabaseVariable] is { Length: > 0 } server
                ? ActivatorUtilities.CreateInstance<PostgreSqlEngine>(
                    provider,
                    server,
                    name,
                    "none",
                    new RecordSignal(provider.GetRequiredService<TimeProvider>())
                )
                : new SqliteEngine(Path.Combine(builder.Configuration["Data"] ?? "data", $"{name}.db"))
        );
        builder.Services.AddDbContextFactory<TDb>((provider, options) => provider.GetRequiredService<StoreEngine>().Configure(options));
        builder.Services.AddHostedService<DatabaseSetup<TDb>>();
        builder.Services.AddSingleton<FailureName>(StoreFailure.Name);
    }

    /// <summary>Inside a transaction of <paramref name="db"/>: applies the scripts that it has not seen, those of the first assembly first.</summary>
    internal static async Task ApplyScriptsAsync(
        this StoreEngine engine,
        DbContext db,
        IReadOnlyList<Assembly> assemblies,
        CancellationToken cancellation
    )
    {
        var scripts = assemblies
            .Index()
            .SelectMany(part =>
                part.Item.GetManifestResourceNames()
                    .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
                    .Select(name => (part.Index, part.Item, Name: name))
            )
            .OrderBy(script => script.Index)
            .ThenBy(script => script.Name, StringComparer.Ordinal);
        await db.Database.ExecuteSqlRawAsync("CREATE TABLE IF NOT EXISTS schema_scripts (name TEXT PRIMARY KEY)", cancellation);
        var applied = await db.Database.SqlQueryRaw<string>("SELECT name AS \"Value\" FROM schema_scripts").ToHashSetAsync(cancellation);
        foreach (var (_, assembly, name) in scripts.Where(script => !applied.Contains(script.Name)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            await db.Database.ExecuteSqlRawAsync(engine.Script(await reader.ReadToEndAsync(cancellation)), cancellation);
            await db.Database.ExecuteSqlAsync($"INSERT INTO schema_scripts (name) VALUES ({name})", cancellation);
        }
    }
}

/// <summary>Brings the database up to date before anything else starts.</summary>
internal sealed class DatabaseSetup<TDb>(IDbContextFactory<TDb> databases, StoreEngine engine) : IHostedService
    where TDb : DbContext
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await engine.PrepareAsync(db, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await engine.BeginSetupAsync(db, cancellationToken);
        await engine.ApplyScriptsAsync(db, [typeof(TDb).Assembly], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
