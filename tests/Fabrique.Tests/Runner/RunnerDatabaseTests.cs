using Fabrique.Runner;
using Npgsql;

namespace Fabrique.Tests;

/// <summary>What the runner says of a database before it builds or starts anything, asked of a real PostgreSQL.</summary>
public sealed class RunnerDatabaseTests(PostgreSqlServer server)
{
    private static readonly string[] Services = ["practices", "territories"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sqlite")]
    public async Task Without_a_server_it_is_SQLite(string? asked) =>
        Assert.Equal(new Database("SQLite", null), await Database.ChooseAsync(asked, Services, Cancellation));

    [Fact]
    public async Task A_server_that_can_be_used_is_named_without_its_password()
    {
        var asked = await server.StartAsync();
        var database = await Database.ChooseAsync(asked, Services, Cancellation);

        Assert.Equal(asked, database.ConnectionString);
        Assert.Equal(
            $"PostgreSQL at 127.0.0.1:{new NpgsqlConnectionStringBuilder(asked).Port}, databases fabrique_*",
            database.Description
        );
        Assert.EndsWith(
            ", databases town_*",
            (await Database.ChooseAsync($"{asked};Database=town", Services, Cancellation)).Description,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("postgres://u:s3cret@127.0.0.1/town", "--database is neither 'sqlite' nor a connection string like ")]
    [InlineData("Host=127.0.0.1;Prt=1;Password=s3cret", "--database is neither 'sqlite' nor a connection string like ")]
    [InlineData("Host=127.0.0.1;Port=many;Password=s3cret", "--database is neither 'sqlite' nor a connection string like ")]
    [InlineData("Username=u;Password=s3cret", "--database names no Host: ")]
    [InlineData("Host=127.0.0.1;Port=1;Username=u;Password=s3cret", "PostgreSQL at 127.0.0.1:1 cannot be used: ")]
    [InlineData("Host=nowhere.invalid;Username=u;Password=s3cret", "PostgreSQL at nowhere.invalid:5432 cannot be used: ")]
    public async Task What_is_no_server_is_refused_in_one_line_without_the_password(string asked, string error) =>
        await RefusedAsync(asked, error);

    [Fact]
    public async Task A_wrong_password_is_told_from_a_missing_right()
    {
        var asked = await server.StartAsync();
        var where = $"127.0.0.1:{new NpgsqlConnectionStringBuilder(asked).Port}";
        await RefusedAsync(
            $"{asked};Password=s3cret",
            $"PostgreSQL at {where} cannot be used: it refuses the user fabrique with this password"
        );

        await server.ExecuteAsync("CREATE ROLE reader LOGIN PASSWORD 's3cret'");
        var reader = $"{asked};Username=reader;Password=s3cret;Database=made";
        await RefusedAsync(reader, $"The user reader of PostgreSQL at {where} may not create databases: ");

        await server.ExecuteAsync("CREATE DATABASE made_practices OWNER reader");
        await RefusedAsync(reader, $"The user reader of PostgreSQL at {where} may not create databases: ");
        await server.ExecuteAsync("CREATE DATABASE made_territories OWNER reader");
        Assert.EndsWith(
            "databases made_*",
            (await Database.ChooseAsync(reader, Services, Cancellation)).Description,
            StringComparison.Ordinal
        );
    }

    private static async Task RefusedAsync(string asked, string error)
    {
        var refusal = (await Assert.ThrowsAsync<PlainError>(() => Database.ChooseAsync(asked, Services, Cancellation))).Message;
        Assert.StartsWith(error, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }
}
