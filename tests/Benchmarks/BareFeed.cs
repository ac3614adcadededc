using Fabrique.Records.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabrique.Benchmarks;

/// <summary>The envelopes of a database in their order, by gRPC, and nothing else: what streaming them takes at least.</summary>
internal sealed class BareFeed(string database) : FeedService.FeedServiceBase
{
    public static async Task<WebApplication> StartAsync(string database, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Logging.AddFilter("", LogLevel.Error).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Error);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new BareFeed(database));
        var app = builder.Build();
        app.MapGrpcService<BareFeed>();
        await app.StartAsync();
        return app;
    }

    public override async Task Read(ReadRequest request, IServerStreamWriter<ReadResponse> responseStream, ServerCallContext context)
    {
        await using var connection = new SqliteConnection($"Data Source={database}");
        await connection.OpenAsync(context.CancellationToken);
        await using var command = new SqliteCommand("SELECT sequence, envelope FROM records ORDER BY sequence", connection);
        await using var rows = await command.ExecuteReaderAsync(context.CancellationToken);
        while (await rows.ReadAsync(context.CancellationToken))
        {
            var envelope = UnsafeByteOperations.UnsafeWrap(rows.GetFieldValue<byte[]>(1));
            await responseStream.WriteAsync(
                new ReadResponse { Sequence = rows.GetInt64(0), Envelope = envelope },
                context.CancellationToken
            );
        }
    }
}
