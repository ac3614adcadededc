using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabrique.Storage;

/// <summary>Gives a service its database.</summary>
public static class ServiceDatabase
{
    /// <summary>
    /// Connection string of the PostgreSQL server on which every service has a database of its own; without it each has an SQLite file in
    /// the data folder.
    /// </summary>
    public const string Variable = "FABRIQUE_DATABASE";

    /// <summary>The database of a service that keeps no records: its tables come from numbered scripts alone.</summary>
    /// <param name="name">Name of its database: a file of the data folder, or a database of the server of <see cref="Variable"/>.</param>
    public static void AddDatabase<TDb>(this WebApplicationBuilder builder, string name)
        where TDb : DbContext
    {
        builder.AddEngine<TDb>(name, _ => "none", provider => new RecordSignal(provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService<DatabaseSetup<TDb>>();
    }

    /// <summary>The engine and the contexts of a database; whoever asks for them sets it up before.</summary>
    /// <param name="name">As for <see cref="AddDatabase"/>.</param>
    /// <param name="indexVersion">Version of the derived tables that this process reads.</param>
    /// <param name="signal">Set when another replica wrote.</param>
    public static void AddEngine<TDb>(
        this WebApplicationBuilder builder,
        string name,
        Func<IServiceProvider, string> indexVersion,
        Func<IServiceProvider, RecordSignal> signal
    )
        where TDb : DbContext
    {
        builder.Services.AddSingleton(
            new StoreProvider(
                builder.Configuration[Variable] is { Length: > 0 } ? options => options.UseNpgsql() : options => options.UseSqlite()
            )
        );
        builder.Services.AddSingleton<StoreEngine>(provider =>
            builder.Configuration[Variable] is { Length: > 0 } server
                ? ActivatorUtilities.CreateInstance<PostgreSqlEngine>(provider, server, name, indexVersion(provider), signal(provider))
                : new SqliteEngine(Path.Combine(builder.Configuration["Data"] ?? "data", $"{name}.db"))
        );
        builder.Services.AddDbContextFactory<TDb>((provider, options) => provider.GetRequiredService<StoreEngine>().Configure(options));
        builder.Services.AddSingleton<FailureName>(StoreFailure.Name);
    }

    /// <summary>
    /// Inside a transaction of <paramref name="db"/>: applies the scripts that it has not seen, those of the first assembly first.
    /// </summary>
    public static async Task ApplyScriptsAsync(
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

/// <summary>Which database a service has, for a context that reads its own model and never connects.</summary>
public sealed record StoreProvider(Action<DbContextOptionsBuilder> Configure);

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
