using Npgsql;

namespace Fabrique.Tests;

/// <summary>What the suites on PostgreSQL take for granted of the server they are given.</summary>
public sealed class PostgreSqlServerTests
{
    [Fact]
    public async Task What_was_committed_outlives_a_stop_and_a_kill_of_the_server()
    {
        await using var server = new PostgreSqlServer { Durable = true };
        await server.StartAsync();
        await server.ExecuteAsync("CREATE TABLE kept (id int)");

        await server.ExecuteAsync("INSERT INTO kept VALUES (1)");
        server.Kill();
        await server.StartAsync();
        await server.ExecuteAsync("INSERT INTO kept VALUES (2)");
        await server.StopAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => server.ExecuteAsync("SELECT 1"));
        await server.StartAsync();

        await using var source = NpgsqlDataSource.Create(server.AdminConnectionString);
        await using var count = source.CreateCommand("SELECT count(*) FROM kept");
        Assert.Equal(2L, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Its_user_creates_databases_and_is_no_superuser_and_a_wrong_password_is_refused()
    {
        await using var server = new PostgreSqlServer();
        var user = await server.StartAsync();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(user) { Database = "postgres" }.ToString());
        await using var command = source.CreateCommand("SELECT rolcreatedb AND NOT rolsuper FROM pg_roles WHERE rolname = current_user");
        Assert.Equal(true, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));

        await using var wrong = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(user) { Database = "postgres", Password = "wrong" }.ToString()
        );
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => wrong.OpenAsync(TestContext.Current.CancellationToken));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
    }
}
