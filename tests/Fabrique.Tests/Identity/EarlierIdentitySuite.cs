using System.Data.Common;
using System.Globalization;
using Fabrique.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fabrique.Tests;

public sealed class EarlierIdentityOnSqliteTests(EarlierIdentityOnSqlite service)
    : EarlierIdentitySuite(service),
        IClassFixture<EarlierIdentityOnSqlite>;

public sealed class EarlierIdentityOnPostgreSqlTests(EarlierIdentityOnPostgreSql service)
    : EarlierIdentitySuite(service),
        IClassFixture<EarlierIdentityOnPostgreSql>;

/// <summary>A node that is started with the data of the version before goes on.</summary>
public abstract class EarlierIdentitySuite(ServiceUnderTest<IdentityDb> service)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Choices_notices_links_and_requests_of_before_mean_what_they_meant()
    {
        await using var scope = service.Services.CreateAsyncScope();
        var (db, notices) = (
            scope.ServiceProvider.GetRequiredService<IdentityDb>(),
            scope.ServiceProvider.GetRequiredService<NoticeKeeper>()
        );
        var paces = await notices.ChoicesAsync(EarlierData.Person, Cancellation);
        Assert.Equal(
            (NoticePace.Never, NoticePace.AtOnce, NoticePace.Daily),
            (paces[NoticeTopics.PracticeRemark.Name], paces[NoticeTopics.MandateEnd.Name], paces[NoticeTopics.PracticeReport.Name])
        );
        var waiting = await db.Notices.AsNoTracking().SingleAsync(Cancellation);
        Assert.Equal(
            "«\u00a0L’atelier \"vélo\"\u00a0» est à relire\u00a0: dites si tout y est encore vrai.",
            NoticeTexts.Sentence(waiting, new Dictionary<string, string>())
        );
        Assert.Equal(
            [NoticeTexts.Digest, NoticeTopics.PracticeReport.Name],
            await db.Links.Select(link => link.Function).Order().ToListAsync(Cancellation)
        );
        Assert.Equal(
            [("cohort", "ESSAI-2026"), ("cohort", "R32"), ("region", "R53")],
            (await db.JoinScopes.AsNoTracking().ToListAsync(Cancellation)).Select(scope => (scope.Request, scope.Scope)).Order()
        );
        Assert.Equal(3, await db.JoinRequests.CountAsync(Cancellation));
    }
}

public sealed class EarlierIdentityOnSqlite : ServiceUnderTest<IdentityDb>
{
    protected override Task<string?> DatabaseAsync() => Task.FromResult<string?>(null);

    protected override async Task PrepareAsync(string folder, string? database)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "identity.db")}");
        await EarlierData.WriteAsync(connection, sql => sql);
    }
}

public sealed class EarlierIdentityOnPostgreSql(PostgreSqlServer server) : ServiceUnderTest<IdentityDb>
{
    protected override async Task<string?> DatabaseAsync() => await server.StartForAsync("earlier");

    protected override async Task PrepareAsync(string folder, string? database)
    {
        var own = new NpgsqlConnectionStringBuilder(database) { Pooling = false };
        var name = $"{own.Database}_identity";
        await using (
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(own.ToString()) { Database = "postgres" }.ToString())
        )
        {
            await connection.OpenAsync();
            await EarlierData.RunAsync(connection, $"CREATE DATABASE \"{name}\"");
        }
        own.Database = name;
        await using var prepared = new NpgsqlConnection(own.ToString());
        await EarlierData.WriteAsync(prepared, sql =>
            sql.Replace(" TIMESTAMP", " TIMESTAMPTZ", StringComparison.Ordinal).Replace(" BLOB", " BYTEA", StringComparison.Ordinal)
        );
    }
}

/// <summary>The database as the version before this one's scripts left it, with something in every table that a script changes.</summary>
internal static class EarlierData
{
    public const string Person = "p";

    private const string Last = "0008";

    private const string Rows = """
        INSERT INTO people ("Id", "UserName", "Email", "EmailConfirmed", "PhoneNumberConfirmed", "TwoFactorEnabled", "LockoutEnabled",
            "AccessFailedCount", "Name", "Language", "Rights", "CreatedAt", "SeenAt")
        VALUES ('p', 'p@example.org', 'p@example.org', TRUE, FALSE, FALSE, FALSE, 0, 'Camille', 'fr', 0, 0, 9999999999999);
        INSERT INTO notice_choices VALUES ('p', 'Remark', 'never'), ('p', 'MandateEnd', 'at-once');
        INSERT INTO notices VALUES ('n', 'p', 'ReviewDue', 'x', '', '62528', 'L’atelier "vélo"', '', '/', 'e', 1, 9999999999999, '');
        INSERT INTO links ("Id", "Hash", "Purpose", "Email", "Role", "Scope", "Family", "Function", "CreatedAt", "ExpiresAt") VALUES
            ('l', 'a', 'unsubscribe', 'p@example.org', '', '', '', 'Report', 0, 9999999999999),
            ('m', 'b', 'unsubscribe', 'p@example.org', '', '', '', 'Digest', 0, 9999999999999);
        INSERT INTO join_requests ("Id", "Person", "Territory", "Family", "Function", "Proof", "Status", "Reason", "AskedAt", "Around") VALUES
            ('cohort', 'p', '62528', 'AGENT', 'f', '', 'open', '', 0, '|R32||ESSAI-2026|'),
            ('region', 'p', '29019', 'AGENT', 'f', '', 'open', '', 0, '|R53|'),
            ('none', 'p', 'ZZ001', 'AGENT', 'f', '', 'open', '', 0, '');
        """;

    public static async Task WriteAsync(DbConnection connection, Func<string, string> adapt)
    {
        await connection.OpenAsync();
        await RunAsync(connection, "CREATE TABLE schema_scripts (name TEXT PRIMARY KEY)");
        var assembly = typeof(IdentityDb).Assembly;
        foreach (
            var name in assembly
                .GetManifestResourceNames()
                .Where(name => name.EndsWith(".sql", StringComparison.Ordinal) && string.CompareOrdinal(name, Last) < 0)
                .Order(StringComparer.Ordinal)
        )
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            await RunAsync(connection, adapt(await reader.ReadToEndAsync()));
            await RunAsync(connection, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO schema_scripts VALUES ('{name}')"));
        }
        await RunAsync(connection, Rows);
    }

    public static async Task RunAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The scripts of the product, and what stands above.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
