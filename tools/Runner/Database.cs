using System.Globalization;
using Npgsql;

namespace Fabrique.Runner;

/// <summary>The database of a node.</summary>
/// <param name="Description">For people; holds no password.</param>
/// <param name="ConnectionString">
/// Of the PostgreSQL server, given to the services as <see cref="Variable"/>; null: SQLite in the data folder.
/// </param>
internal sealed record Database(string Description, string? ConnectionString)
{
    /// <summary>Environment variable of the connection string: it holds a password, and command lines are there for all to read.</summary>
    public const string Variable = Storage.ServiceDatabase.Variable;

    private const string Example = "'Host=127.0.0.1;Port=5432;Username=fabrique;Password=…'";

    /// <summary>What the logs must not show.</summary>
    public IReadOnlyList<string> Secrets =>
        ConnectionString is { } text ? [text, new NpgsqlConnectionStringBuilder(text).Password ?? ""] : [];

    /// <param name="asked"><c>sqlite</c>, null, or the connection string of a PostgreSQL server.</param>
    /// <param name="services">The services that will have a database there.</param>
    /// <exception cref="PlainError">The string is none, nobody answers there, or the user may not do what a node needs.</exception>
    public static async Task<Database> ChooseAsync(string? asked, IReadOnlyList<string> services, CancellationToken cancellation)
    {
        if (asked is null or "" or "sqlite")
        {
            return new Database("SQLite", null);
        }
        var server = Parse(asked);
        var prefix = string.IsNullOrEmpty(server.Database) ? "fabrique" : server.Database;
        await RequireUsableAsync(server, [.. services.Select(service => $"{prefix}_{service}")], cancellation);
        return new Database($"PostgreSQL at {Where(server)}, databases {prefix}_*", asked);
    }

    /// <summary>The folder of the newest PostgreSQL server, which Debian keeps off the path; null when none is installed.</summary>
    public static string? ServerFolder()
    {
        var versions = new DirectoryInfo("/usr/lib/postgresql");
        return
            versions.Exists
            && versions
                .EnumerateDirectories()
                .OrderByDescending(version => double.TryParse(version.Name, CultureInfo.InvariantCulture, out var number) ? number : 0)
                .Select(version => Path.Combine(version.FullName, "bin"))
                .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres")))
                is { } debian
            ? debian
            : Path.GetDirectoryName(Shell.Which("postgres"));
    }

    private static NpgsqlConnectionStringBuilder Parse(string asked)
    {
        try
        {
            var server = new NpgsqlConnectionStringBuilder(asked);
            return string.IsNullOrEmpty(server.Host)
                ? throw new PlainError($"--database names no Host: give 'sqlite' or a connection string like {Example}")
                : server;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // What was given is not repeated: somewhere in it is a password.
            throw new PlainError(
                $"--database is neither 'sqlite' nor a connection string like {Example}: {error.Message.ReplaceLineEndings(" ")}"
            );
        }
    }

    private static async Task RequireUsableAsync(NpgsqlConnectionStringBuilder server, string[] databases, CancellationToken cancellation)
    {
        // The database that every server has; those of the services may not be there yet.
        var maintenance = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Database = "postgres",
            Timeout = 5,
            Pooling = false,
        };
        try
        {
            await using var connection = new NpgsqlConnection(maintenance.ConnectionString);
            await connection.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand(
                """
                SELECT (SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user)
                    OR NOT EXISTS (SELECT FROM unnest($1) AS wanted(name) WHERE wanted.name NOT IN (SELECT datname FROM pg_database))
                """,
                connection
            )
            {
                Parameters = { new NpgsqlParameter { Value = databases } },
            };
            if (await command.ExecuteScalarAsync(cancellation) is not true)
            {
                throw new PlainError(
                    $"The user {server.Username} of PostgreSQL at {Where(server)} may not create databases: as an administrator, either "
                        + $"ALTER ROLE \"{server.Username}\" CREATEDB, or make {string.Join(", ", databases)} and give them to it (CREATE DATABASE … OWNER \"{server.Username}\")"
                );
            }
        }
        catch (NpgsqlException error)
        {
            var reason = error
                is PostgresException
                {
                    SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
                }
                ? $"it refuses the user {server.Username} with this password; set Username and Password in --database or {Variable}"
                : $"{error.GetBaseException().Message.ReplaceLineEndings(" ")}; is it running, and are Host and Port right?";
            throw new PlainError($"PostgreSQL at {Where(server)} cannot be used: {reason}");
        }
    }

    private static string Where(NpgsqlConnectionStringBuilder server) =>
        server.Host!.Contains(':', StringComparison.Ordinal) ? server.Host : $"{server.Host}:{server.Port}";
}
