using System.Data.Common;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Fabrique.Storage;

/// <summary>What a database that fails means to the one who asked. In each case nothing of the transaction is stored.</summary>
public static class StoreFailure
{
    private const int SqliteFull = 13;

    /// <summary>The refusal to answer with; null when the database is not at fault.</summary>
    public static Refusal? Name(Exception error)
    {
        var cause = Cause(error);
        return cause switch
        {
            SqliteException { SqliteErrorCode: SqliteFull } or PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new Refusal(
                StatusCode.Unavailable,
                "STORAGE_FULL",
                $"Le disque du serveur est plein : rien n’a été enregistré. Prévenez la personne qui s’occupe de ce serveur, puis recommencez."
            ),
            null => null,
            _ when IsOfData(error) => null,
            _ => new Refusal(
                StatusCode.Unavailable,
                "STORAGE_UNAVAILABLE",
                $"La base de données ne répond pas. Rechargez la page avant de recommencer, dans un instant."
            ),
        };
    }

    /// <summary>Whether what failed is the data at hand, not the database: trying again later would not help.</summary>
    public static bool IsOfData(Exception error) =>
        Cause(error) switch
        {
            null => error is not (OperationCanceledException or IOException or TimeoutException or OutOfMemoryException),
            SqliteException { SqliteErrorCode: 18 or 19 or 20 } => true, // TOOBIG, CONSTRAINT, MISMATCH
            // Data exception, integrity constraint violation, program limit exceeded.
            DbException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] } => true,
            _ => false,
        };

    /// <summary>
    /// What the database said, or its driver: Npgsql tells of a connection that broke between two calls by an
    /// <see cref="InvalidOperationException"/>. Entity Framework wraps it once for a save, and once more for what may pass.
    /// </summary>
    private static Exception? Cause(Exception? error)
    {
        while (error is not (null or DbException or { Source: nameof(Npgsql) }))
        {
            error = error.InnerException;
        }
        return error;
    }
}
