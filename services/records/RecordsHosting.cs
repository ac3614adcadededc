using Dapr;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Records;

/// <summary>Everything a service needs to keep, share and follow records.</summary>
public static class RecordsHosting
{
    /// <summary>Connection string of the PostgreSQL server on which every service has a database of its own; without it each has an SQLite file in the data folder.</summary>
    public const string DatabaseVariable = "FABRIQUE_DATABASE";

    private const string DeadLetters = "dead-letters";

    /// <summary>Adds the store, the relay, the follower and the rights of a service.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="name">Name of its database in the data folder.</param>
    /// <param name="kinds">The kinds it owns and follows.</param>
    public static WebApplicationBuilder AddRecords<TDb, TIndex>(this WebApplicationBuilder builder, string name, RecordKinds kinds)
        where TDb : RecordsDb
        where TIndex : RecordIndex<TDb>
    {
        var folder = builder.Configuration["Data"] ?? "data";
        var key = NodeKey.OpenOrCreate(folder);
        var services = builder.Services;
        services.AddSingleton(key).AddSingleton(kinds).AddSingleton<RecordSignal>();
        services.AddSingleton(new Registry(key) { Hub = builder.Configuration["Hub"] is { Length: > 0 } hub ? hub : key.Node });
        services.AddSingleton<RecordIndex<TDb>, TIndex>();
        services.AddSingleton<StoreEngine>(provider => builder.Configuration[DatabaseVariable] is { Length: > 0 } server
            ? ActivatorUtilities.CreateInstance<PostgreSqlEngine>(provider, server, name, provider.GetRequiredService<RecordIndex<TDb>>().Version)
            : new SqliteEngine(Path.Combine(folder, $"{name}.db")));
        services.AddDbContextFactory<TDb>((provider, options) => provider.GetRequiredService<StoreEngine>().Configure(options));
        services.AddSingleton<RecordStore<TDb>>();
        // In this order: the database is ready before anything asks for it.
        services.AddHostedService<StoreSetup<TDb>>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreEngine>());
        services.AddSingleton<IndexBuilder<TDb>>().AddHostedService(provider => provider.GetRequiredService<IndexBuilder<TDb>>());
        services.AddSingleton<Relay<TDb>>().AddHostedService(provider => provider.GetRequiredService<Relay<TDb>>());
        services.AddHostedService<Follower<TDb>>();
        services.AddHealthChecks().AddCheck<Relay<TDb>>("relay").AddCheck<IndexBuilder<TDb>>("index");
        services.AddSingleton<FailureName>(StoreFailure.Name);
        // Authentication asks for data protection; a service protects nothing with it, so no key is written anywhere.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.AddDapr();
        builder.AddNodeTokens(key);
        return builder;
    }

    /// <summary>Maps the feed, and for every followed application the subscription that takes its records in.</summary>
    public static WebApplication MapRecords<TDb>(this WebApplication app) where TDb : RecordsDb
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseCloudEvents();
        app.MapSubscribeHandler().RequireAuthorization(Apps.SidecarOnly);
        foreach (var area in app.Services.GetRequiredService<RecordKinds>().Followed.Values.SelectMany(kinds => kinds).Select(RecordKinds.AreaOf).Distinct())
        {
            app.MapPost($"/records/{area}", TakeInAsync)
                .WithTopic(new TopicOptions { PubsubName = Relay<TDb>.PubSub, Name = area, DeadLetterTopic = DeadLetters })
                .RequireAuthorization(Apps.SidecarOnly);
        }
        app.MapGrpcService<FeedGrpc<TDb>>();
        app.MapGrpcService<MaintenanceGrpc<TDb>>();
        return app;

        // Whatever the envelope holds, the message is dealt with: stored, known already, or quarantined. Only a failing database asks for another try.
        static async Task<IResult> TakeInAsync(HttpRequest request, RecordStore<TDb> records, CancellationToken cancellation)
        {
            using var envelope = new MemoryStream();
            await request.Body.CopyToAsync(envelope, cancellation);
            await records.IngestAsync("pubsub", [envelope.ToArray()], cancellation);
            return Results.Ok();
        }
    }
}
