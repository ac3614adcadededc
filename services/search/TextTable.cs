using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Search;

/// <summary>
/// The full text of the documents of a service, by their numbers, and the words they use: FTS5 on SQLite, <c>tsvector</c> on PostgreSQL.
/// Both hold lexemes that <see cref="FrenchText"/> made, so that both find alike.
/// </summary>
/// <param name="name">The tables are <c>name_text</c> and <c>name_words</c>.</param>
public sealed class TextTable(string name)
{
    private readonly string _text = $"{name}_text";

    /// <summary>The table of the words.</summary>
    internal string Words => $"{name}_words";

    /// <summary>Creates the full text, when the index of the service is created; the table of the words comes from the model.</summary>
    public async Task CreateAsync(DbContext db, CancellationToken cancellation)
    {
        string[] statements = db.Database.IsNpgsql()
            ?
            [
                $"CREATE TABLE {_text} (id INTEGER PRIMARY KEY, terms TSVECTOR NOT NULL)",
                // Searches read the number beside the terms, never the terms: those are kept out of the way.
                $"ALTER TABLE {_text} ALTER COLUMN terms SET STORAGE EXTERNAL, SET (toast_tuple_target = 128)",
                $"CREATE INDEX {_text}_terms ON {_text} USING gin (terms)",
            ]
            :
            [
                $"""CREATE VIRTUAL TABLE {_text} USING fts5(id UNINDEXED, terms, detail = none, columnsize = 0, tokenize = "ascii tokenchars '_'")""",
            ];
        foreach (var statement in statements)
        {
            await db.Database.ExecuteSqlRawAsync(statement, cancellation);
        }
    }

    internal Task RemoveAsync(DbContext db, int number, CancellationToken cancellation)
    {
        var sql = db.Database.IsNpgsql() ? $"DELETE FROM {_text} WHERE id = {{0}}" : $"DELETE FROM {_text} WHERE rowid = {{0}}";
        return db.Database.ExecuteSqlRawAsync(sql, [number], cancellation);
    }

    internal Task AddAsync(DbContext db, int number, string id, IReadOnlyCollection<string> lexemes, CancellationToken cancellation)
    {
        var sql = db.Database.IsNpgsql()
            ? $"INSERT INTO {_text} (id, terms) VALUES ({{0}}, array_to_tsvector({{2}}))"
            : $"INSERT INTO {_text} (rowid, id, terms) VALUES ({{0}}, {{1}}, {{2}})";
        object terms = db.Database.IsNpgsql() ? lexemes.ToArray() : string.Join(' ', lexemes);
        return db.Database.ExecuteSqlRawAsync(sql, [number, id, terms], cancellation);
    }

    /// <summary>Adds words that may be there already, and tells which were not.</summary>
    internal Task<List<string>> AddWordsAsync(DbContext db, long stamp, IReadOnlyCollection<string> words, CancellationToken cancellation)
    {
        var (rows, value) = db.Database.IsNpgsql()
            ? ("SELECT word, {0} FROM unnest({1}) AS word", (object)words.ToArray())
            : ("SELECT value, {0} FROM json_each({1}) WHERE true", JsonSerializer.Serialize(words));
        var sql = $"""INSERT INTO {Words} ("Word", "Stamp") {rows} ON CONFLICT DO NOTHING RETURNING "Word" AS "Value" """;
        return db.Database.SqlQueryRaw<string>(sql, stamp, value).ToListAsync(cancellation);
    }

    /// <summary>The numbers of the documents that hold a lexeme, in no particular order. The connection stays open.</summary>
    /// <param name="lexeme">Letters, digits and "_" only, so that no database takes it for syntax.</param>
    internal async Task<int[]> HoldingAsync(DbContext db, string lexeme, CancellationToken cancellation)
    {
        await db.Database.OpenConnectionAsync(cancellation);
        await using var command = db.Database.GetDbConnection().CreateCommand();
        var term = command.CreateParameter();
        term.ParameterName = "term";
        if (db.Database.IsNpgsql())
        {
            // Joined with the term, so that the planner does not know it: for a common one it would read every text rather than the index.
            command.CommandText = $"SELECT array_agg(id) FROM unnest(ARRAY[@term::tsquery]) AS asked JOIN {_text} ON terms @@ asked";
            term.Value = $"'{lexeme}'";
        }
        else
        {
            command.CommandText = $"SELECT group_concat(rowid) FROM {_text} WHERE {_text} MATCH @term";
            term.Value = $"\"{lexeme}\"";
        }
        command.Parameters.Add(term);
        return await command.ExecuteScalarAsync(cancellation) switch
        {
            int[] numbers => numbers,
            string text => Numbers(text),
            _ => [],
        };
    }

    /// <summary>What the texts of some documents hold; one that has no text is not in the answer.</summary>
    internal Task<Dictionary<int, HashSet<string>>> LexemesAsync(DbContext db, int[] numbers, CancellationToken cancellation)
    {
        var (sql, value) = db.Database.IsNpgsql()
            ? (
                $$"""SELECT id AS "Number", array_to_string(tsvector_to_array(terms), ' ') AS "Terms" FROM {{_text}} WHERE id = ANY({0})""",
                (object)numbers
            )
            : (
                $$"""SELECT rowid AS "Number", terms AS "Terms" FROM {{_text}} WHERE rowid IN (SELECT value FROM json_each({0}))""",
                JsonSerializer.Serialize(numbers)
            );
        return db
            .Database.SqlQueryRaw<TextRow>(sql, value)
            .ToDictionaryAsync(row => row.Number, row => row.Terms.Split(' ').ToHashSet(), cancellation);
    }

    /// <summary>"12,7,30": one text is read faster than as many rows.</summary>
    private static int[] Numbers(ReadOnlySpan<char> text)
    {
        var numbers = new int[text.Count(',') + 1];
        var at = 0;
        foreach (var part in text.Split(','))
        {
            numbers[at++] = int.Parse(text[part], NumberStyles.None, CultureInfo.InvariantCulture);
        }
        return numbers;
    }

    private sealed record TextRow(int Number, string Terms);
}
