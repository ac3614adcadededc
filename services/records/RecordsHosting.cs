using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Records;

/// <summary>Everything a service needs to keep, share and follow records.</summary>
public static class RecordsHosting
{
    private const string DeadLetters = "dead-letters";
    private const int MostAtOnce = 100;

    // Milliseconds: how long daprd waits for company before it brings an event. The embedded sidecar does not wait.
    private const int LongestWait = 20;

    /// <summary>Adds the store, the desk of writes, the relay, the follower and the rights of a service.</summary>
    /// <param name="describe">Tells the kinds it owns and follows, and what it derives from them. Its area is the name of its
    /// database.</param>
    /// <param name="name">Name of its database, for a service that owns no kind.</param>
    public static WebApplicationBuilder AddRecords<TDb>(
        this WebApplicationBuilder builder,
        Action<RecordKinds> describe,
        string? name = null
    )
        where TDb : RecordsDb
    {
        var kinds = new RecordKinds();
        describe(kinds);
        var key = NodeKey.OpenOrCreate(builder.Configuration["Data"] ?? "data");
        var services = builder.Services;
        services.AddSingleton(key).AddSingleton(kinds).AddSingleton<RecordSignal>();
        services.AddSingleton(new Registry(key) { Hub = builder.Configuration["Hub"] is { Length: > 0 } hub ? hub : key.Node });
        foreach (var part in kinds.Parts)
        {
            services.AddSingleton(typeof(IndexPart), part);
        }
        services.AddSingleton<RecordIndex<TDb>>();
        builder.AddEngine<TDb>(
            name ?? kinds.Area,
            provider => provider.GetRequiredService<RecordIndex<TDb>>().Version,
            provider => provider.GetRequiredService<RecordSignal>()
        );
        services.AddSingleton<RecordStore<TDb>>().AddSingleton<Writes<TDb>>().AddSingleton<Places<TDb>>();
        // In this order: the database is ready before anything asks for it.
        services.AddHostedService<StoreSetup<TDb>>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreEngine>());
        services.AddSingleton<IndexBuilder<TDb>>().AddHostedService(provider => provider.GetRequiredService<IndexBuilder<TDb>>());
        services.AddSingleton<Relay<TDb>>().AddHostedService(provider => provider.GetRequiredService<Relay<TDb>>());
        services.AddHostedService<Follower<TDb>>();
        services.AddHealthChecks().AddCheck<Relay<TDb>>("relay").AddCheck<IndexBuilder<TDb>>("index");
        // Authentication asks for data protection; a service protects nothing with it, so no key is written anywhere.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.AddDapr();
        builder.AddCallers(key);
        return builder;
    }

    /// <summary>Maps the feed, and for every followed application the subscription that takes its records in.</summary>
    public static WebApplication MapRecords<TDb>(this WebApplication app)
        where TDb : RecordsDb
    {
        app.UseAuthorization();
        app.MapSubscribeHandler().RequireAuthorization(Apps.SidecarOnly);
        foreach (var area in app.Services.GetRequiredService<RecordKinds>().Followed.Keys)
        {
            app.MapPost($"/records/{area}", TakeInAsync)
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = Relay<TDb>.PubSub,
                        Name = area,
                        DeadLetterTopic = DeadLetters,
                    }
                )
                .WithBulkSubscribe(
                    new BulkSubscribeTopicOptions
                    {
                        TopicName = area,
                        MaxMessagesCount = MostAtOnce,
                        MaxAwaitDurationMs = LongestWait,
                    }
                )
                .WithMetadata(new RequestSizeLimitAttribute(MostAtOnce * Limits.MaxRequestBody))
                .RequireAuthorization(Apps.SidecarOnly);
        }
        app.MapGrpcService<FeedGrpc<TDb>>();
        app.MapGrpcService<MaintenanceGrpc<TDb>>();
        return app;

        // Whatever the envelopes hold, they are dealt with: stored, known already, or quarantined. Only a failing database asks for another
        // try.
        static async Task<BulkSubscribeAppResponse> TakeInAsync(BulkEvents events, RecordStore<TDb> records, CancellationToken cancellation)
        {
            await records.IngestAsync("pubsub", [.. events.Entries.Select(entry => entry.Event.Arrival)], cancellation);
            return events.Handled();
        }
    }
}

/// <summary>Several CloudEvents in one request, as a Dapr sidecar brings them. The SDK's own model cannot hold bytes.</summary>
internal sealed record BulkEvents(IReadOnlyList<BulkEvent> Entries)
{
    /// <summary>The answer that none of them need come again.</summary>
    public BulkSubscribeAppResponse Handled() =>
        new([.. Entries.Select(entry => new BulkSubscribeAppResponseEntry(entry.EntryId, BulkSubscribeAppResponseStatus.SUCCESS))]);
}

/// <summary>One of them, with the name that the answer gives it.</summary>
internal sealed record BulkEvent(string EntryId, RecordEvent Event);

/// <summary>What is read of a CloudEvent: its bytes, and where it comes from in a trace.</summary>
internal sealed record RecordEvent([property: JsonPropertyName("data_base64")] byte[]? Bytes, JsonElement? Data, string? TraceParent)
{
    /// <summary>Whoever publishes something else than bytes finds it in the quarantine.</summary>
    public Arrival Arrival => new(Bytes ?? Encoding.UTF8.GetBytes(Data?.ToString() ?? ""), TraceParent);
}
