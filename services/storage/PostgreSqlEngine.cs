using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fabrique.Storage;

/// <summary>
/// A database of the service's own on a PostgreSQL server, for any number of replicas of the service. Each version of the index has a
/// schema of its own, so that replicas of the version before go on while a new one builds its tables.
/// </summary>
internal sealed partial class PostgreSqlEngine : StoreEngine
{
    // Advisory locks, within this database.
    private const long SetupLock = 1;
    private const long LeaderLock = 2;
    private const string Channel = "records";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly NpgsqlConnectionStringBuilder _connection;
    private readonly string _schema;
    private readonly RecordSignal _signal;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private volatile bool _leads;

    /// <param name="server">Connection string of the server; a database it names is the prefix of the services' own ("fabrique" if
    /// none).</param>
    /// <param name="service">Name of the service.</param>
    /// <param name="indexVersion">Version of the index that this process reads.</param>
    /// <param name="signal">Set when another replica wrote.</param>
    /// <param name="clock">For pauses.</param>
    /// <param name="log">Where trouble with the server is told.</param>
    public PostgreSqlEngine(
        string server,
        string service,
        string indexVersion,
        RecordSignal signal,
        TimeProvider clock,
        ILogger<PostgreSqlEngine> log
    )
    {
        (_schema, _signal, _clock, _log) = (SchemaOf(indexVersion), signal, clock, log);
        _connection = new NpgsqlConnectionStringBuilder(server)
        {
            ApplicationName = $"fabrique-{service}",
            SearchPath = $"{_schema},public",
        };
        _connection.Database = $"{_connection.Database ?? "fabrique"}_{service}";
    }

    public override bool Leads => _leads;

    public override void Configure(DbContextOptionsBuilder options) =>
        options.UseNpgsql(_connection.ConnectionString).AddInterceptors(AfterCommit.Interceptor);

    public override async Task PrepareAsync(DbContext db, CancellationToken cancellation)
    {
        if (await db.Database.CanConnectAsync(cancellation))
        {
            return;
        }
        var server = new NpgsqlConnectionStringBuilder(_connection.ConnectionString)
        {
            Database = "postgres",
            SearchPath = null,
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancellation);
        try
        {
            await ExecuteAsync(connection, $"CREATE DATABASE \"{_connection.Database}\"", cancellation);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another replica was first.
        }
    }

    public override Task BeginSetupAsync(DbContext db, CancellationToken cancellation) =>
        db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({SetupLock}), set_config('search_path', 'public', true)", cancellation);

    public override string Script(string sql) =>
        sql.Replace(" BLOB", " BYTEA", StringComparison.Ordinal)
            .Replace(" TIMESTAMP", " TIMESTAMPTZ", StringComparison.Ordinal)
            .Replace(" JSON", " JSONB", StringComparison.Ordinal);

    public override async Task CreateIndexAsync(DbContext db, IndexRow index, Func<Task> create, CancellationToken cancellation)
    {
        foreach (var old in (await db.Set<IndexRow>().OrderByDescending(row => row.CreatedAt).ToListAsync(cancellation)).Skip(1))
        {
            await ExecuteAsync($"DROP SCHEMA IF EXISTS \"{SchemaOf(old.Version)}\" CASCADE");
            db.Set<IndexRow>().Remove(old);
        }
        await ExecuteAsync($"DROP SCHEMA IF EXISTS \"{_schema}\" CASCADE");
        await ExecuteAsync($"CREATE SCHEMA \"{_schema}\"");
        await db.Database.ExecuteSqlAsync($"SELECT set_config('search_path', {_schema}, true)", cancellation);
        await create();
        await db.Database.ExecuteSqlAsync($"SELECT set_config('search_path', 'public', true)", cancellation);

#pragma warning disable EF1002 // The name of a schema, made of a version that is code.
        Task ExecuteAsync(string sql) => db.Database.ExecuteSqlRawAsync(sql, cancellation);
#pragma warning restore EF1002
    }

    public override async Task<TRow> LockAsync<TRow>(DbContext db, CancellationToken cancellation)
        where TRow : class
    {
        var table = db.Model.FindEntityType(typeof(TRow))!.GetTableName();
#pragma warning disable EF1002 // The name of a table, of the model.
        return (await db.Set<TRow>().FromSqlRaw($"SELECT * FROM \"{table}\" FOR UPDATE").ToListAsync(cancellation)).Single();
#pragma warning restore EF1002
    }

    public override Task AnnounceAsync(DbContext db, CancellationToken cancellation) =>
        db.Database.ExecuteSqlAsync($"SELECT pg_notify({Channel}, '')", cancellation);

    /// <summary>Holds one connection: it hears of the other replicas' writes, and asks to be the leader for as long as it lasts.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await AttendAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogLost(error.Message);
                await Task.Delay(Pause, _clock, stoppingToken);
            }
            finally
            {
                _leads = false;
            }
        }
    }

    private async Task AttendAsync(CancellationToken cancellation)
    {
        var session = new NpgsqlConnectionStringBuilder(_connection.ConnectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(session.ConnectionString);
        connection.Notification += (_, _) => _signal.Set();
        await connection.OpenAsync(cancellation);
        await ExecuteAsync(connection, $"LISTEN {Channel}", cancellation);
        _signal.Set();
        while (true)
        {
            // Asking also tells whether the connection still is one.
            await using (var ask = new NpgsqlCommand(_leads ? "SELECT true" : $"SELECT pg_try_advisory_lock({LeaderLock})", connection))
            {
                if (await ask.ExecuteScalarAsync(cancellation) is true && !_leads)
                {
                    _leads = true;
                    _signal.Set();
                }
            }
            await connection.WaitAsync(Pause, cancellation);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static string SchemaOf(string indexVersion) => $"index_{indexVersion}";

    [LoggerMessage(LogLevel.Warning, "The connection that leads and listens was lost: {Reason}")]
    private partial void LogLost(string reason);
}
