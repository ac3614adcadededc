using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>Which practices hold a lexeme: asked of the full text of the database, and kept while the catalogue does not change.</summary>
internal sealed class Postings
{
    /// <summary>Numbers kept in all: 32 MB.</summary>
    private const long Most = 8_000_000;

    private readonly ConcurrentDictionary<string, int[]> _known = new();
    private long _kept;

    /// <summary>The numbers of the practices, in no particular order.</summary>
    /// <param name="db">Asked when the answer is not known; its connection stays open.</param>
    /// <param name="lexeme">As <see cref="PracticeText"/> gives it: letters, digits and "_" only.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask<int[]> OfAsync(PracticesDb db, string lexeme, CancellationToken cancellation)
    {
        if (_known.TryGetValue(lexeme, out var known))
        {
            return known;
        }
        var numbers = await AskAsync(db, lexeme, cancellation);
        if (Interlocked.Add(ref _kept, numbers.Length + 16) < Most)
        {
            _known[lexeme] = numbers;
        }
        return numbers;
    }

    private static async Task<int[]> AskAsync(PracticesDb db, string lexeme, CancellationToken cancellation)
    {
        await db.Database.OpenConnectionAsync(cancellation);
        await using var command = db.Database.GetDbConnection().CreateCommand();
        // Joined with the term, so that the planner does not know it: for a common one it would read every text rather than the index.
        command.CommandText = db.Database.IsNpgsql()
            ? "SELECT array_agg(id) FROM unnest(ARRAY[@term::tsquery]) AS asked JOIN practice_text ON terms @@ asked"
            : "SELECT rowid FROM practice_text WHERE practice_text MATCH @term";
        var term = command.CreateParameter();
        (term.ParameterName, term.Value) = ("term", db.Database.IsNpgsql() ? $"'{lexeme}'" : $"\"{lexeme}\"");
        command.Parameters.Add(term);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return db.Database.IsNpgsql() ? await OneArrayAsync(reader, cancellation) : Rows(reader);
    }

    private static async Task<int[]> OneArrayAsync(DbDataReader reader, CancellationToken cancellation) =>
        await reader.ReadAsync(cancellation) && !await reader.IsDBNullAsync(0, cancellation) ? reader.GetFieldValue<int[]>(0) : [];

    // SQLite waits for nobody: reading its rows one by one needs no task for each.
    private static int[] Rows(DbDataReader reader)
    {
        var numbers = new List<int>();
        while (reader.Read())
        {
            numbers.Add(reader.GetInt32(0));
        }
        return [.. CollectionsMarshal.AsSpan(numbers)];
    }
}
