using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Fabrique.Tests;

public sealed class StoreFailureTests
{
    [Fact]
    public void A_connection_that_breaks_is_never_taken_for_bad_data_however_it_is_wrapped()
    {
        Exception[] away =
        [
            new NpgsqlException("broken", new IOException()),
            new SqliteException("busy", 5),
            new SqliteException("full", 13),
            Said("57P01"),
            Said("53100"),
            new InvalidOperationException("Connection is not open") { Source = "Npgsql" },
        ];
        Assert.All(away.SelectMany(Wrapped), error => Assert.False(StoreFailure.IsOfData(error)));
        Assert.All(away.SelectMany(Wrapped), error => Assert.NotNull(StoreFailure.Name(error)));
    }

    [Fact]
    public void Data_that_a_database_refuses_is_told_from_a_database_in_trouble()
    {
        Exception[] refused = [new SqliteException("constraint", 19), Said("22021"), Said("23505")];
        Assert.All(refused.SelectMany(Wrapped), error => Assert.True(StoreFailure.IsOfData(error)));
        Assert.All(refused.SelectMany(Wrapped), error => Assert.Null(StoreFailure.Name(error)));
        Assert.True(StoreFailure.IsOfData(new InvalidOperationException("a bug of the index")));
        Assert.False(StoreFailure.IsOfData(new OperationCanceledException()));
    }

    private static PostgresException Said(string state) => new("said", "ERROR", "ERROR", state);

    /// <summary>As it comes, from a save, and from a save that might succeed another time.</summary>
    private static IEnumerable<Exception> Wrapped(Exception error) =>
        [error, new DbUpdateException("save", error), new InvalidOperationException("transient", new DbUpdateException("save", error))];
}
