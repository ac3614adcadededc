using System.Data.Common;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Fabrique.Records;

/// <summary>What a database that fails means to the one who asked. In each case nothing of the transaction is stored.</summary>
internal static class StoreFailure
{
    private const int SqliteFull = 13;

    /// <summary>The refusal to answer with; null when the database is not at fault.</summary>
    public static Refusal? Name(Exception error)
    {
        // Entity Framework wraps once for a save, and once more for what may pass.
        var cause = error;
        while (cause is not (null or DbException))
        {
            cause = cause.InnerException;
        }
        return cause switch
        {
            SqliteException { SqliteErrorCode: SqliteFull } or PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new Refusal(
                StatusCode.Unavailable, "STORAGE_FULL", "Le disque du serveur est plein : rien n’a été enregistré. Prévenez la personne qui s’occupe de ce nœud, puis recommencez."),
            null => null,
            _ when StoreEngine.IsFaultOfData(cause) => null,
            _ => new Refusal(StatusCode.Unavailable, "STORAGE_UNAVAILABLE", "La base de données ne répond pas. Rechargez la page avant de recommencer, dans un instant."),
        };
    }
}
