using Fabrique.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Tests;

/// <summary>Those who wait for a write are woken when it is committed: not before, and not when it is taken back.</summary>
public sealed class AfterCommitTests(ServiceOnSqlite<IdentityDb> service) : IClassFixture<ServiceOnSqlite<IdentityDb>>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task In_a_transaction_it_is_the_commit_that_wakes(bool commit, int expected)
    {
        var woken = 0;
        await using var db = await OpenAsync();
        await using (var transaction = await db.Database.BeginTransactionAsync(Cancellation))
        {
            Add(db);
            db.OnCommit(() => woken++);
            await db.SaveChangesAsync(Cancellation);
            Assert.Equal(0, woken);
            await (commit ? transaction.CommitAsync(Cancellation) : transaction.RollbackAsync(Cancellation));
        }
        Assert.Equal(expected, woken);
        // Once, whatever is written next.
        Add(db);
        await db.SaveChangesAsync(Cancellation);
        Assert.Equal(expected, woken);
    }

    [Fact]
    public async Task Without_one_it_is_the_save()
    {
        var woken = 0;
        await using var db = await OpenAsync();
        db.OnCommit(() => woken++);
        Assert.Equal(0, woken);
        Add(db);
        await db.SaveChangesAsync(Cancellation);
        Assert.Equal(1, woken);
    }

    private Task<IdentityDb> OpenAsync() =>
        service.Services.GetRequiredService<IDbContextFactory<IdentityDb>>().CreateDbContextAsync(Cancellation);

    private static void Add(IdentityDb db) =>
        db.SpentChallenges.Add(new() { Hash = Guid.CreateVersion7().ToString(), SpentAt = long.MaxValue });
}
