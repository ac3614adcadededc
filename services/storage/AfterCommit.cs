using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Fabrique.Storage;

/// <summary>
/// What is to be done as soon as the writes of a context are committed: others are woken when they find something, and not before.
/// </summary>
public static class AfterCommit
{
    private static readonly ConditionalWeakTable<DbContext, List<Action>> Waiting = [];

    /// <summary>Sees the commits of the contexts that it is configured for.</summary>
    internal static IInterceptor Interceptor { get; } = new Hook();

    /// <summary>Does this once, when what was saved last is committed; never when it is rolled back.</summary>
    public static void OnCommit(this DbContext db, Action action) => Waiting.GetOrCreateValue(db).Add(action);

    private static void Run(DbContext? db)
    {
        if (db is not null && Waiting.TryGetValue(db, out var actions))
        {
            Waiting.Remove(db);
            actions.ForEach(action => action());
        }
    }

    private sealed class Hook : DbTransactionInterceptor, ISaveChangesInterceptor
    {
        public override void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Run(eventData.Context);

        public override Task TransactionCommittedAsync(
            DbTransaction transaction,
            TransactionEndEventData eventData,
            CancellationToken cancellationToken = default
        )
        {
            Run(eventData.Context);
            return Task.CompletedTask;
        }

        public override void TransactionRolledBack(DbTransaction transaction, TransactionEndEventData eventData) =>
            Forget(eventData.Context);

        public override Task TransactionRolledBackAsync(
            DbTransaction transaction,
            TransactionEndEventData eventData,
            CancellationToken cancellationToken = default
        )
        {
            Forget(eventData.Context);
            return Task.CompletedTask;
        }

        // What is saved in one statement needs no transaction.
        public int SavedChanges(SaveChangesCompletedEventData eventData, int result)
        {
            RunWithoutTransaction(eventData.Context);
            return result;
        }

        public ValueTask<int> SavedChangesAsync(
            SaveChangesCompletedEventData eventData,
            int result,
            CancellationToken cancellationToken = default
        )
        {
            RunWithoutTransaction(eventData.Context);
            return ValueTask.FromResult(result);
        }

        private static void RunWithoutTransaction(DbContext? db)
        {
            if (db?.Database.CurrentTransaction is null)
            {
                Run(db);
            }
        }

        private static void Forget(DbContext? db)
        {
            if (db is not null)
            {
                Waiting.Remove(db);
            }
        }
    }
}
